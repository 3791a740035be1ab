import { type ArbiterConfig, type Envelope, majority } from "@sluice/core";
import type { Commit } from "@sluice/ports";
import type { Keyring, Logger, Signer } from "@sluice/runtime";
import type { EntryLog } from "./entry-log.ts";
import { hashOf, noHash, openMessage } from "./messages.ts";
import type { FailsafePeers } from "./peers.ts";

/** The side of failsafe that asks: for promises, and that what it decides be kept. */
export interface Asker {
  /** Asks every other arbiter once; answers as soon as a majority of all has promised, or nobody is left to answer. */
  round(epoch: number): Promise<Round>;
  /** The highest epoch that anybody has told of. An answer may come after its round was decided. */
  epochHeard(): number;
  /** Writes a decision down here and at one promiser at least; false when none has it yet. The same commit may be brought again. */
  record(commit: Commit): Promise<boolean>;
}

export type Round =
  | { readonly kind: "promised"; readonly by: readonly string[] }
  | { readonly kind: "too-few"; readonly because: string };

type Deps = {
  readonly name: string;
  readonly arbiters: () => readonly ArbiterConfig[];
  readonly keyring: Keyring;
  readonly signer: Signer;
  readonly peers: FailsafePeers;
  readonly log: EntryLog;
  readonly logger: Logger;
};

export function makeAsker(deps: Deps): Asker {
  const { name, signer, keyring, log } = deps;
  let [asked, heard] = [0, 0];
  const others = (): readonly ArbiterConfig[] => deps.arbiters().filter((arbiter) => arbiter.name !== name);

  /** What one arbiter answers, if it is that arbiter's word. */
  async function ask(arbiter: ArbiterConfig, envelope: Envelope) {
    const said = openMessage(keyring, await deps.peers.send(arbiter, envelope));
    return said && "by" in said && said.by === arbiter.name ? said : undefined;
  }

  async function round(epoch: number): Promise<Round> {
    asked += 1;
    const number = asked;
    const envelope = signer.sign("failsafe", { kind: "ask", leader: name, epoch, number });
    // Oneself included, but never oneself alone: what is decided must be kept in a second place.
    const needed = Math.max(1, majority(deps.arbiters().length) - 1);
    const by: string[] = [];
    const refusals: string[] = [];
    return untilEnough(others(), async (arbiter) => {
      const said = await ask(arbiter, envelope);
      if (said?.kind === "no-promise") heard = Math.max(heard, said.epoch);
      const isOurs = said && said.kind !== "kept" && said.to === name && said.number === number;
      if (isOurs && said.kind === "promise" && said.epoch === epoch) by.push(arbiter.name);
      else refusals.push(`${arbiter.name}: ${said?.kind === "no-promise" ? said.because : "no answer"}`);
      return by.length >= needed && heard <= epoch;
    }).then((isEnough) =>
      isEnough ? { kind: "promised", by: [...by] } : { kind: "too-few", because: refusals.join("; ") },
    );
  }

  /** The entry of this commit: made once, however often it must be told. */
  async function written(commit: Commit) {
    const mine = log.all().filter(({ entry }) => entry.leader === name && entry.epoch === commit.epoch);
    const known = mine.find(({ entry }) => entry.commit.id === commit.id);
    if (known) return known;
    const last = mine.at(-1);
    const number = (last?.entry.number ?? 0) + 1;
    const head = { kind: "entry", leader: name, epoch: commit.epoch, number, before: last?.hash ?? noHash } as const;
    const envelope = signer.sign("failsafe", { ...head, commit });
    await log.add({ ...head, commit }, envelope);
    return { envelope, hash: hashOf(envelope) };
  }

  return {
    round,
    epochHeard: () => heard,
    async record(commit) {
      const mine = await written(commit).catch((error: unknown) => {
        deps.logger.error({ err: error }, "the failsafe journal can't be written");
      });
      if (!mine) return false;
      const { envelope, hash } = mine;
      return untilEnough(others(), async (arbiter) => {
        const said = await ask(arbiter, envelope);
        return said?.kind === "kept" && said.hash === hash;
      });
    },
  };
}

/** Asks all at once; true as soon as one of the answers was enough, false when all have answered. */
function untilEnough<T>(all: readonly T[], isEnough: (one: T) => Promise<boolean>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let left = all.length;
    if (left === 0) resolve(false);
    for (const one of all)
      isEnough(one).then((enough) => {
        left -= 1;
        if (enough || left === 0) resolve(enough);
      }, reject);
  });
}
