import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Config, configuredTargets, leaseTiming } from "@sluice/core";
import { layoutOf } from "@sluice/lab";
import { makeLogger, readKeyring, readSigner, type Signer } from "@sluice/runtime";
import { makeRegistry } from "@sluice/runtime/server";
import { makeMemoryDatabase, makePrng, makeVirtualClock, type VirtualClock } from "@sluice/testkit";
import { assemble } from "../../../services/arbiter/src/assemble.ts";
import { makeLeaseTurn } from "../../../services/arbiter/src/lease-turn.ts";
import { makeArbiterMetrics } from "../../../services/arbiter/src/metrics.ts";
import { prepareDirectories, prepareKeys } from "../../lab/up/prepare.ts";
import { bigConfig } from "./big-config.ts";
import { type Line, makeVoters, nextReport, type Voter } from "./voters.ts";

/** What one arbiter used, in processor time for each second that it lived through. */
export type Cost = {
  /** Checking and taking in the agents' reports. Unit: milliseconds a second. */
  readonly reportsMs: number;
  /** Gather, step, perform, record. Unit: milliseconds a second. */
  readonly turnsMs: number;
};

export type Measured = {
  readonly services: number;
  readonly votes: number;
  readonly share: number;
  readonly rest: Cost;
  readonly changing: Cost;
  /** From the first vote that says so until the snapshot that says B is signed and on the desk. Unit: milliseconds of processor time. */
  readonly lossMs: number;
};

export type Sizes = { readonly services: number; readonly seconds: number; readonly share: number };

const cycleMs = 250;
const intervalMs = 1_000;

/** The real arbiter on a virtual clock, over a store in memory, with agents that sign real reports. */
export async function measureInProcess(sizes: Sizes): Promise<Measured> {
  const root = await mkdtemp(join(tmpdir(), "sluice-bench-"));
  try {
    const config = bigConfig(sizes.services, "127.9.9");
    const ground = await open(root, config);
    await ground.live(10, 0);
    const rest = await ground.live(sizes.seconds, 0);
    const changing = await ground.live(sizes.seconds, sizes.share);
    await ground.live(2, 0);
    const lossMs = await ground.lose("site-a");
    const votes = config.agents.length * configuredTargets(config).length;
    return { services: sizes.services, votes, share: sizes.share, rest, changing, lossMs };
  } finally {
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  }
}

type Mouth = { readonly voter: Voter; readonly signer: Signer; readonly line: Line };

/** The arbiter's own parts and those who report to it. `takeWake` tells whether the loop has been woken since it was last asked. */
async function lay(root: string, config: Config, clock: VirtualClock) {
  const layout = layoutOf(root);
  await prepareDirectories(layout);
  await prepareKeys(layout, config);
  const name = config.arbiters[0]?.name ?? "";
  let isWoken = false;
  let nonces = 0;
  const context = assemble({
    name,
    config,
    ...makeMemoryDatabase(clock).open(),
    clock,
    logger: makeLogger({ service: "bench", name, level: "silent" }),
    signer: await readSigner(join(layout.keys, `${name}.key`), name),
    keyring: await readKeyring(layout.keys),
    metrics: makeArbiterMetrics(makeRegistry()),
    timing: leaseTiming,
    findServed: async () => [],
    wake: () => {
      isWoken = true;
    },
    newNonce: () => String((nonces += 1)),
    signal: new AbortController().signal,
  });
  const mouths = await Promise.all(
    makeVoters(config).map(async (voter): Promise<Mouth> => {
      const signer = await readSigner(join(layout.keys, `${voter.agent.name}.key`), voter.agent.name);
      return { voter, signer, line: { nonce: "", seq: 0, held: undefined } };
    }),
  );
  const takeWake = (): boolean => {
    const was = isWoken;
    isWoken = false;
    return was;
  };
  return { context, mouths, takeWake };
}

async function open(root: string, config: Config) {
  const [clock, chance] = [makeVirtualClock(), makePrng(1)];
  const { context, mouths, takeWake } = await lay(root, config, clock);
  const leaseTurn = makeLeaseTurn(context, async () => false);
  const spent = { reportsMs: 0, turnsMs: 0 };

  async function turn(): Promise<void> {
    const before = cpuMs();
    takeWake();
    await context.loop.turn();
    spent.turnsMs += cpuMs() - before;
  }

  async function say({ voter, signer, line }: Mouth): Promise<void> {
    for (;;) {
      const { config: inForce, configRevision: revision } = context.keeper.durable();
      const { report, hear } = nextReport(voter, line, { arbiter: context.name, revision });
      const envelope = signer.sign("report", report);
      const before = cpuMs();
      const reply = context.ballots.take(envelope, inForce);
      spent.reportsMs += cpuMs() - before;
      hear(reply);
      if (reply.kind === "counted") break;
    }
    if (takeWake()) await turn();
  }

  /** One cycle of virtual time: those agents report whose turn it is. */
  async function cycle(at: number, share: number): Promise<void> {
    clock.advance(cycleMs);
    const cycles = intervalMs / cycleMs;
    for (const [index, mouth] of mouths.entries()) {
      if (index % cycles !== at % cycles) continue;
      if (share > 0) mouth.voter.waver(share, chance);
      await say(mouth);
    }
    await leaseTurn();
    await turn();
  }

  return {
    async live(seconds: number, share: number): Promise<Cost> {
      Object.assign(spent, { reportsMs: 0, turnsMs: 0 });
      for (let at = 0; at < (seconds * 1_000) / cycleMs; at += 1) await cycle(at, share);
      return { reportsMs: spent.reportsMs / seconds, turnsMs: spent.turnsMs / seconds };
    },
    async lose(site: string): Promise<number> {
      Object.assign(spent, { reportsMs: 0, turnsMs: 0 });
      for (const { voter } of mouths) voter.see(site, "down");
      for (const mouth of mouths) await say(mouth);
      await turn();
      const left = context.desk
        .current()
        ?.snapshot.services.filter((each) => each.choices.some((one) => one.site === site));
      if (left?.length !== 0) throw new Error(`${left?.length} services are still at ${site}`);
      return spent.reportsMs + spent.turnsMs;
    },
  };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
