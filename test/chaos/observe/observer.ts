import { parseEnvelope, parseSnapshot } from "@sluice/contract";
import type { Config, JournalEntry } from "@sluice/core";
import type { ServerPoll } from "@sluice/lab";
import { type Keyring, repeat, request } from "@sluice/runtime";
import type { Postgres } from "@sluice/store-postgres";
import { pollAll } from "../../bench/ground/poll-all.ts";
import { makeLeaseChecks } from "../../sim/checks/lease-checks.ts";
import { makePlaneChecks } from "../../sim/checks/plane-checks.ts";
import { makeTallies, type Tallies } from "../../sim/checks/tallies.ts";

/** Watches everything all the time, and tells the simulator's own checkers what it sees. Nothing it knows reaches the product. */
export interface Observer {
  readonly tallies: Tallies;
  polled(): readonly ServerPoll[];
  journal(): readonly JournalEntry[];
  /** The store was put back to an earlier state, or emptied, on purpose. */
  lostSuffix(): void;
  /** A node's disk was damaged on purpose: what it served before is gone. */
  damaged(node: string): void;
  readonly ended: Promise<unknown>;
}

type Deps = {
  readonly config: Config;
  readonly keyring: Keyring;
  readonly token: string;
  readonly postgres: Pick<Postgres, "store" | "lease">;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
};

/** An epoch, and who held it or signed under it. */
type Signed = { readonly by: string; readonly epoch: number };

const every = { storeMs: 100, nodesMs: 250 } as const;
const pageMax = 1_000;

export function startObserver(deps: Deps): Observer {
  const { config, signal } = deps;
  const startedAt = performance.now();
  const tallies = makeTallies(
    () => performance.now() - startedAt,
    (sentence) => deps.say(sentence()),
  );
  const poll = pollAll(config, signal);
  const store = watchStore(deps, tallies);
  const planes = watchNodes(deps, tallies, store.served);
  return {
    tallies,
    polled: () => poll.servers(),
    journal: () => store.journal(),
    lostSuffix: () => store.lostSuffix(),
    damaged: (node) => planes.damaged(node),
    ended: Promise.all([poll.ended, store.ended, planes.ended]),
  };
}

/** I1 and I2: who held which epoch, by the lease row and the journal, and who signed what is served under it. */
function watchStore({ postgres, signal }: Deps, tallies: Tallies) {
  const checks = makeLeaseChecks(tallies, () => performance.now(), new Set());
  const entries: JournalEntry[] = [];
  const holders = new Map<number, string>();
  /** Signed under an epoch whose holder hasn't been seen yet. */
  let unheld: Signed[] = [];
  let after = 0;
  let last: Signed | undefined;
  const check = (signed: Signed): void => {
    const { by, epoch } = signed;
    checks.committed(signed, { holder: holders.get(epoch) ?? by, epoch });
  };
  const held = ({ by, epoch }: Signed): void => {
    const other = holders.get(epoch) ?? by;
    tallies.demand("I1", other === by, () => `${by} held epoch ${epoch}, as ${other} did before`);
    holders.set(epoch, by);
  };
  const look = async (): Promise<void> => {
    const row = await postgres.lease.read();
    if (row && (row.epoch !== last?.epoch || row.holder !== last.by)) {
      last = { by: row.holder, epoch: row.epoch };
      checks.acquired(row.holder, row.epoch);
      held(last);
    }
    const page = await postgres.store.events(after, pageMax);
    for (const { event } of page) if (event.kind === "leader-elected") held({ by: event.arbiter, epoch: event.epoch });
    entries.push(...page);
    after = page.at(-1)?.id ?? after;
    unheld.filter(({ epoch }) => holders.has(epoch)).forEach(check);
    unheld = unheld.filter(({ epoch }) => !holders.has(epoch));
  };
  return {
    journal: () => entries,
    /** A snapshot may be seen at a node before its epoch is seen in the store: it is checked when that is known. */
    served: (signed: Signed) => void unheld.push(signed),
    lostSuffix() {
      unheld.forEach(check);
      unheld = [];
      checks.lostSuffix();
      holders.clear();
      after = 0;
      last = undefined;
    },
    ended: repeat({ everyMs: every.storeMs, signal, onError: () => undefined }, look),
  };
}

/**
 * I3 and I5: what each node holds, by its own door. Who can't be reached says nothing. Of I14 only that an arbiter has signed it: the
 * store keeps no snapshot but the last, and in failsafe none at all, so that nobody can be asked what was ever committed.
 */
function watchNodes({ config, keyring, token, signal }: Deps, tallies: Tallies, served: (signed: Signed) => void) {
  const checks = makePlaneChecks(tallies, config);
  const seen = new Map<string, string>();
  const look = async (name: string, url: string): Promise<void> => {
    const { status, body } = await request({ url: `${url}/v1/snapshot`, token, timeoutMs: 1_000, signal });
    const envelope = status === 200 ? parseEnvelope(body) : undefined;
    // The same words under another's name are something else.
    const text = JSON.stringify(envelope);
    if (!envelope || seen.get(name) === text) return;
    seen.set(name, text);
    const opened = keyring.open("snapshot", envelope, "arbiter");
    const snapshot = opened.kind === "ok" ? parseSnapshot(opened.value) : undefined;
    if (opened.kind !== "ok" || !snapshot) return tallies.violate("I14", `${name} serves what no arbiter has signed`);
    served({ by: opened.name, epoch: snapshot.fence.epoch });
    checks.kept(name, snapshot);
  };
  const turn = async ({ name, url }: { readonly name: string; readonly url: string }): Promise<void> =>
    look(name, url).catch(() => undefined);
  const nodes = [...config.nameservers, ...config.gateways];
  return {
    damaged: (node: string) => checks.damaged(node),
    ended: Promise.all(
      nodes.map((node) => repeat({ everyMs: every.nodesMs, signal, onError: () => undefined }, () => turn(node))),
    ),
  };
}
