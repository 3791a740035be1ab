import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** Every metric of the agent, with a description an operator can act on. */
export type AgentMetrics = ReturnType<typeof makeAgentMetrics>;

export function makeAgentMetrics(registry: Registry) {
  const registers = [registry];
  return {
    looks: new Counter({
      name: "sluice_agent_looks_total",
      help: "Looks by kind of target and result.",
      labelNames: ["target", "result"],
      registers,
    }),
    lookSeconds: new Histogram({
      name: "sluice_agent_look_seconds",
      help: "Duration of looks that succeeded. Close to the deadline, healthy targets will soon count as failing.",
      buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    }),
    health: new Gauge({
      name: "sluice_agent_health",
      help: "This vantage's opinion of a target: 1 healthy, 0.5 degraded, 0 down, -1 unknown.",
      labelNames: ["target"],
      registers,
    }),
    reports: new Counter({
      name: "sluice_agent_reports_total",
      help: "Reports by arbiter and result. Without counted ones this vantage is unknown to that arbiter.",
      labelNames: ["arbiter", "result"],
      registers,
    }),
    abstaining: new Gauge({
      name: "sluice_agent_abstaining",
      help: "1 while the agent does not trust its own eyes and casts no votes.",
      registers,
    }),
    stalls: new Counter({
      name: "sluice_agent_stalls_total",
      help: "Times the event loop stood still for over 200 ms. Give it CPU.",
      registers,
    }),
  };
}
