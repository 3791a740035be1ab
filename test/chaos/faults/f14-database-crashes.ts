import type { Fault } from "../fault.ts";

export const databaseCrashes: Fault = {
  id: "F14",
  about: "The database crashes, and is there again after 5 s",
  how: "SIGKILL, then a start that recovers; promoting a standby is `pnpm postgres`",
  expect: { kind: "stays", forMs: 5_000 },
  inject: (scene) => scene.installation.crashDatabase(),
  heal: (scene) => scene.installation.startDatabase(),
};
