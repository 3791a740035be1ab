import type { ServiceConfig } from "@sluice/core";
import { answer, type CompiledZone, encodeQuestion, readAnswer } from "@sluice/dns";
import { makeProcess } from "@sluice/testkit";
import { draw } from "../scenario/draw.ts";
import type { World } from "../world.ts";
import type { SimNode } from "./node.ts";

type Cached = { readonly addresses: readonly string[]; readonly until: number };

/** A caching resolver with a client behind it: it asks nameservers over the wire format, and remembers for as long as it may. */
export function startResolver(world: World, place: string, nodes: readonly SimNode[]): void {
  const process = makeProcess(world.kernel, { name: `resolver-${place}`, site: place });
  const chance = world.kernel.chance(`resolver ${place}`);
  const nameservers = nodes.filter(({ kind }) => kind === "nameserver");
  const cache = new Map<string, Cached>();
  process.start();

  async function ask(service: ServiceConfig): Promise<void> {
    const node = draw.one(chance, nameservers);
    const question = encodeQuestion(Math.floor(chance.next() * 65_536), { name: service.host, type: "A" });
    const at = chance.next();
    const serve = (): readonly string[] | undefined => {
      const seen = { isOpen: node.isOpen(), snapshot: node.snapshot(), service: service.name };
      if (!seen.isOpen) return undefined;
      const reply = answer(node.compiled() as CompiledZone | undefined, question, { transport: "udp", draw: at });
      const read = reply && readAnswer(Buffer.from(reply));
      const addresses = read?.rcode === 0 ? read.answers.map(({ data }) => data) : undefined;
      world.checks.answered(node.process.name, { ...seen, addresses });
      return addresses;
    };
    const answered = await world.network.call({
      from: process,
      to: node.process,
      what: "dns",
      timeoutMs: 1_000,
      serve,
    });
    const addresses = answered.kind === "answer" ? answered.value : undefined;
    if (!addresses || addresses.length === 0) return;
    cache.set(service.name, { addresses, until: world.kernel.now() + service.ttlSeconds * 1_000 });
  }

  function browse(service: ServiceConfig): void {
    const cached = cache.get(service.name);
    if (!cached || cached.until <= world.kernel.now()) void ask(service);
    else noteClient(world, service, cached.addresses);
    process.after(draw.between(chance, 1_500, 3_500), "client", () => browse(service));
  }
  for (const service of world.config.services) process.after(chance.next() * 2_000, "client", () => browse(service));
}

/** Whether the client behind it got where it wanted to go. */
function noteClient(world: World, service: ServiceConfig, addresses: readonly string[]): void {
  const site = world.config.sites.find((entry) => entry.addresses.some((address) => addresses.includes(address)));
  if (!site) return;
  const mode =
    world.truth.get(`pool:${service.name}/stable@${site.name}`) ?? world.truth.get(`edge:${site.name}`) ?? "up";
  world.checks.sometimes(mode === "up" ? "a client was served" : "a client was sent to a dead site");
}
