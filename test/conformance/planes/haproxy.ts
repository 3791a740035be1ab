import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newSlots, reweigh, type SlotTable, slotRuns } from "@sluice/core";
import { makeAuthority, makeLeaf } from "@sluice/keys/make-certificate";
import { keepRunning } from "../../peers/child.ts";
import { peer } from "../../peers/peer.ts";
import { until } from "../../scenarios/world/until.ts";
import { addressOf, ports } from "../draw-net.ts";
import { type Change, lacking, type Plane, type PlaneKind, type PlaneShape, type Weights } from "../plane.ts";
import { type HaproxyFiles, haproxyConfig } from "./haproxy-config.ts";
import { askHaproxy, isListening, swapMap } from "./haproxy-socket.ts";
import { residentBytesOf } from "./memory.ts";

const found = peer("haproxy");

/** HAProxy with a map of slots: the second implementation, which keeps the suite honest about what is ours and what is right. */
export const haproxy: PlaneKind = {
  name: "haproxy",
  ...(found.skip === undefined ? {} : { missing: found.skip }),
  lacks: {
    "variant-dead": "a backend without servers answers 503, with no reason and no fallback",
    goaway: "a stream that a server refuses after its GOAWAY is refused to the client",
    pin: "it would be one more map, and nothing is learnt from it",
    statistics: "it counts errors in a row (observe layer7), and knows no baseline and no minimum volume",
    counts: "a 5xx is a 5xx to it, an error in a stream or in gRPC trailers none",
    "connection-options": "it leaves what Connection names where it is",
    "h2-lengths": "a request that names a length and ends at once is passed on (2.6)",
    "strict-http1": "it takes a bare LF behind a chunk, and HTTP/3.7 for HTTP/1.1 (2.6)",
    tracing: "unique-id-format could make an id, but no traceparent",
    retry: "it retries among the servers of one backend, and a backup is none until health checks say so",
    drain: "a soft stop tells clients to go, but sends nobody to the other site",
    explain: "nothing in it tells where a request would go",
    traffic: "it holds averages, and no opinion on them",
    endpoints: "servers can be added at run time, but the suite's thin adapter doesn't",
    "control-plane": "it has none: its configuration is its own",
    snapshots: "it has none",
  },
  start: startHaproxy,
};

type Site = { readonly files: HaproxyFiles; running: ReturnType<typeof keepRunning> | undefined; pid: number };

async function startHaproxy(shape: PlaneShape): Promise<Plane> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-haproxy-"));
  const authority = await makeAuthority("haproxy");
  const leaf = await makeLeaf(shape.host, [shape.host], authority);
  const pem = join(directory, "clients.pem");
  await writeFile(pem, leaf.certificate + leaf.key);
  let table = newSlots(channelsOf(shape.weights));
  const sites = new Map<string, Site>();

  async function start(site: string): Promise<void> {
    const own = sites.get(site) ?? { files: filesOf(directory, site, pem), running: undefined, pid: 0 };
    sites.set(site, own);
    await writeFile(own.files.slots, slotLines(table, shape).join("\n"));
    await writeFile(own.files.variants, variantLines(shape.variant).join("\n"));
    await writeFile(own.files.config, haproxyConfig(shape, site, own.files));
    const running = keepRunning(found.path ?? "", ["-db", "-f", own.files.config]);
    own.running = running;
    await until(`HAProxy of ${site} listens`, () => {
      if (running.said().includes("[ALERT]")) throw new Error(running.said());
      return isListening(own.files.socket, addressOf(shape.net, shape.sites, site), ports.http);
    });
    own.pid = await pidOf(own.files.socket);
  }

  async function end(site: string): Promise<void> {
    await sites.get(site)?.running?.[Symbol.asyncDispose]();
  }

  const swapEverywhere = async (name: "slots" | "variants", lines: readonly string[]): Promise<Change> => {
    await Promise.all([...sites.values()].map(({ files: own }) => swapMap(own.socket, own[name], lines)));
    // The command is answered when the new map is the one that is looked into.
    return { applied: () => Promise.resolve() };
  };
  for (const site of shape.sites) await start(site);
  return {
    at: (site) => ({
      host: addressOf(shape.net, shape.sites, site),
      port: ports.http,
      tls: { port: ports.tls, ca: authority.certificate },
    }),
    async setWeights(weights) {
      table = reweigh(table, channelsOf(weights));
      return swapEverywhere("slots", slotLines(table, shape));
    },
    setVariant: (rule) => swapEverywhere("variants", variantLines(rule)),
    residentBytes: async (site) => residentBytesOf(sites.get(site)?.pid ?? 0),
    start,
    stop: end,
    kill: end,
    ...lacking("haproxy", [
      "pin",
      "drain",
      "undrain",
      "bidGo",
      "takeBack",
      "residual",
      "setEndpoints",
      "traffic",
      "explain",
    ]),
    ...lacking("haproxy", ["killControlPlane", "restartControlPlane", "offerBad", "counts", "look"]),
    async [Symbol.asyncDispose]() {
      await Promise.all([...sites.keys()].map(end));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const filesOf = (directory: string, site: string, pem: string): HaproxyFiles => ({
  config: join(directory, `${site}.cfg`),
  socket: join(directory, `${site}.sock`),
  slots: join(directory, `${site}.slots`),
  variants: join(directory, `${site}.variants`),
  pem,
});

const channelsOf = (weights: Weights) => Object.entries(weights).map(([name, weight]) => ({ name, weight }));

/** `slot channel`, for each of the 10,000. */
function slotLines(table: SlotTable, { weights }: PlaneShape): readonly string[] {
  const channels = Object.keys(weights);
  let slot = 0;
  return slotRuns(table, channels).flatMap(([channel, count]) =>
    Array.from({ length: count }, () => `${slot++} ${channels[channel]}`),
  );
}

const variantLines = (rule: PlaneShape["variant"]): readonly string[] =>
  (rule?.values ?? []).map(({ value, channel }) => `${value} ${channel}`);

async function pidOf(socket: string): Promise<number> {
  const info = await askHaproxy(socket, "show info");
  return Number(/^Pid: (\d+)/m.exec(info)?.[1] ?? 0);
}
