export { startModelServer } from "./model-server/index.ts";
export { askLab, labDown, needLab } from "./up/lab-down.ts";
export { defaultRoot, layoutOf } from "./up/layout.ts";
