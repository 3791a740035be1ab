import { createServer } from "node:http";
import { test } from "node:test";
import type { Snapshot } from "@sluice/core";
import { readSigner, request } from "@sluice/runtime";
import { until } from "../world/until.ts";
import { openWorld, type World } from "../world/world.ts";

test("a signed, newer snapshot that would empty a name is refused by the nameserver itself", async () => {
  await using world = await openWorld({ sites: ["site-a", "site-b"] });
  const good = await snapshotOf(world);
  await world.parts.stopArbiter();
  for (const [why, bad] of Object.entries({
    "empty-answer": { ...good, services: good.services.map((service) => ({ ...service, choices: [] })) },
    "older-fence": { ...good, fence: { ...good.fence, epoch: good.fence.epoch - 1 } },
    diverged: { ...good, fence: { ...good.fence, installation: "other" } },
    "epoch-jump": { ...good, fence: { ...good.fence, epoch: good.fence.epoch + 2_000 } },
  })) {
    const fence = why === "empty-answer" ? { ...good.fence, sequence: good.fence.sequence + 1 } : bad.fence;
    await offer(world, { ...bad, fence }, why);
  }
  await world.answers("site-a");
});

async function snapshotOf(world: World): Promise<Snapshot> {
  const envelope = (await world.get("/v1/snapshot?node=test")).body as { payload: string };
  return JSON.parse(envelope.payload) as Snapshot;
}

/** Stands in the arbiter's place and hands this out, signed with the arbiter's own key, until every nameserver has refused it. */
async function offer(world: World, snapshot: Snapshot, why: string): Promise<void> {
  const { directory, config } = world.parts;
  const signer = await readSigner(`${directory}/keys/arbiter-w.key`, "arbiter-w");
  const text = JSON.stringify(signer.sign("snapshot", snapshot));
  const server = createServer((_request, response) => response.setHeader("content-type", "application/json").end(text));
  const { hostname, port } = new URL(config.arbiters[0]?.url ?? "");
  await new Promise<void>((resolve) => server.listen(Number(port), hostname, resolve));
  try {
    for (const nameserver of config.nameservers) {
      await until(`${nameserver.name} refuses it as ${why}`, async () => {
        const { body } = await request({ url: `${nameserver.url}/metrics`, timeoutMs: 2_000 });
        return String(body).includes(`sluice_nameserver_snapshots_total{result="${why}"}`) || undefined;
      });
    }
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
