export { type ConfigInForce, configAtStart, fetchConfig } from "@sluice/runtime";
