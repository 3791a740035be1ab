import {
  type BallotCount,
  type Config,
  type Decision,
  epochMs,
  newWatch,
  type Opinion,
  step,
  type TargetKey,
  tableOf,
  type World,
} from "@sluice/core";

/** The arbiter that leads: the real `step`, and every change of it committed at once. */
export interface SimArbiter {
  /** What one agent reports, in the order of the targets. The cycle is the caller's to start. */
  report(agent: number, opinions: readonly Opinion[]): void;
  cycle(now: number): void;
  /**
   * True while time alone may change what a cycle does. At rest the same votes give the same world again, so cycles between two
   * changes of a vote may be left out. `step` reads the time in three places: for a move that is wanted and held, which may
   * be let go; for a quarantine, which ends after a while, and which holds other evacuations for a while; and to add up how
   * long a target has been healthy. That sum is read only of a quarantined site, and starts anew when quarantine does; a service
   * that fails back by itself would read it too, and the lab has none.
   */
  isRestless(): boolean;
  /** Every decision. A first placement is none, so each of these is a move. */
  readonly moves: readonly Decision[];
}

export function makeSimArbiter(config: Config, targets: readonly TargetKey[]): SimArbiter {
  if (config.services.some((service) => service.failback.kind !== "manual"))
    throw new Error("failback by itself reads the time of health, so no cycle could be left out");
  let world: World = {
    durable: {
      installation: config.installation,
      sequence: 0,
      configRevision: 1,
      config,
      services: {},
      overrides: [],
      snapshot: undefined,
    },
    watch: newWatch,
  };
  const votesOf = (opinions: readonly Opinion[]) =>
    tableOf(targets.map((target, at) => [target, { target, opinion: opinions[at] ?? "unknown", suspect: false }]));
  const votes = config.agents.map(() => votesOf([]));
  const freshDomains = [...new Set(config.agents.map((agent) => agent.site))];
  const moves: Decision[] = [];
  return {
    moves,
    report(agent, opinions) {
      votes[agent] = votesOf(opinions);
    },
    cycle(now) {
      const casts = config.agents.map(({ name, site }, at) => ({
        agent: name,
        domain: site,
        votes: votes[at] ?? votesOf([]),
      }));
      const ballots: BallotCount = { casts, freshDomains };
      const outcome = step(world, { ballots, commands: [], role: { kind: "leading", epoch: 1 } }, epochMs(epoch + now));
      moves.push(...(outcome.change?.decisions ?? []));
      world = { durable: outcome.change?.durable ?? world.durable, watch: outcome.watch };
    },
    isRestless: () =>
      Object.keys(world.watch.held).length > 0 ||
      Object.values(world.durable.services).some((state) => state.quarantine.length > 0),
  };
}

/** Some date or other, so that no date in the simulation is before 1970. */
const epoch = 1_800_000_000_000;
