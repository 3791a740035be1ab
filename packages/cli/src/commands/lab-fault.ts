import { SluiceError } from "@sluice/core";
import { type Faults, type FaultWhom, layoutOf, needLab, setFaults } from "@sluice/lab";
import { sleep, stopSignal } from "@sluice/runtime";
import type { Command } from "commander";
import { parseDuration } from "../duration.ts";
import { type FaultOptions, faultsOf } from "../faults.ts";
import { type GlobalOptions, globalsOf, print } from "../session.ts";

type Options = FaultOptions & {
  readonly site?: string;
  readonly channel?: string;
  readonly for?: string;
  readonly clear?: boolean;
};

/** lab fault: what is wrong with model servers from now on, or for a while. */
export function faultCommand(lab: Command): void {
  lab
    .command("fault [who]")
    .description("give a model server, or those of a site and channel, a fault; without one, heal them")
    .option("--site <site>", "the model servers of this site")
    .option("--channel <channel>", "of them, those of this channel")
    .option("--status <code>", "answer this status")
    .option("--rate <share>", "to this share of requests, 0 to 1", "1")
    .option("--latency <ms>", "wait before each answer")
    .option("--hang", "accept and never answer")
    .option("--refuse", "stop listening")
    .option("--missing-model", "list no model and serve none")
    .option("--stream-error <chunks>", "break streams after this many chunks")
    .option("--alternate", "answer well and badly in turn")
    .option("--for <duration>", "heal them after that, and stay until then; Ctrl-C heals too")
    .option("--clear", "heal them")
    .action((who: string | undefined, options: Options, command: Command) => run(command, who, options));
}

async function run(command: Command, who: string | undefined, options: Options): Promise<void> {
  const globals = globalsOf(command);
  const faults = faultsOf(options);
  const whom = whomOf(who, options);
  const isFaulty = Object.keys(faults).length > 0;
  if (options.clear && (isFaulty || options.for !== undefined))
    throw new SluiceError("USAGE", "--clear heals, and a fault or --for is given too", { hint: "Leave one out." });
  if (options.for !== undefined && !isFaulty)
    throw new SluiceError("USAGE", "--for is given, and no fault to last so long");
  const forMs = options.for === undefined ? undefined : parseDuration(options.for);
  await needLab(globals.dir);
  const layout = layoutOf(globals.dir);
  const signal = stopSignal();
  const servers = await setFaults(layout, whom, faults);
  if (forMs === undefined) return tell(globals, servers, faults);
  globals.terminal.err.write(`${servers.join(", ")}: ${JSON.stringify(faults)} for ${options.for}\n`);
  await sleep(forMs, signal);
  await setFaults(layout, whom, {});
  tell(globals, servers, {});
}

function whomOf(who: string | undefined, { site, channel }: Options): FaultWhom {
  if (who !== undefined && site !== undefined)
    throw new SluiceError("USAGE", "both a name and --site are given", { hint: "Leave one out." });
  const name = who ?? site;
  if (name === undefined)
    throw new SluiceError("USAGE", "it is not said whom to give the fault", { hint: "Give --site." });
  return { name, ...(channel === undefined ? {} : { channel }) };
}

function tell(globals: GlobalOptions, servers: readonly string[], faults: Faults): void {
  const what = Object.keys(faults).length === 0 ? "healed" : JSON.stringify(faults);
  print(globals, { servers, faults }, [`${servers.join(", ")}: ${what}`]);
}
