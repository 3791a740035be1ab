import { parseEnvelope, parseSnapshot } from "@sluice/contract";
import type { Config, JournalEntry, Snapshot } from "@sluice/core";
import { type Poll, type ServerPoll, startPoll } from "@sluice/lab";
import type { Commit } from "@sluice/ports";
import { type Keyring, repeat, request } from "@sluice/runtime";
import type { Postgres } from "@sluice/store-postgres";
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

const every = { pollMs: 50, storeMs: 100, nodesMs: 250 } as const;
const pollTimeoutMs = 1_000;
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
  const planes = watchNodes(deps, tallies);
  return {
    tallies,
    polled: () => poll.servers(),
    journal: () => store.journal(),
    lostSuffix: () => store.lostSuffix(),
    damaged: (node) => planes.damaged(node),
    ended: Promise.all([poll.ended, store.ended, planes.ended]),
  };
}

function pollAll({ nameservers, services, sites }: Config, signal: AbortSignal): Poll {
  return startPoll({
    servers: nameservers,
    question: { name: services[0]?.host ?? "", type: "A" },
    siteOf: (address) => sites.find((site) => site.addresses.includes(address))?.name,
    intervalMs: every.pollMs,
    timeoutMs: pollTimeoutMs,
    signal,
  });
}

/** I1 and I2: the lease row, and who published under which epoch. What the store can't be asked for is asked again. */
function watchStore({ postgres, signal }: Deps, tallies: Tallies) {
  const checks = makeLeaseChecks(tallies, () => performance.now(), new Set());
  const entries: JournalEntry[] = [];
  const holders = new Map<number, string>();
  let after = 0;
  let epoch = 0;
  const look = async (): Promise<void> => {
    const row = await postgres.lease.read();
    if (row && row.epoch !== epoch) {
      checks.acquired(row.holder, row.epoch);
      holders.set(row.epoch, row.holder);
      epoch = row.epoch;
    }
    const page = await postgres.store.events(after, pageMax);
    for (const { by, event } of page) {
      if (event.kind === "leader-elected") holders.set(event.epoch, event.arbiter);
      if (event.kind !== "published") continue;
      const { epoch: under } = event.fence;
      checks.committed({ by, epoch: under } as Commit, { holder: holders.get(under) ?? by, epoch: under });
    }
    entries.push(...page);
    after = page.at(-1)?.id ?? after;
  };
  return {
    journal: () => entries,
    lostSuffix() {
      checks.lostSuffix();
      holders.clear();
      after = 0;
      epoch = 0;
    },
    ended: repeat({ everyMs: every.storeMs, signal, onError: () => undefined }, look),
  };
}

/** I3, I5 and I14: what each node holds, by its own door. Who can't be reached says nothing. */
function watchNodes({ config, keyring, token, signal }: Deps, tallies: Tallies) {
  const checks = makePlaneChecks(tallies, config);
  const seen = new Map<string, string>();
  const look = async (name: string, url: string): Promise<void> => {
    const { status, body } = await request({ url: `${url}/v1/snapshot`, token, timeoutMs: 1_000, signal });
    const envelope = status === 200 ? parseEnvelope(body) : undefined;
    if (!envelope || seen.get(name) === envelope.payload) return;
    seen.set(name, envelope.payload);
    const opened = keyring.open("snapshot", envelope, "arbiter");
    const snapshot: Snapshot | undefined = opened.kind === "ok" ? parseSnapshot(opened.value) : undefined;
    if (!snapshot) return tallies.violate("I14", `${name} serves what no arbiter has signed`);
    checks.committed({ snapshot: { ...snapshot.fence, envelope } } as unknown as Commit);
    checks.served(name, snapshot);
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
