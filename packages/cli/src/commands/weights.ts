import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "@sluice/core";
import type { Command } from "commander";
import type { ArbiterClient } from "../arbiter-client.ts";
import { connect, globalsOf, print } from "../session.ts";
import { hasApplied, noGateway, parseWeights, type Weights, weightsLines } from "../weights.ts";
import { whoAsks } from "../who-asks.ts";

type WeightsOptions = { readonly reason?: string; readonly ifMatch?: string; readonly dryRun?: boolean };
type Done = Weights & { readonly isDryRun: boolean; readonly lines: readonly string[] };

/** How long gateways may take before that is told. One whose site is lost never does. Unit: milliseconds. */
const patienceMs = 5_000;
const lookEveryMs = 100;

/** weights: shows how a service's users are split over its channels, and splits them otherwise. */
export function weightsCommand(program: Command): void {
  program
    .command("weights <service> [weights...]")
    .description("how a service's users are split over its channels; with CHANNEL=NUMBER, split them so")
    .option("--reason <text>", "why, when they are changed; it goes into the audit record")
    .option("--if-match <tag>", "change them only if they are still those that were shown with this tag")
    .option("--dry-run", "say what would be done, and do nothing")
    .action(async (service: string, words: readonly string[], options: WeightsOptions, command: Command) => {
      const weights = parseWeights(words);
      if (words.length > 0) return set(command, { service, weights }, options);
      const globals = globalsOf(command);
      const shown = await look(await connect(globals), service);
      print(globals, shown, weightsLines(shown));
    });
}

const pathOf = (service: string): string => `/v1/services/${encodeURIComponent(service)}/weights`;
const look = async (client: ArbiterClient, service: string): Promise<Weights> =>
  (await client.get(pathOf(service))) as Weights;

async function set(
  command: Command,
  { service, weights }: { readonly service: string; readonly weights: Readonly<Record<string, number>> },
  { reason = "", ifMatch, dryRun }: WeightsOptions,
): Promise<void> {
  if (reason.trim().length < 3)
    throw new SluiceError("USAGE", "a change of weights needs --reason, three characters or more");
  const globals = globalsOf(command);
  const client = await connect(globals);
  const body = { weights, reason, by: whoAsks(), ...(dryRun ? { dryRun } : {}) };
  const done = (await client.patch(pathOf(service), body, ifMatch ?? (await look(client, service)).etag)) as Done;
  const gateways = done.isDryRun ? done.gateways : await settled(client, done);
  const told = gateways.map((gateway) => ({ ...gateway, hasApplied: hasApplied(gateway, done.fence) }));
  print(globals, { ...done, gateways: told }, [
    done.isDryRun ? "would do:" : "done:",
    ...done.lines.map((line) => `  ${line}`),
    ...(gateways.length === 0 ? [noGateway] : []),
    ...(done.isDryRun ? [] : told.map(appliedLine)),
  ]);
}

/** The gateways once all have applied it, or when they have had time enough. It is done in any case: nothing here may fail. */
async function settled(client: ArbiterClient, done: Done): Promise<Weights["gateways"]> {
  const until = performance.now() + patienceMs;
  let { gateways } = done;
  while (!gateways.every((gateway) => hasApplied(gateway, done.fence)) && performance.now() < until) {
    await sleep(lookEveryMs);
    gateways = await look(client, done.service).then(
      (seen) => seen.gateways,
      () => gateways,
    );
  }
  return gateways;
}

const appliedLine = (gateway: Weights["gateways"][number] & { readonly hasApplied: boolean }): string =>
  gateway.hasApplied
    ? `${gateway.gateway} (${gateway.site}) has applied it: ${gateway.fence}`
    : `${gateway.gateway} (${gateway.site}) has NOT applied it within ${patienceMs / 1000} s: ${gateway.fence ?? "not heard of"}`;
