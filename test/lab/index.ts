export type { Faults } from "./model-server/faults.ts";
export { startModelServer } from "./model-server/index.ts";
export { setFaults } from "./up/fault.ts";
export { askLab, labDown, needLab } from "./up/lab-down.ts";
export { type Lab, labUp } from "./up/lab-up.ts";
export { defaultRoot, layoutOf } from "./up/layout.ts";
