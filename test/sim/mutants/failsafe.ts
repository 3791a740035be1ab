import type { Mutant } from "./mutant.ts";

const core = "packages/core/src";
const arbiter = "services/arbiter/src";

/** Bugs in going on without the store, in coming back to it, and in a store that forgot. */
export const failsafeMutants: readonly Mutant[] = [
  {
    name: "promise-forgotten-at-restart",
    about: "an arbiter that was started again acquires within the time of its promise",
    file: `${arbiter}/failsafe/promiser.ts`,
    find: "if (left) promised = {",
    replace: "if (left && left.epoch < 0) promised = {",
  },
  {
    name: "promise-not-kept",
    about: "an arbiter bids for the lease though it has promised not to",
    file: `${arbiter}/follow.ts`,
    find: 'if (move === "wait" || pen.failsafe.isBound()) return;',
    replace: 'if (move === "wait") return;',
  },
  {
    name: "any-answer-is-a-promise",
    about: "a leader takes a refusal for a promise",
    file: `${arbiter}/failsafe/asker.ts`,
    find: 'if (isOurs && said.kind === "promise" && said.epoch === epoch) by.push',
    replace: "if (isOurs) by.push",
  },
  {
    name: "applied-before-kept-twice",
    about: "a decision in failsafe is handed out when it is on one disk",
    file: `${arbiter}/failsafe/asker.ts`,
    find: 'return said?.kind === "kept" && said.hash === hash;',
    replace: 'return said?.kind !== "entry" && hash !== "";',
  },
  {
    name: "failsafe-moves-everything",
    about: "automation goes on in failsafe as if nothing were",
    file: `${core}/move.ts`,
    find: 'if (draft.isFailsafe && assessment.cause?.kind !== "evacuate")',
    replace: 'if (draft.isFailsafe && assessment.cause?.kind === "config")',
  },
  {
    name: "journal-dropped-unwritten",
    about: "an arbiter forgets its journal when the store is back, whether or not it is in",
    file: `${arbiter}/failsafe/write-back.ts`,
    find: "if (await store.committed(kept.entry.commit.id)) await log.remove(kept);",
    replace: "if ((await store.head()) !== undefined) await log.remove(kept);",
  },
  {
    name: "journal-never-written-back",
    about: "a leader takes the lease again and never looks into the journals",
    file: `${arbiter}/failsafe/write-back.ts`,
    find: "for await (const kept of keptByAll(deps, durable.config)) {",
    replace:
      "for await (const kept of keptByAll({ ...deps, log: { ...log, all: () => [] } }, { ...durable.config, arbiters: [] })) {",
  },
  {
    name: "suspended-votes-stay-fresh",
    about: "an arbiter that was suspended counts the votes from before",
    file: `${arbiter}/ballots.ts`,
    find: "if (Math.abs(gapMs - before) > clockGapMaxMs)",
    replace: "if (Math.abs(gapMs - before) > clockGapMaxMs * 1e9)",
  },
];
