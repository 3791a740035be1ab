import type { Config, Event, Found, LeaseTiming } from "@sluice/core";
import type { Clock, Lease, Store } from "@sluice/ports";
import type { Keyring, Logger, Signer } from "@sluice/runtime";
import { makeBallots } from "./ballots.ts";
import type { ArbiterContext } from "./context.ts";
import { makeFailsafe, noFailsafe } from "./failsafe/failsafe.ts";
import type { KeptFiles } from "./failsafe/kept-files.ts";
import type { FailsafePeers } from "./failsafe/peers.ts";
import { makeJournal } from "./journal.ts";
import { makeKeyWatch } from "./key-watch.ts";
import { makeLeadership } from "./leadership.ts";
import { rankOf } from "./lease-turn.ts";
import { makeLoop } from "./loop.ts";
import type { ArbiterMetrics } from "./metrics.ts";
import { makeSettling } from "./settle.ts";
import { makeSnapshotDesk } from "./snapshot-desk.ts";
import { makeSuspicionBoard } from "./suspicion-board.ts";
import { makeWorldKeeper } from "./world-keeper.ts";

/** What whoever starts an arbiter gives it. */
export type Given = {
  readonly name: string;
  readonly config: Config;
  readonly store: Store;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signer: Signer;
  readonly keyring: Keyring;
  /** Where promises and failsafe journals outlive the process. Absent: it takes no part in failsafe. */
  readonly files?: KeptFiles;
};

/** All that an arbiter has of the outside, so that a simulator can put its own world in its place. */
export type Wiring = Given & {
  readonly metrics: ArbiterMetrics;
  readonly timing: LeaseTiming;
  /** Asks the other arbiters and every data plane what they hold. */
  readonly findServed: (config: Config) => Promise<readonly Found[]>;
  /** The way to the other arbiters in failsafe. Absent: there is none. */
  readonly peers?: FailsafePeers;
  /** A text that nobody can guess: by the machine's chance in the product, and by the seed's in a simulator. */
  readonly newNonce: () => string;
  /** Something happened that the loop should not wait for its next turn with. */
  readonly wake: () => void;
  readonly signal: AbortSignal;
};

/** Puts one arbiter together. Nothing runs yet: whoever holds it turns its loop and its lease. */
export function assemble(wiring: Wiring): ArbiterContext {
  const { name, clock, store, signer, keyring, logger, metrics, newNonce } = wiring;
  const board = makeSuspicionBoard();
  const desk = makeSnapshotDesk(clock);
  const journal = makeJournal({ name, store, clock, logger });
  const noteIfLeading = (events: readonly Event[]): void => {
    if (loop.isLeading()) journal.note(events);
    wiring.wake();
  };
  keyring.onChange(() => {
    const { version, revoked = [] } = keyring.keyset;
    noteIfLeading([{ kind: "keyset-taken", version, revoked: revoked.map(({ id }) => id) }]);
  });
  const ballots = makeBallots({ name, clock, keyring, board, metrics, newNonce, onChange: noteIfLeading });
  const onEvent = (event: Event): void => {
    metrics.leader.set(leadership.held() ? 1 : 0);
    metrics.failsafe.set(leadership.isFailsafe() ? 1 : 0);
    journal.note([event]);
    wiring.wake();
  };
  const rank = (): number | undefined => rankOf(keeper.durable().config, name);
  const startedAt = clock.monotonicMs();
  const facts = () => ({
    isLeading: leadership.held() !== undefined,
    isBidding: leadership.isBidding(),
    storeSilentMs: clock.monotonicMs() - (leadership.lastSeenAt() ?? startedAt),
    epoch: Math.max(leadership.seen()?.epoch ?? 0, desk.current()?.snapshot.fence.epoch ?? 0),
    seen: leadership.seen(),
  });
  const { files, peers, lease, timing, findServed, config: bootstrap } = wiring;
  const arbiters = () => keeper.durable().config.arbiters;
  const failsafe = files && peers ? makeFailsafe({ ...wiring, files, peers, desk, arbiters, facts }) : noFailsafe;
  const isSettled = (): boolean => loop.isLeading();
  const leadership = makeLeadership({ name, rank, lease, clock, timing, failsafe, isSettled, onEvent });
  const keeper = makeWorldKeeper({ name, store, signer, keyring, desk, failsafe, leadership, bootstrap });
  const keys = makeKeyWatch({ clock, keyring, signer, desk });
  const settle = makeSettling({ name, clock, keeper, leadership, journal, desk, failsafe, findServed, keyring, keys });
  const loop = makeLoop({ clock, logger, ballots, journal, keeper, leadership, metrics, settle, keys });
  return {
    name,
    clock,
    store,
    signer,
    keyring,
    ballots,
    board,
    desk,
    journal,
    keeper,
    leadership,
    failsafe,
    loop,
    metrics,
    submit: (command) => {
      const result = loop.submit(command);
      wiring.wake();
      return result;
    },
    acknowledge: (node, fence) => {
      if (!desk.acknowledge(node, fence) || !loop.isLeading()) return;
      const isGateway = keeper.durable().config.gateways.some(({ name: each }) => each === node);
      journal.note([
        isGateway ? { kind: "gateway-applied", gateway: node, fence } : { kind: "applied", nameserver: node, fence },
      ]);
    },
    signal: wiring.signal,
  };
}
