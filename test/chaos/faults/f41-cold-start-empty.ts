import { settledAt } from "@sluice/lab";
import type { Fault } from "../fault.ts";

let entriesBefore = 0;

export const coldStartEmpty: Fault = {
  id: "F41",
  about:
    "Everything starts cold, with an empty database, while what is served is not what the configuration says first",
  how: "SIGKILL to arbiters, nodes and database, whose data is removed",
  expect: { kind: "stays", forMs: 20_000, at: "site-b" },
  prepare: async (scene) => {
    await scene.client.send("POST", "/v1/services/chat/failover", {
      to: "site-b",
      reason: "away from home",
      by: "chaos",
    });
    await scene.until("B serves", async () =>
      scene.observer.polled().every((poll) => settledAt(poll, "site-b") !== undefined),
    );
  },
  whyWrong: async (scene) => {
    const { services, leader } = await scene.status();
    if (leader === null) return "nobody leads";
    const isAdopted = scene.observer
      .journal()
      .slice(entriesBefore)
      .some(({ event }) => event.kind === "adopted");
    if (!isAdopted) return "the new leader did not adopt what the nodes serve";
    const moved = services.find(({ served }) => !served.includes("site-b"));
    return moved && `${moved.service} is at ${moved.served}`;
  },
  inject: async (scene) => {
    scene.kill("arbiter", "nameserver", "gateway");
    await scene.installation.wipeDatabase();
    scene.observer.lostSuffix();
    entriesBefore = scene.observer.journal().length;
    await scene.bringBack("nameserver", "gateway");
    await scene.bringBack("arbiter");
  },
  heal: async () => undefined,
};
