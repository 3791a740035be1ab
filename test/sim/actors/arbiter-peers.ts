import type { Envelope, PromiseAsk } from "@sluice/core";
import type { Prng } from "@sluice/ports";
import type { SimulatedProcess } from "@sluice/testkit";
import type { KeptFiles } from "../../../services/arbiter/src/failsafe/kept-files.ts";
import type { Entry, Message } from "../../../services/arbiter/src/failsafe/messages.ts";
import type { FailsafePeers } from "../../../services/arbiter/src/failsafe/peers.ts";
import { draw } from "../scenario/draw.ts";
import type { World } from "../world.ts";
import type { SimArbiter } from "./arbiter.ts";

/** What lies on an arbiter's disk, in every life of it. */
export type ArbiterDisk = Map<string, string>;

const timeoutMs = 1_000;

/** The way to the other arbiters while the store is away, watched. */
export function simPeers(
  world: World,
  process: SimulatedProcess,
  arbiter: (name: string) => SimArbiter | undefined,
): FailsafePeers {
  const call = async <T>(of: string, what: string, serve: (peer: SimArbiter) => T | Promise<T>) => {
    const peer = arbiter(of);
    if (!peer) return undefined;
    const to = peer.process;
    const asked = { from: process, to, what: `${process.name} ${what} ${of}`, timeoutMs, serve: () => serve(peer) };
    const answer = await world.network.call(asked);
    return answer.kind === "answer" ? answer.value : undefined;
  };
  return {
    send: (to, envelope) => call(to.name, "promises from", (peer) => answered(world, peer, envelope)),
    next: (of, after) => call(of.name, "entries of", (peer) => peer.context().failsafe.next(after)),
  };
}

async function answered(world: World, peer: SimArbiter, envelope: Envelope): Promise<Envelope | undefined> {
  const arrivedAt = peer.process.clock.monotonicMs();
  const answer = await peer.context().failsafe.answer(envelope);
  const said = answer && (JSON.parse(answer.payload) as Message);
  const ask = JSON.parse(envelope.payload) as PromiseAsk;
  if (said?.kind === "promise") world.checks.promised(peer.process, ask, arrivedAt);
  if (said?.kind === "no-promise") world.checks.sometimes(`a promise was refused: ${said.because}`);
  return answer;
}

type OnDisk = { readonly process: SimulatedProcess; readonly disk: ArbiterDisk; readonly chance: Prng };

/** Writing takes a while, and a crash meanwhile leaves what was there. */
export function simFiles(world: World, { process, disk, chance }: OnDisk): KeptFiles {
  return {
    list: async () => [...disk.keys()].sort(),
    read: async (name) => disk.get(name) ?? "",
    write: (name, text) =>
      new Promise((resolve) => {
        const entry = name.startsWith("entry-") ? entryOf(text) : undefined;
        if (entry?.leader === process.name) world.checks.journalling(process, entry.commit);
        const what = entry ? "an entry" : "a promise";
        process.after(draw.isTrue(chance, 0.1) ? 300 : draw.between(chance, 1, 20), `${process.name} writes`, () => {
          world.edge(process, `before it writes ${what}`);
          if (!process.isUp()) return;
          disk.set(name, text);
          if (entry) world.checks.written(process.name, entry.commit);
          world.edge(process, `after it wrote ${what}`);
          if (process.isUp()) resolve();
        });
      }),
    remove: async (name) => void disk.delete(name),
  };
}

const entryOf = (text: string): Entry => JSON.parse((JSON.parse(text) as Envelope).payload) as Entry;
