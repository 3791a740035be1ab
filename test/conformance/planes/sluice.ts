import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { poolKey } from "@sluice/core";
import { generateKeyPair, readSigner, readToken, type Signer, signerFromPem } from "@sluice/runtime";
import { layoutOf } from "../../lab/up/layout.ts";
import { prepareDirectories, prepareKeys } from "../../lab/up/prepare.ts";
import { addressOf, ports } from "../draw-net.ts";
import type { BadOffer, Change, Plane, PlaneKind, PlaneShape } from "../plane.ts";
import { type Desk, makeDesk } from "./desk.ts";
import { type Admin, makeAdmin } from "./gateway-admin.ts";
import { type GatewayChild, startGatewayChild } from "./gateway-child.ts";
import { residentBytesOf } from "./memory.ts";
import { drained, newStanding, pinned, reconfigured, reweighed, type Standing, snapshotOf } from "./operator.ts";
import { controlAddress, gatewayOf, sluiceConfig } from "./sluice-config.ts";

/** Our own gateway: a process in each site, and a stand-in for the arbiter that signs what the core builds. */
export const sluice: PlaneKind = { name: "sluice", lacks: {}, start: startSluice };

async function startSluice(shape: PlaneShape): Promise<Plane> {
  const root = await mkdtemp(join(tmpdir(), "sluice-conformance-"));
  await chmod(root, 0o755);
  const { config, document } = sluiceConfig(shape);
  const layout = layoutOf(root);
  await prepareDirectories(layout);
  await prepareKeys(layout, config);
  await writeFile(layout.config, JSON.stringify(document));
  const tokens = {
    operator: await readToken(join(layout.keys, "operator.token")),
    node: await readToken(join(layout.keys, "node.token")),
  };
  const signer = await readSigner(join(layout.keys, "arbiter-w.key"), "arbiter-w");
  const desk = makeDesk(`http://${controlAddress(shape)}:${ports.control}`, tokens);
  await desk.open();
  const adminUrl = (site: string): string => `http://${addressOf(shape.net, shape.sites, site)}:${ports.admin}`;
  const parts: Parts = {
    shape,
    root,
    desk,
    signer,
    ca: await readFile(join(layout.keys, "mesh-ca.crt"), "utf8"),
    running: new Map(),
    adminOf: (site) => makeAdmin(adminUrl(site), { tokens, service: shape.service, host: shape.host }),
    start: (site) =>
      startGatewayChild({
        name: gatewayOf(site),
        config: layout.config,
        keys: layout.keys,
        root,
        adminUrl: adminUrl(site),
        speed: shape.speed,
      }),
  };
  const plane = makePlane(parts, newStanding(config));
  try {
    await Promise.all(shape.sites.map((site) => plane.start(site)));
    return plane;
  } catch (error) {
    await plane[Symbol.asyncDispose]();
    throw error;
  }
}

type Parts = {
  readonly shape: PlaneShape;
  readonly root: string;
  readonly desk: Desk;
  readonly signer: Signer;
  readonly ca: string;
  readonly running: Map<string, GatewayChild>;
  adminOf(site: string): Admin;
  start(site: string): Promise<GatewayChild>;
};

function makePlane(parts: Parts, first: Standing): Plane {
  const { shape, desk, signer, running } = parts;
  let standing = first;

  function publish(next: Standing): Change {
    standing = next;
    const snapshot = snapshotOf(standing);
    desk.put(signer.sign("snapshot", snapshot), snapshot.fence);
    return { applied: () => desk.acknowledged([...running.keys()].map(gatewayOf)) };
  }

  const change = async (next: Standing): Promise<Change> => publish(next);
  publish(first);
  return {
    at: (site) => ({
      host: addressOf(shape.net, shape.sites, site),
      port: ports.http,
      tls: { port: ports.tls, ca: parts.ca },
    }),
    setWeights: (weights) => change(reweighed(standing, weights)),
    setVariant: (variant) => change(reconfigured(standing, { variant })),
    pin: (channel) => change(pinned(standing, channel)),
    drain: (site) => change(drained(standing, site, true)),
    undrain: (site) => change(drained(standing, site, false)),
    setEndpoints(pool, endpoints) {
      const pools = (standing.config.services[0]?.pools ?? []).map((one) =>
        `${one.channel}@${one.site}` === pool ? { ...one, endpoints } : one,
      );
      return change(reconfigured(standing, { pools }));
    },
    bidGo: (site) => parts.adminOf(site).bidGo(),
    takeBack: (site) => parts.adminOf(site).takeBack(),
    residual: (site) => parts.adminOf(site).residual(),
    traffic: (site) => parts.adminOf(site).traffic([]),
    counts: (site, pool) => parts.adminOf(site).counts(pool),
    async look(pool, looks) {
      const [channel = "", site = ""] = pool.split("@");
      await parts.adminOf(site).traffic([{ target: poolKey(shape.service, channel, site), ...looks }]);
    },
    explain: (site, headers) => parts.adminOf(site).explain(headers),
    residentBytes: (site) => residentBytesOf(running.get(site)?.pid ?? 0),
    killControlPlane: () => desk.close(),
    restartControlPlane: () => desk.open(),
    async offerBad(what) {
      const [snapshot, by] = badOffer(what, standing, signer);
      await desk.pushBad(by.sign("snapshot", snapshot), [...running.keys()].map(gatewayOf));
    },
    async start(site) {
      running.set(site, await parts.start(site));
    },
    async stop(site) {
      await running.get(site)?.stop();
      running.delete(site);
    },
    async kill(site) {
      await running.get(site)?.kill();
      running.delete(site);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...running.values()].map((child) => child.kill()));
      await desk.close();
      await rm(parts.root, { recursive: true, force: true });
    },
  };
}

function badOffer(what: BadOffer, standing: Standing, signer: Signer): readonly [object, Signer] {
  const newer = { ...standing, sequence: standing.sequence + 1 };
  const snapshot = snapshotOf(newer);
  switch (what) {
    case "older":
      return [snapshotOf({ ...standing, sequence: standing.sequence - 1 }), signer];
    case "no-service":
      return [{ ...snapshot, services: [] }, signer];
    case "no-endpoint":
      return [snapshotOf({ ...newer, config: withoutEndpoints(standing) }), signer];
    case "unsigned":
      return [snapshot, signerFromPem(generateKeyPair().privatePem, signer.keyId)];
    case "foreign":
      return [{ ...snapshot, fence: { ...snapshot.fence, installation: "elsewhere" } }, signer];
    default:
      return what satisfies never;
  }
}

const withoutEndpoints = ({ config }: Standing): Standing["config"] => ({
  ...config,
  services: config.services.map((service) => ({
    ...service,
    pools: service.pools.map((pool) => ({ ...pool, endpoints: [] })),
  })),
});
