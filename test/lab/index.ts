export type { Faults } from "./model-server/faults.ts";
export { startModelServer } from "./model-server/index.ts";
export { longestSplitMs, settledAt } from "./poll/judge.ts";
export { type Poll, type PollOptions, type PollServer, startPoll } from "./poll/poll.ts";
export type { PollChange, PollCounts, PollOutcome, ServerPoll } from "./poll/recorder.ts";
export { setFaults } from "./up/fault.ts";
export { askLab, labDown, needLab } from "./up/lab-down.ts";
export { type Lab, labUp } from "./up/lab-up.ts";
export { defaultRoot, layoutOf } from "./up/layout.ts";
