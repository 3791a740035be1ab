import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { BallotCount, VoteChanges } from "./ballot-count.ts";
import { type Ballots, countOf, t0, worldOf } from "./fixtures.ts";
import { type AgentName, epochMs } from "./model.ts";
import { type Input, type Outcome, step } from "./step.ts";
import { changedKeys, emptyTable, type Table } from "./table.ts";
import { anyConfig, anyTurns, ballotsOf, commandsOf, cyclesOf } from "./test-histories.ts";
import type { Vote } from "./vote.ts";
import type { World } from "./world.ts";

/*
 * A cycle looks only at targets and services of which something may be new. Whatever the history, it must come to the same as a
 * cycle that looks at all of them. LAW_RUNS=3000 looks deeper.
 */

/**
 * Counts ballots as a ballot box does, with a note of what changed. It remembers two changes, so that some are forgotten, and what
 * each agent said last, also while that doesn't count: who is silent for a while may have changed his mind when he speaks again.
 */
function makeNotes(): (ballots: Ballots) => BallotCount {
  const last = new Map<AgentName, Table<Vote>>();
  let changes: VoteChanges = { version: 0, recent: [] };
  const isAlike = (one: Vote, other: Vote): boolean => JSON.stringify(one) === JSON.stringify(other);
  return (ballots) => {
    const count = countOf(ballots);
    const touched = count.casts.flatMap(({ agent, votes }) => {
      const touchedBy = changedKeys(last.get(agent) ?? emptyTable, votes, isAlike);
      last.set(agent, votes);
      return touchedBy;
    });
    if (touched.length > 0)
      changes = { version: changes.version + 1, recent: [...changes.recent, [...new Set(touched)]].slice(-2) };
    return { ...count, changes };
  };
}

/** The same cycle by an arbiter that knows nothing of what was looked at before. */
function fromScratch({ durable, watch }: World, { ballots, ...input }: Input, at: number): Outcome {
  const { counted: _counted, acted: _acted, ...unseen } = watch;
  const { changes: _changes, ...count } = ballots;
  return step({ durable, watch: unseen }, { ...input, ballots: count }, epochMs(at));
}

/** Without the notes of what was looked at. */
function shown({ watch, ...outcome }: Outcome): unknown {
  const { counted: _counted, acted: _acted, ...seen } = watch;
  return { ...outcome, watch: seen };
}

/** A cycle's outcome is kept; or lost, as when the store refuses it; or the arbiter only follows. */
const anyFates = fc.array(fc.constantFrom("kept", "kept", "kept", "kept", "kept", "lost", "followed"), {
  minLength: 30,
  maxLength: 30,
});

test("looking at what is new comes to the same as looking at everything", () => {
  let [least, most] = [0, 0];
  fc.assert(
    fc.property(anyConfig, anyTurns, anyFates, (config, turns, fates) => {
      const note = makeNotes();
      let world = worldOf(config);
      let [now, epoch] = [t0, 1];
      for (const [at, turn] of turns.flatMap(cyclesOf).entries()) {
        const fate = fates[at % fates.length];
        if (turn.isNewLeader) epoch += 1;
        now += turn.waitMs;
        const ballots = note(ballotsOf(world.durable.config, turn.seen));
        const role = fate === "followed" ? ({ kind: "following" } as const) : ({ kind: "leading", epoch } as const);
        const input: Input = { ballots, commands: commandsOf(turn, world), role };
        const outcome = step(world, input, epochMs(now));
        assert.deepEqual(shown(outcome), shown(fromScratch(world, input, now)));
        if (fate === "lost") continue;
        const isIdle = outcome.watch.acted?.dueAtMs === world.watch.acted?.dueAtMs && outcome.watch.acted !== undefined;
        if (isIdle) least += 1;
        else most += 1;
        world = { durable: outcome.change?.durable ?? world.durable, watch: outcome.watch };
      }
    }),
    { numRuns: Number(process.env["LAW_RUNS"] ?? 60) },
  );
  assert.ok(least > 0 && most > 0, "some cycles must have had nothing to look at, and some something");
});
