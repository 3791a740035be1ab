import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** Every metric of the arbiter, with a description an operator can act on. */
export type ArbiterMetrics = ReturnType<typeof makeArbiterMetrics>;

export function makeArbiterMetrics(registry: Registry) {
  const registers = [registry];
  return {
    leader: new Gauge({
      name: "sluice_arbiter_leader",
      help: "1 on the arbiter that leads. The sum over all must be 1.",
      registers,
    }),
    failsafe: new Gauge({
      name: "sluice_arbiter_failsafe",
      help: "1 while this arbiter leads without the store, by promises of the others. Mend the store.",
      registers,
    }),
    failsafeEntries: new Gauge({
      name: "sluice_arbiter_failsafe_entries",
      help: "Decisions taken in failsafe that are on this arbiter's disk, and not known to be in the store yet.",
      registers,
    }),
    epoch: new Gauge({
      name: "sluice_arbiter_epoch",
      help: "Epoch of the lease as this arbiter last saw it.",
      registers,
    }),
    sequence: new Gauge({
      name: "sluice_arbiter_sequence",
      help: "Sequence of the last commit this arbiter knows.",
      registers,
    }),
    freshVantages: new Gauge({
      name: "sluice_arbiter_fresh_vantages",
      help: "Failure domains with a fresh vote. Below the majority nothing moves by itself.",
      registers,
    }),
    held: new Gauge({
      name: "sluice_arbiter_held_services",
      help: "Services of which a brake or a floor holds a move back now, by rule. `sluice explain` says for how long.",
      labelNames: ["rule"],
      registers,
    }),
    reports: new Counter({
      name: "sluice_arbiter_reports_total",
      help: "Agents' reports by result. Anything but counted, apart from an unknown-nonce at a start, deserves a look.",
      labelNames: ["result"],
      registers,
    }),
    decisions: new Counter({
      name: "sluice_arbiter_decisions_total",
      help: "Decisions by cause.",
      labelNames: ["cause"],
      registers,
    }),
    refusedCommits: new Counter({
      name: "sluice_arbiter_refused_commits_total",
      help: "Commits that the store refused, by why. Fenced: another arbiter leads.",
      labelNames: ["why"],
      registers,
    }),
    cycleSeconds: new Histogram({
      name: "sluice_arbiter_cycle_seconds",
      help: "Duration of one cycle: gather, step, perform, record.",
      buckets: [0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 1],
      registers,
    }),
  };
}
