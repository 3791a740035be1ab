import type { Config, Event, Found, LeaseTiming } from "@sluice/core";
import type { Clock, Lease, Store } from "@sluice/ports";
import type { Keyring, Logger, Signer } from "@sluice/runtime";
import { makeBallots } from "./ballots.ts";
import type { ArbiterContext } from "./context.ts";
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
};

/** All that an arbiter has of the outside, so that a simulator can put its own world in its place. */
export type Wiring = Given & {
  readonly metrics: ArbiterMetrics;
  readonly timing: LeaseTiming;
  /** Asks the other arbiters and every data plane what they hold. */
  readonly findServed: (config: Config) => Promise<readonly Found[]>;
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
    metrics.leader.set(event.kind === "leader-elected" ? 1 : 0);
    journal.note([event]);
    wiring.wake();
  };
  const rank = (): number | undefined => rankOf(keeper.durable().config, name);
  const leadership = makeLeadership({ name, rank, lease: wiring.lease, clock, timing: wiring.timing, onEvent });
  const keeper = makeWorldKeeper({ name, store, signer, keyring, desk, bootstrap: wiring.config });
  const keys = makeKeyWatch({ clock, keyring, signer, desk });
  const settle = makeSettling({ clock, keeper, leadership, journal, findServed: wiring.findServed, keys });
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
    loop,
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
