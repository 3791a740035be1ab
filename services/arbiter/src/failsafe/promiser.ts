import {
  binds,
  type Envelope,
  monoMs,
  type Promised,
  type PromiserFacts,
  promiseTiming,
  whyNotKeep,
  whyNotPromise,
} from "@sluice/core";
import type { Clock } from "@sluice/ports";
import type { Keyring, Signer } from "@sluice/runtime";
import type { EntryLog } from "./entry-log.ts";
import type { KeptFiles } from "./kept-files.ts";
import { hashOf, type Message, openMessage } from "./messages.ts";

/** The side of failsafe that promises: not to acquire, and to keep what the leader decides. */
export interface Promiser {
  /** Takes up what an earlier life promised. */
  load(): Promise<void>;
  /** True while it may not ask for the lease. Before `load` it doesn't know, and may not. */
  isBound(): boolean;
  promised(): Promised | undefined;
  /** Answers a leader's ask or entry in an envelope of its own; undefined for what isn't one, or can't be kept. */
  answer(value: unknown): Promise<Envelope | undefined>;
  /** Forgets a promise that binds no more. */
  tidy(): Promise<void>;
}

type Deps = {
  readonly name: string;
  readonly clock: Clock;
  readonly keyring: Keyring;
  readonly signer: Signer;
  readonly files: KeptFiles;
  readonly log: EntryLog;
  readonly facts: () => Omit<PromiserFacts, "promised">;
  /** An entry is on disk here and at its leader. */
  readonly onKept: (entry: Extract<Message, { kind: "entry" }>) => void;
};

const file = "promise.json";

export function makePromiser(deps: Deps): Promiser {
  const { name, clock, files, log } = deps;
  let promised: Promised | undefined;
  let [isLoaded, isOnDisk] = [false, false];
  /** One after the other: two at once could write the older one last. */
  let turn: Promise<unknown> = Promise.resolve();

  const sign = (message: Message): Envelope => deps.signer.sign("failsafe", message);
  const epoch = (): number => Math.max(deps.facts().epoch, promised?.epoch ?? 0);

  async function promise(ask: Extract<Message, { kind: "ask" }>): Promise<Envelope | undefined> {
    const { leader: to, number } = ask;
    const because = whyNotPromise({ ...deps.facts(), epoch: epoch(), promised }, ask);
    if (because !== undefined) return sign({ kind: "no-promise", by: name, to, epoch: epoch(), number, because });
    const { kind: _, ...asked } = ask;
    // It binds from now on, whatever becomes of the write: that harms nobody.
    promised = { ...asked, until: monoMs(clock.monotonicMs() + promiseTiming.heldMs) };
    isOnDisk = true;
    await files.write(file, `${JSON.stringify(asked)}\n`);
    return sign({ kind: "promise", by: name, to, epoch: ask.epoch, number });
  }

  async function keep(entry: Extract<Message, { kind: "entry" }>, envelope: Envelope): Promise<Envelope | undefined> {
    const mayKeep = (): boolean =>
      deps.facts().epoch <= entry.epoch && whyNotKeep(entry, promised, clock.monotonicMs()) === undefined;
    if (!mayKeep()) return undefined;
    await log.add(entry, envelope);
    // The disk may have taken longer than the promise binds. Then it is written back, and applied by nobody until it is.
    if (!mayKeep()) return undefined;
    deps.onKept(entry);
    return sign({ kind: "kept", by: name, hash: hashOf(envelope) });
  }

  async function answer(value: unknown): Promise<Envelope | undefined> {
    const message = openMessage(deps.keyring, value);
    if (!isLoaded || !message) return undefined;
    if (message.kind === "ask") return promise(message);
    return message.kind === "entry" ? keep(message, value as Envelope) : undefined;
  }

  /** Its number is remembered: an old ask that is heard again must not bind. */
  async function tidy(): Promise<void> {
    if (!isOnDisk || binds(promised, clock.monotonicMs())) return;
    await files.remove(file);
    isOnDisk = false;
  }

  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = turn.then(act);
    turn = done.catch(() => undefined);
    return done;
  }

  return {
    async load() {
      if (isLoaded) return;
      const left = (await files.list()).includes(file) ? parsedAsk(await files.read(file)) : undefined;
      // Nobody knows how long ago that was, so all of it begins anew.
      isOnDisk = left !== undefined;
      if (left) promised = { ...left, until: monoMs(clock.monotonicMs() + promiseTiming.heldMs) };
      isLoaded = true;
    },
    isBound: () => !isLoaded || binds(promised, clock.monotonicMs()),
    promised: () => (binds(promised, clock.monotonicMs()) ? promised : undefined),
    answer: (value) => inTurn(() => answer(value)),
    tidy: () => inTurn(tidy),
  };
}

/** Torn, it was never told to anybody. */
function parsedAsk(text: string): Omit<Promised, "until"> | undefined {
  try {
    return JSON.parse(text) as Omit<Promised, "until">;
  } catch {
    return undefined;
  }
}
