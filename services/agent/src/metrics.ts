import { type Opinion, sendsElsewhere } from "@sluice/core";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { LookResult } from "./probes/look.ts";
import type { Saying } from "./reporter.ts";

/** Every metric of the agent, with a description an operator can act on. docs/agent.md lists them. */
export type AgentMetrics = ReturnType<typeof makeAgentMetrics>;

export function makeAgentMetrics(registry: Registry) {
  const registers = [registry];
  return {
    looks: new Counter({
      name: "sluice_agent_looks_total",
      help: "Looks by kind of target and result: `ok`, `failed`, or `unclear`, which says nothing.",
      labelNames: ["target", "result"],
      registers,
    }),
    lookSeconds: new Histogram({
      name: "sluice_agent_look_seconds",
      help: "Duration of looks that succeeded. Close to the deadline, healthy targets will soon count as failing.",
      buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    }),
    firstTokenSeconds: new Gauge({
      name: "sluice_agent_first_token_seconds",
      help: "Time to the first token of the last look that generated one. Rising before looks fail: the engine is saturated.",
      labelNames: ["target"],
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
    gatewayAsks: new Counter({
      name: "sluice_agent_gateway_asks_total",
      help: "Exchanges with the gateways of this site by gateway and result. Without answered ones their traffic is unheard.",
      labelNames: ["gateway", "result"],
      registers,
    }),
    tripped: new Gauge({
      name: "sluice_agent_pool_tripped",
      help: "1 while the gateways of this site send users of a pool elsewhere, all or some. Absent: they say nothing of it.",
      labelNames: ["target"],
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

const gauge = { healthy: 1, degraded: 0.5, down: 0, unknown: -1 } as const satisfies Record<Opinion, number>;

/** Shows what the agent is about to say, and gives it back. */
export function noteSaying(metrics: AgentMetrics, saying: Saying): Saying {
  metrics.abstaining.set(saying.selfCheck.kind === "ok" ? 0 : 1);
  metrics.tripped.reset();
  for (const { target, opinion, traffic } of saying.votes) {
    metrics.health.set({ target }, gauge[opinion]);
    if (traffic) metrics.tripped.set({ target }, sendsElsewhere(traffic.state) ? 1 : 0);
  }
  return saying;
}

/** Counts one look. Labels hold the kind of target, and its key only where configuration bounds their number. */
export function noteLook(metrics: AgentMetrics, key: string, result: LookResult): void {
  metrics.looks.inc({ target: key.split(":")[0] ?? key, result: result.kind });
  if (result.kind !== "ok") return;
  metrics.lookSeconds.observe(result.ms / 1000);
  if (result.firstTokenMs !== undefined) metrics.firstTokenSeconds.set({ target: key }, result.firstTokenMs / 1000);
}
