import { sleep } from "@sluice/runtime";
import type { Fault } from "../fault.ts";
import type { Scene } from "../scene.ts";

const weights = "/v1/services/chat/weights";
/** As long as whoever promotes needs to be sure. */
const promotedAfterMs = 3_000;
let before = "";

const weightsNow = async (scene: Scene): Promise<string> => {
  const { weights: now } = (await scene.client.get(weights)) as { readonly weights: unknown };
  return JSON.stringify(now);
};

export const primaryDies: Fault = {
  id: "F14",
  about: "The database's primary dies just after a commit, and its standby is promoted",
  how: "SIGKILL to one of two servers with synchronous replication, pg_promote() to the other 3 s later",
  expect: { kind: "stays", forMs: 15_000 },
  prepare: (scene) => scene.installation.addStandby(),
  async inject(scene) {
    await scene.change();
    before = await weightsNow(scene);
    await scene.installation.crashDatabase();
    await sleep(promotedAfterMs, scene.signal);
    await scene.installation.promoteStandby();
  },
  heal: (scene) => scene.change(),
  async whyWrong(scene) {
    const now = await weightsNow(scene);
    if (now !== before) return `the weights are ${now}, and ${before} had been told`;
    return (await scene.status()).leader === null ? "15 s after the promotion nobody leads" : undefined;
  },
};
