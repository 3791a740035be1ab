export { type Arbiter, type ArbiterOptions, startArbiter } from "./start-arbiter.ts";
