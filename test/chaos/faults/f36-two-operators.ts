import { formatPlacement } from "@sluice/core";
import type { Fault } from "../fault.ts";

const weights = "/v1/services/chat/weights";
const asked = { reason: "two of us", by: "chaos" };
let taken = 0;

export const twoOperators: Fault = {
  id: "F36",
  about: "Two operators want opposite things at once",
  how: "a failover to B beside one to A, and two changes of the same weights",
  expect: { kind: "calm", forMs: 3_000, movesMax: 2 },
  whyWrong: async (scene) => {
    if (taken !== 1) return `${taken} of two changes on the same entity tag were taken`;
    const last = scene.observer.journal().findLast(({ event }) => event.kind === "decided")?.event;
    const decided = last?.kind === "decided" ? formatPlacement(last.decision.to) : "";
    const { services } = await scene.status();
    const wrong = services.find(({ served }) => decided !== "" && served !== decided);
    return wrong && `${wrong.service} is at ${wrong.served}, and ${decided} was decided last`;
  },
  inject: async (scene) => {
    const failover = (to: string) => scene.client.send("POST", "/v1/services/chat/failover", { to, ...asked });
    await Promise.allSettled([failover("site-b"), failover("site-a")]);
    const { etag } = (await scene.client.get(weights)) as { readonly etag: string };
    const change = (canary: number) =>
      scene.client.patch(weights, { weights: { stable: 100 - canary, canary }, ...asked }, etag);
    const outcomes = await Promise.allSettled([change(30), change(40)]);
    taken = outcomes.filter(({ status }) => status === "fulfilled").length;
  },
  heal: async () => undefined,
};
