import { chmod, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ArbiterClient } from "@sluice/cli";
import { askLab, type Lab, layoutOf, needLab, type PollServer } from "@sluice/lab";
import { labUp } from "@sluice/lab/up";
import { drawNet } from "../../scenarios/world/net.ts";
import { writeBenchConfig } from "../ground/bench-config.ts";
import { labClient, statusOf, whyNotAtRest, whyNotBack } from "../ground/lab-client.ts";
import { untilReady } from "../ground/until.ts";
import { handOver } from "./hand-over.ts";
import { type Rival, startRival } from "./rival.ts";
import type { Fault, Series } from "./series.ts";

/** A lab of the bench's own, and gdnsd beside it: real processes on loopback addresses that nobody else uses. */
export interface Ground {
  readonly client: ArbiterClient;
  readonly rival: Rival | undefined;
  readonly lab: Lab;
  /** The nameservers outside Site A: those that clients can reach when it is lost. */
  readonly outside: readonly PollServer[];
  /** Befalls every process of Site A; answers when, from before the first signal. Monotonic milliseconds. */
  fail(fault: Fault): Promise<number>;
  /** Starts again what was killed, waits until Site A is healthy by quorum, and returns to it what it lost. */
  heal(): Promise<void>;
  /** Waits until everything is at home, every standby is ready, and the right arbiter leads. */
  untilAtRest(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const patienceMs = 60_000;
const site = "site-a";

export type GroundOptions = {
  readonly series: Series;
  /** Holds what the series write, and the sources that the first of them compiled. */
  readonly directory: string;
  /** Where gdnsd is; without it there is no rival. */
  readonly gdnsd: string | undefined;
  readonly signal: AbortSignal;
};

export async function openGround(options: GroundOptions): Promise<Ground> {
  const root = await mkdtemp(join(options.directory, "series-"));
  const stack = new AsyncDisposableStack();
  stack.defer(() => rm(root, { recursive: true, force: true, maxRetries: 3 }));
  try {
    // Started by root, Postgres runs as somebody else, who must be able to pass.
    await chmod(root, 0o755);
    await shareCache(options.directory, layoutOf(join(root, "lab")).cache);
    const net = await drawNet();
    const configFile = join(root, "bench.yaml");
    await writeBenchConfig(configFile, net, options.series.edits);
    const { signal } = options;
    const hurry = new AbortController().signal;
    const lab = await labUp({ root: join(root, "lab"), configFile, signal, hurry, say: () => {} });
    stack.defer(() => lab.close());
    const rival = options.gdnsd
      ? stack.use(await startRival({ program: options.gdnsd, net, tokenFile: lab.layout.adminToken }, options.signal))
      : undefined;
    return makeGround({ lab, rival, client: await labClient(lab.layout.root), stack: stack.move() }, options);
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** The series start as any but the first lab of a user does: with the sources compiled. */
async function shareCache(directory: string, cache: string): Promise<void> {
  const shared = join(directory, "cache");
  await mkdir(shared, { recursive: true });
  await mkdir(dirname(cache), { recursive: true });
  await symlink(shared, cache);
}

type Parts = Pick<Ground, "lab" | "rival" | "client"> & { readonly stack: AsyncDisposableStack };

function makeGround({ stack, ...parts }: Parts, { series, signal }: GroundOptions): Ground {
  const { lab, client } = parts;
  const patience = { timeoutMs: patienceMs, signal };
  return {
    ...parts,
    outside: lab.config.nameservers.filter((nameserver) => nameserver.site !== site),
    async fail(fault) {
      const record = await needLab(lab.layout.root);
      const at = performance.now();
      await askLab(record, `sites/${site}/${fault === "killed" ? "kill" : "pause"}`);
      return at;
    },
    async heal() {
      await askLab(await needLab(lab.layout.root), `sites/${site}/heal`);
      await untilReady(patience, async () => whyNotBack(await statusOf(client), site));
      await client.send("POST", "/v1/failback", { reason: "the round is over", by: "bench" });
    },
    untilAtRest: () =>
      untilReady(patience, async () => {
        const status = await statusOf(client);
        const because = whyNotAtRest(status);
        if (because !== undefined || status.leader === series.leader) return because;
        await handOver(lab.layout.root, client, patience);
        return `${series.leader} does not lead`;
      }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
