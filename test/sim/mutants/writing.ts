import type { Mutant } from "./mutant.ts";

const core = "packages/core/src";
const arbiter = "services/arbiter/src";

/** Bugs in who may write, and in what a data plane takes. */
export const writingMutants: readonly Mutant[] = [
  {
    name: "fence-not-compared",
    about: "a data plane takes a snapshot with an older fence",
    file: `${core}/accept.ts`,
    find: 'return { kind: "refuse", because: "older-fence", detail };',
    replace: "return undefined;",
  },
  {
    name: "lower-sequence-accepted",
    about: "within one epoch any other sequence counts as newer",
    file: `${core}/fence.ts`,
    find: 'return fence.sequence < other.sequence ? "older" : "newer";',
    replace: 'return "newer";',
  },
  {
    name: "epoch-not-compared",
    about: "a fence of an older epoch counts as newer",
    file: `${core}/fence.ts`,
    find: 'return fence.epoch < other.epoch ? "older" : "newer";',
    replace: 'return "newer";',
  },
  {
    name: "empty-answer-accepted",
    about: "a data plane doesn't hold the floor never-empty a second time",
    file: `${core}/accept.ts`,
    find: 'if (empty) return { kind: "refuse"',
    replace: 'if (empty && empty.host === "") return { kind: "refuse"',
  },
  {
    name: "change-budget-dropped",
    about: "a data plane takes a wild edit",
    file: `${core}/accept.ts`,
    find: "if (wild.length <= allowed) return undefined;",
    replace: "if (wild.length >= 0) return undefined;",
  },
  {
    name: "never-empty-dropped",
    about: "the core serves a placement without any address",
    file: `${core}/guard.ts`,
    find: "if (addresses === 0) return",
    replace: "if (addresses < 0) return",
  },
  {
    name: "last-serving-site-removed",
    about: "the core lets the last serving site be taken away",
    file: `${core}/guard.ts`,
    find: "if (after > surety.down && after >= best(sitesOf(from))) return undefined;",
    replace: "if (after >= -1 || best(sitesOf(from)) > 9) return undefined;",
  },
  {
    name: "deadline-from-receive",
    about: "the leader's deadline counts from the reply to its renewal",
    file: `${arbiter}/lead.ts`,
    find: "held = { ...leading, renewSentAt: sentAt, wallMinusMonoMs };",
    replace: "held = { ...leading, renewSentAt: pen.clock.monotonicMs(), wallMinusMonoMs };",
    isRare: true,
  },
  {
    name: "deadline-not-checked",
    about: "a leader goes on writing however old its renewal is",
    file: `${core}/lease.ts`,
    find: 'if (now.mono - held.renewSentAt >= timing.writeForMs) return "renewal-too-old";',
    replace: 'if (now.mono - held.renewSentAt >= timing.writeForMs * 1_000) return "renewal-too-old";',
  },
  {
    name: "suspended-machine-unnoticed",
    about: "a leader that was suspended trusts its monotonic clock, which stood still",
    file: `${core}/lease.ts`,
    find: "> clockGapMaxMs) return",
    replace: "> clockGapMaxMs * 1e9) return",
    isRare: true,
  },
  {
    name: "no-adopt-before-first-write",
    about: "a new leader doesn't ask what is served before it writes",
    file: `${arbiter}/settle.ts`,
    find: "keeper.adopt(good);",
    replace: "keeper.adopt([]);",
    isRare: true,
  },
  {
    name: "stale-world-reasserted",
    about: "a new leader takes an epoch above what is served, and publishes the older world of its store under it",
    file: `${arbiter}/world-keeper.ts`,
    find: "durable = adoptInto(durable, adoption.found);",
    replace: "durable = { ...durable, sequence: Math.max(durable.sequence, adoption.found.snapshot.fence.sequence) };",
    isRare: true,
  },
  {
    name: "epoch-not-incremented",
    about: "the lease gives out the same epoch again (planted in the simulated database)",
    file: "packages/testkit/src/memory-lease.ts",
    find: "const epoch = (shared.lease?.epoch ?? 0) + 1;",
    replace: "const epoch = Math.max(shared.lease?.epoch ?? 0, 1);",
  },
  {
    name: "blind-retry",
    about: "after a commit of unknown outcome the next one is sent without reading back",
    file: `${arbiter}/world-keeper.ts`,
    find: "const isIn = await deps.store.committed(unsettled.commit.id);",
    replace: "const isIn = false as boolean;",
  },
  {
    name: "published-before-commit",
    about: "a snapshot is handed out before the store has taken it",
    file: `${arbiter}/world-keeper.ts`,
    find: "unsettled = { commit, change };",
    replace:
      "unsettled = { commit, change };\n      if (change.snapshot && commit.snapshot) deps.desk.offer(change.snapshot, commit.snapshot.envelope);",
  },
  {
    name: "served-before-kept",
    about: "a data plane serves a snapshot before it is on disk",
    file: "packages/runtime/src/snapshot/shelf.ts",
    find: "    try {\n      await ",
    replace: "    serve(ready);\n    try {\n      await ",
  },
];
