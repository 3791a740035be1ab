import type { ArbiterConfig, Config } from "@sluice/core";
import type { Keyring } from "@sluice/runtime";
import { type EntryLog, entriesMax, type KeptEntry, keptFrom } from "./entry-log.ts";
import type { FailsafePeers } from "./peers.ts";

type From = {
  readonly name: string;
  readonly keyring: Keyring;
  readonly log: EntryLog;
  readonly peers: FailsafePeers;
};

/**
 * What this arbiter and those that it reaches keep, in order, and each once though several keep it. Of each arbiter no more than
 * one is in memory, since entries are long.
 */
export async function* keptByAll(from: From, { arbiters }: Config): AsyncGenerator<KeptEntry, undefined> {
  const others = arbiters.filter(({ name }) => name !== from.name).map((arbiter) => keptBy(from, arbiter));
  const walks: readonly Walk[] = [from.log.all().values(), ...others];
  let heads = await Promise.all(walks.map(nextOf));
  for (;;) {
    const first = earliest(heads);
    if (!first) return;
    yield first;
    const passed = heads;
    heads = await Promise.all(
      walks.map(async (walk, index) => (passed[index]?.name === first.name ? nextOf(walk) : passed[index])),
    );
  }
}

/** What one arbiter keeps, one after the other. Whoever falls silent ends there: a later look begins again. */
async function* keptBy({ keyring, peers }: From, arbiter: ArbiterConfig): AsyncGenerator<KeptEntry, undefined> {
  let after = "";
  for (let told = 0; told < entriesMax; told += 1) {
    const next = keptFrom(keyring, await peers.next(arbiter, after));
    if (!next || next.name <= after) return;
    yield next;
    after = next.name;
  }
}

type Walk = { next(): IteratorResult<KeptEntry, undefined> | Promise<IteratorResult<KeptEntry, undefined>> };
const nextOf = async (walk: Walk): Promise<KeptEntry | undefined> => (await walk.next()).value;

function earliest(heads: readonly (KeptEntry | undefined)[]): KeptEntry | undefined {
  let first: KeptEntry | undefined;
  for (const head of heads) if (head && (!first || head.name < first.name)) first = head;
  return first;
}
