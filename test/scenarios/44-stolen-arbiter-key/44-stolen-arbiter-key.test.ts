import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import type { Snapshot } from "@sluice/core";
import { readSigner } from "@sluice/runtime";
import { counted, everybodyHas, keysOf, metricsOf, steady } from "../world/keys.ts";
import { until } from "../world/until.ts";
import { openWorld, type World } from "../world/world.ts";

test("a stolen arbiter's key moves traffic until it is revoked; then it is refused, and what it did is undone", async () => {
  await using world = await openWorld({ ...steady, arbiters: ["site-a"] });
  const keys = keysOf(world);
  await using thief = await thiefOf(world, `${keys.root}/arbiter-a.key`);
  await thief.say({ epochs: 500, site: "site-b" });
  await world.answers("site-b");

  await keys.revoke(["arbiter-a"]);
  await everybodyHas(world, 2);
  // The leader goes above the epoch that the thief took, and says again where the service is.
  await world.answers("site-a");
  const { epoch } = await world.untilStatus("every nameserver serves the leader's own again", ({ nameservers }) =>
    nameservers.every((each) => each.isCurrent),
  );
  assert.ok(epoch > 500, String(epoch));
  await thief.say({ epochs: 900, site: "site-b" });
  for (const { name, url } of world.parts.config.nameservers) {
    const unsigned = async (): Promise<number> =>
      counted(await metricsOf(url), "sluice_nameserver_snapshots_total", "unsigned");
    await until(`${name} refuses what the thief says`, async () => (await unsigned()) > 0 || undefined);
  }
  await world.answers("site-a");
});

/** The machine of the second arbiter in wrong hands: it answers at that arbiter's address, and signs with its key. */
async function thiefOf(world: World, keyFile: string) {
  const signer = await readSigner(keyFile, "arbiter-a");
  const url = world.parts.config.arbiters.find(({ name }) => name === "arbiter-a")?.url ?? "";
  const { body } = await world.get("/v1/snapshot?node=thief");
  const good = JSON.parse((body as { payload: string }).payload) as Snapshot;
  let said = "";
  const server = createServer((asked, response) => {
    response.setHeader("content-type", "application/json");
    const isSaid = said !== "" && asked.url?.startsWith("/v1/snapshot");
    response.writeHead(isSaid ? 200 : 404).end(isSaid ? said : "{}");
  });
  const { hostname, port } = new URL(url);
  await new Promise<void>((resolve) => server.listen(Number(port), hostname, resolve));
  return {
    async say({ epochs, site }: { readonly epochs: number; readonly site: string }): Promise<void> {
      const fence = { ...good.fence, epoch: good.fence.epoch + epochs };
      const causes = [{ kind: "operator", command: "as I like", by: "thief" } as const];
      const to = world.parts.config.sites.find(({ name }) => name === site)?.addresses ?? [];
      const services = good.services.map((service) => ({ ...service, choices: [{ site, share: 1, addresses: to }] }));
      said = JSON.stringify(signer.sign("snapshot", { ...good, fence, causes, services }));
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
