export { type GuardRules, guardTarget } from "./guard-target.ts";
export { type LookPlan, lookAtEndpoint, lookAtTarget, lookPlans } from "./look-target.ts";
export { beginLook, endLook, newPace, nextLookAt, type Pace, suspect } from "./pace.ts";
export type { LookOptions, LookResult } from "./probes/look.ts";
export { checkEnded, type Eyes, judgeEyes, newEyes } from "./self-check.ts";
export { type Agent, type AgentOptions, startAgent } from "./start-agent.ts";
