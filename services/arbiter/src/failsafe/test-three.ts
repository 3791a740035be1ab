import { setImmediate as settled } from "node:timers/promises";
import { checkConfig } from "@sluice/contract";
import {
  type Command,
  type Config,
  type Envelope,
  type EpochMs,
  epochMs,
  leaseTiming,
  type Opinion,
  type Override,
  type SiteName,
  SluiceError,
  tableOf,
} from "@sluice/core";
import type { Lease, Store } from "@sluice/ports";
import { type Keyring, makeLogger } from "@sluice/runtime";
import { makeRegistry } from "@sluice/runtime/server";
import { makeMemoryDatabase, makeVirtualClock } from "@sluice/testkit";
import { assemble } from "../assemble.ts";
import type { ArbiterContext } from "../context.ts";
import { makeLeaseTurn } from "../lease-turn.ts";
import { makeArbiterMetrics } from "../metrics.ts";
import { settingsOf } from "../test-settings.ts";
import type { KeptFiles } from "./kept-files.ts";
import { makeLateTurn } from "./late-turn.ts";
import type { FailsafePeers } from "./peers.ts";

export const names = ["arbiter-w", "arbiter-a", "arbiter-b"] as const;
type Name = (typeof names)[number];

/** Three arbiters of two serving sites and a witness: one clock, one store, and each its own disk. */
export function openThree() {
  const clock = makeVirtualClock();
  const config = checkedConfig();
  let database = makeMemoryDatabase(clock);
  const contexts = new Map<Name, ArbiterContext>();
  const turns = new Map<Name, () => Promise<void>>();
  const disks = new Map(names.map((name) => [name, new Map<string, string>()]));
  /** Who can't reach the store, who is dead, and whose journal is asked for without an end. */
  const [away, dead, stuck] = [new Set<Name>(), new Set<Name>(), new Set<Name>()];
  const [opinions, keyring] = [new Map<SiteName, Opinion>(), makeKeyring()];
  let asked = 0;

  function start(name: Name): void {
    const peer = (of: string): ArbiterContext | undefined =>
      dead.has(of as Name) || dead.has(name) ? undefined : contexts.get(of as Name);
    const context = assemble({
      name,
      config,
      clock,
      store: door<Store>(
        () => away.has(name),
        () => database.open().store,
      ),
      lease: door<Lease>(
        () => away.has(name),
        () => database.open().lease,
      ),
      files: filesOf(disks.get(name) ?? new Map()),
      peers: peersOf(peer, stuck),
      ...usual(name),
      keyring,
    });
    context.ballots.freshDomains = () => everywhere;
    context.ballots.count = () => ({ casts: castsOf(opinions), freshDomains: everywhere });
    contexts.set(name, context);
    turns.set(name, turnOf(context));
  }
  for (const name of names) start(name);

  const of = (name: Name): ArbiterContext => contexts.get(name) ?? neverStarted(name);
  return {
    clock,
    away,
    dead,
    stuck,
    of,
    disk: (name: Name) => disks.get(name) ?? new Map<string, string>(),
    /** The next keyset revokes that key. */
    revoke: (id: string) => void keyring.keyset.revoked.push({ id }),
    see: (site: SiteName, opinion: Opinion) => void opinions.set(site, opinion),
    restart: start,
    database: () => database,
    /** Another database in its place. */
    replace(next = makeMemoryDatabase(clock)) {
      database = next;
    },
    async run(ms: number) {
      for (let spent = 0; spent < ms; spent += 250) {
        for (const name of names) if (!dead.has(name)) await turns.get(name)?.();
        await settled();
        clock.advance(250);
      }
    },
    async command(name: Name, ask: Command["ask"]) {
      asked += 1;
      const told = of(name).loop.submit({ ...common, id: `c${asked}`, ask });
      await of(name).loop.turn();
      return told;
    },
    freeze: (id: string): Override => freezeFrom(id, clock.wallMs()),
  };
}

function checkedConfig(): Config {
  const checked = checkConfig(settings);
  if (checked.kind === "invalid") throw new Error(JSON.stringify(checked.problems));
  return checked.config;
}

const everywhere = ["site-a", "site-b", "site-w"];

const usual = (name: Name) => ({
  findServed: async () => [],
  logger: makeLogger({ service: "test", name, level: "silent" }),
  signer: { keyId: name, sign: (kind: string, value: unknown) => sign(name, kind, value) },
  metrics: makeArbiterMetrics(makeRegistry()),
  timing: leaseTiming,
  newNonce: () => "nonce",
  wake: () => undefined,
  signal: new AbortController().signal,
});

const common = { by: "anna", reason: "a test", overrideRules: [], isDryRun: false };

/** The way to the store, which may be away at any call. */
const door = <T extends object>(isAway: () => boolean, of: () => T): T =>
  new Proxy({} as T, {
    get:
      (_target, key: string) =>
      async (...args: unknown[]): Promise<unknown> => {
        if (isAway()) throw new SluiceError("STORE_UNAVAILABLE", "it is away", { transient: true });
        return (of() as Record<string, (...all: unknown[]) => unknown>)[key]?.(...args);
      },
  });

const freezeFrom = (id: string, setAt: EpochMs): Override => ({
  id,
  kind: "freeze",
  by: "anna",
  reason: "a test",
  setAt,
  until: epochMs(setAt + 3_600_000),
});

const peersOf = (peer: (name: string) => ArbiterContext | undefined, stuck: ReadonlySet<string>): FailsafePeers => ({
  send: async (to, envelope) => peer(to.name)?.failsafe.answer(envelope),
  next: async (of, after) => (stuck.has(of.name) ? never() : peer(of.name)?.failsafe.next(after)),
});

const never = (): Promise<undefined> => new Promise(() => undefined);

/** All that an arbiter does in its time: at the lease, at what it decides, and beside both. */
function turnOf(context: ArbiterContext): () => Promise<void> {
  const lease = makeLeaseTurn(context, async () => false);
  const late = unwaited(makeLateTurn(context));
  return async () => {
    await lease().catch(unlessAway);
    await context.loop.turn().catch(unlessAway);
    late();
  };
}

/** One turn at a time, and nobody waits for it. */
function unwaited(turn: () => Promise<void>): () => void {
  let isTurning = false;
  return () => {
    if (isTurning) return;
    isTurning = true;
    void turn()
      .catch(unlessAway)
      .finally(() => (isTurning = false));
  };
}

function neverStarted(name: Name): never {
  throw new Error(`${name} was never started`);
}

function unlessAway(error: unknown): void {
  if (!(error instanceof SluiceError) || !error.transient) throw error;
}

const castsOf = (opinions: ReadonlyMap<SiteName, Opinion>) =>
  everywhere.map((domain) => ({
    agent: `agent-${domain}`,
    domain,
    votes: tableOf(
      ["site-a", "site-b"].map((site) => {
        const target = `pool:chat/stable@${site}`;
        return [target, { target, opinion: opinions.get(site) ?? "healthy", suspect: false }] as const;
      }),
    ),
  }));

function filesOf(disk: Map<string, string>): KeptFiles {
  return {
    list: async () => [...disk.keys()].sort(),
    read: async (name) => disk.get(name) ?? "",
    write: async (name, text) => void disk.set(name, text),
    remove: async (name) => void disk.delete(name),
  };
}

/** A signature that says who and what, which is all that is needed of it here. */
const sign = (keyId: string, kind: string, value: unknown): Envelope => ({
  keyId,
  payload: JSON.stringify(value),
  signature: `${kind}-${keyId}-`.padEnd(86, "A"),
});

const openSigned = (kind: string, { keyId, payload, signature }: Envelope) =>
  signature.startsWith(`${kind}-${keyId}-`)
    ? { kind: "ok", name: keyId, site: "", value: JSON.parse(payload) as unknown }
    : { kind: "refused", because: "bad-signature" };

const makeKeyring = () =>
  ({
    keyset: { revoked: [] },
    open: openSigned,
    openKept: openSigned,
    standing: () => "good",
    onChange: () => () => undefined,
  }) as unknown as Keyring & { readonly keyset: { readonly revoked: { id: string }[] } };

const settings = settingsOf(
  { "arbiter-w": "http://127.0.0.1:1", "arbiter-a": "http://127.0.0.1:2", "arbiter-b": "http://127.0.0.1:3" },
  { "site-a": "http://127.0.0.1:11", "site-b": "http://127.0.0.1:12", "site-w": "http://127.0.0.1:13" },
);
