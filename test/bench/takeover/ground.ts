import { randomInt } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ArbiterClient } from "@sluice/cli";
import type { PollServer } from "@sluice/lab";
import { sleep } from "@sluice/runtime";
import { makePostgres, type Postgres } from "@sluice/store-postgres";
import { type Door, openDoor } from "../../chaos/ground/door.ts";
import { type Installation, openInstallation } from "../../chaos/ground/installation.ts";
import { writeSmallConfig } from "../../chaos/ground/small-config.ts";
import { drawNet } from "../../scenarios/world/net.ts";
import { labClient, statusOf, whyNotAtRest } from "../ground/lab-client.ts";
import { untilReady } from "../ground/until.ts";

/**
 * How a leader is lost: dead, paused, or cut off from the database while everything else of it goes on. "in a commit": it is paused
 * when it has sent COMMIT, which is held up on the way and arrives when it wakes.
 */
export const faults = ["SIGKILL", "SIGSTOP", "path lost", "SIGSTOP in a commit"] as const;
export type Fault = (typeof faults)[number];

export interface Ground {
  readonly installation: Installation;
  readonly client: ArbiterClient;
  /** The store itself, past every door. */
  readonly postgres: Postgres;
  readonly nameservers: readonly PollServer[];
  /** A change is asked for, and in the middle of it the fault comes; answers when, by the monotonic clock. */
  fail(arbiter: string, fault: Fault, change: () => void): Promise<number>;
  heal(arbiter: string, fault: Fault): Promise<void>;
  untilAtRest(): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

const patienceMs = 90_000;
/** A command waits for the next cycle, 250 ms at most, and is committed within some more. */
const changeMsMax = 300;

type Options = { readonly directory: string; readonly say: (line: string) => void; readonly signal: AbortSignal };

/** An installation whose arbiters reach the database by a door each, so that one can lose its own path. */
export async function openGround({ directory, say, signal }: Options): Promise<Ground> {
  const root = await mkdtemp(join(directory, "takeover-"));
  const stack = new AsyncDisposableStack();
  const doors = new Map<string, Door>();
  stack.defer(() => rm(root, { recursive: true, force: true, maxRetries: 3 }));
  try {
    // Started by root, Postgres runs as somebody else, who must be able to pass.
    await chmod(root, 0o755);
    const configFile = join(root, "takeover.yaml");
    await writeSmallConfig(configFile, await drawNet(), { channels: ["stable", "canary"] });
    let databaseUrl = "";
    const installation = stack.use(
      await openInstallation({
        root: join(root, "lab"),
        configFile,
        signal,
        onLoss: say,
        surroundings: ({ name, role }) =>
          role === "arbiter" ? { env: { DATABASE_URL: through(doors, name, databaseUrl) } } : {},
        async onDatabase({ url, port }) {
          databaseUrl = url;
          for (const name of ["arbiter-a", "arbiter-b", "arbiter-w"])
            doors.set(name, await openDoor({ host: "127.0.0.1", port: 0 }, () => ({ host: "127.0.0.1", port })));
        },
      }),
    );
    const postgres = makePostgres({ url: databaseUrl, log: say });
    stack.defer(async () => {
      await postgres.close();
      await Promise.all([...doors.values()].map((door) => door.close()));
    });
    const client = await labClient(installation.layout.root);
    return makeGround({ installation, client, postgres, doors, signal, stack: stack.move() });
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

function through(doors: ReadonlyMap<string, Door>, arbiter: string, databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.port = String(doors.get(arbiter)?.port ?? url.port);
  return url.href;
}

type Parts = Pick<Ground, "installation" | "client" | "postgres"> & {
  readonly doors: ReadonlyMap<string, Door>;
  readonly signal: AbortSignal;
  readonly stack: AsyncDisposableStack;
};

function makeGround({ doors, stack, signal, ...parts }: Parts): Ground {
  const { installation, client } = parts;
  return {
    ...parts,
    nameservers: installation.config.nameservers,
    async fail(arbiter, fault, change) {
      const door = doors.get(arbiter);
      const isInCommit = fault === "SIGSTOP in a commit";
      const committing = isInCommit ? door?.silenceAt("COMMIT\0") : undefined;
      change();
      await (committing ?? sleep(randomInt(changeMsMax), signal));
      const at = performance.now();
      if (fault === "path lost") door?.set({ kind: "silent" });
      else installation.signal(installation.named(arbiter), isInCommit ? "SIGSTOP" : fault);
      return at;
    },
    async heal(arbiter, fault) {
      if (fault === "SIGKILL") return installation.start(installation.named(arbiter));
      // Awake first: what was held up on the way then finds both ends.
      installation.signal(installation.named(arbiter), "SIGCONT");
      doors.get(arbiter)?.set({ kind: "open" });
      return undefined;
    },
    async untilAtRest() {
      let leader = "";
      await untilReady({ timeoutMs: patienceMs, signal }, async () => {
        const status = await statusOf(client);
        leader = status.leader ?? "";
        if (!status.isLeading) return `${leader} leads, and doesn't answer`;
        const { statuses, silent } = await client.survey();
        const unready = statuses.find(({ whyNotReady }) => whyNotReady !== null);
        if (silent[0] || unready) return silent[0]?.because ?? `${unready?.arbiter}: ${unready?.whyNotReady}`;
        return whyNotAtRest(status);
      });
      return leader;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
