import assert from "node:assert/strict";
import { join } from "node:path";
import { runHere } from "@sluice/cli";
import { request } from "@sluice/runtime";
import { until } from "./until.ts";
import type { World } from "./world.ts";

/** A world in which nothing goes down because the machine is busy: these scenarios are about keys. */
export const steady = {
  sites: ["site-a", "site-b"],
  probes: { intervalMs: 1_000, deadlineMs: 1_000, fall: 30, rise: 2 },
} as const;

/** Runs a command of ours to its good end, and answers its data. */
export async function sluice(...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const { stdout, stderr } = await runHere(["--json", ...args]);
  assert.equal(stderr, "", args.join(" "));
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
}

/** The keys of a world in one directory, which is the root's as well, and what is done with them. */
export function keysOf({ parts }: World) {
  const root = join(parts.directory, "keys");
  const url = parts.config.arbiters[0]?.url ?? "";
  const publish = () =>
    sluice(
      "keys",
      "publish",
      join(root, "keyset.json"),
      "--arbiters",
      url,
      "--token-file",
      join(root, "operator.token"),
    );
  return {
    root,
    publish,
    /** The next key of a process, made, approved and published. */
    async rotate(...names: readonly string[]) {
      for (const name of names) {
        const made = await sluice("keys", "rotate", name, "--keys", root);
        const proof = ["--fingerprint", String(made["fingerprint"])];
        await sluice("keys", "approve", String(made["request"]), "--root", root, ...proof);
      }
      await publish();
    },
    async revoke(names: readonly string[], ...flags: readonly string[]) {
      for (const name of names) await sluice("keys", "revoke", name, "--root", root, ...flags);
      await publish();
    },
  };
}

/** Waits until every process of a world, and no less, goes by a keyset. */
export async function everybodyHas(world: World, version: number): Promise<void> {
  const { agents, nameservers } = world.parts.config;
  for (const { name, url } of [...agents, ...nameservers]) {
    const seen = `sluice_keyset_version ${version}\n`;
    await until(`${name} goes by keyset ${version}`, async () => (await metricsOf(url)).includes(seen) || undefined);
  }
}

export async function metricsOf(url: string): Promise<string> {
  const { body } = await request({ url: `${url}/metrics`, timeoutMs: 5_000, bytesMax: 4_194_304 });
  return String(body);
}

/** A counter by one label's value. */
export function counted(metrics: string, name: string, value: string): number {
  const line = metrics.split("\n").find((each) => each.startsWith(`${name}{`) && each.includes(`="${value}"`));
  return Number(line?.split(" ").at(-1) ?? 0);
}
