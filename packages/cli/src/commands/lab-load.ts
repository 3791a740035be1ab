import { readConfigFile } from "@sluice/contract";
import { SluiceError } from "@sluice/core";
import { layoutOf, loadTarget, needLab, startLoad } from "@sluice/lab";
import { sleep, stopSignal } from "@sluice/runtime";
import type { Command } from "commander";
import { parseDuration } from "../duration.ts";
import { servedLines } from "../load/served-lines.ts";
import { watchLoad } from "../load/watch-load.ts";
import { globalsOf, print } from "../session.ts";
import { wholeNumber } from "../whole-number.ts";

type Options = {
  readonly rps: number;
  readonly service?: string;
  readonly users: number;
  readonly stream: number;
  readonly grpc?: boolean;
  readonly for: string;
  readonly gateway?: string;
};

/** lab load: requests to the gateways, as clients send them, and who served what. */
export function loadCommand(lab: Command): void {
  lab
    .command("load")
    .description("send requests to the gateways as clients do, and show who serves what")
    .option("--rps <number>", "requests a second", wholeNumber(1, 2_000), 50)
    .option("--service <service>", "the service that is asked; default: the first")
    .option(
      "--users <number>",
      "so many users, who ask four requests of five; 0: nobody is named",
      wholeNumber(0, 1_000_000),
      100,
    )
    .option("--stream <share>", "this share of requests are streams, 0 to 1", share, 0.2)
    .option("--grpc", "a quarter of the others are gRPC calls")
    .option("--for <duration>", "how long: 90s, 15m; Ctrl-C ends it earlier", "60s")
    .option(
      "--gateway <name>",
      "always this gateway, or the one of this site; default: where the name leads, by its TTL",
    )
    .action((options: Options, command: Command) => run(command, options));
}

function share(text: string): number {
  const value = Number(text);
  if (/^\d(\.\d{1,6})?$/.test(text) && value <= 1) return value;
  throw new SluiceError("USAGE", `--stream: ${text} is no share`, { hint: "Write 0, 0.2 or 1." });
}

async function run(command: Command, options: Options): Promise<void> {
  const globals = globalsOf(command);
  const forMs = parseDuration(options.for);
  await needLab(globals.dir);
  const config = await readConfigFile(layoutOf(globals.dir).config);
  const service = options.service ?? config.services[0]?.name ?? "";
  const target = loadTarget(config, service, options.gateway);
  const stop = new AbortController();
  const signal = AbortSignal.any([stopSignal(), stop.signal]);
  const watch = watchLoad(globals.terminal.err);
  const { rps, users, stream: streamShare, grpc = false } = options;
  const from = performance.now();
  const load = startLoad({ ...target, rps, users, streamShare, grpc, onExchange: watch.note, signal });
  const shown = watch.show(load, signal);
  await sleep(forMs, signal);
  const ranForMs = Math.round(performance.now() - from);
  stop.abort();
  await Promise.all([load.ended, shown]);
  const done = { service, host: target.host, ranForMs, heldBack: load.heldBack(), ...watch.total() };
  const held = done.heldBack > 0 ? [`${done.heldBack} were not sent: too many were under way`] : [];
  print(globals, done, ["", ...servedLines(done), ...held]);
}
