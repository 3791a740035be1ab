import { SluiceError } from "@sluice/core";
import type { Command } from "commander";
import { parseDuration } from "../duration.ts";
import { connect, globalsOf, print } from "../session.ts";
import { whoAsks } from "../who-asks.ts";

type AskOptions = {
  readonly reason: string;
  readonly dryRun?: boolean;
  readonly overrideRule?: string[];
  readonly for?: string;
};
type Done = { readonly isDryRun: boolean; readonly lines: readonly string[]; readonly id: string | null };

/** failover, evacuate, failback, drain, pin, freeze and undo: an operator's word to the leader. */
export function operateCommands(program: Command): void {
  asking(program.command("failover <service>"))
    .description("move a service to another site, planned or not")
    .requiredOption("--to <site>", "where to")
    .action((service: string, options: AskOptions & { to: string }, command: Command) =>
      ask(command, `/v1/services/${encodeURIComponent(service)}/failover`, { to: options.to }),
    );
  asking(program.command("evacuate <site>"))
    .description("take all traffic away from a site")
    .option("--for <duration>", "until it ends by itself: 90s, 15m, 2h, 1d", "1d")
    .action((site: string, _options: AskOptions, command: Command) =>
      ask(command, `/v1/sites/${encodeURIComponent(site)}/evacuate`, {}),
    );
  asking(program.command("failback [service]"))
    .description("bring a service, or all that are away, home and readmit the site")
    .option("--in-steps", "1 % first, then 5, 20, 50 and 100, each once the last went well; it stops on trouble")
    .action((service: string | undefined, options: AskOptions & { inSteps?: true }, command: Command) =>
      ask(command, "/v1/failback", {
        ...(service === undefined ? {} : { service }),
        ...(options.inSteps ? { inSteps: true } : {}),
      }),
    );
  override(program, "drain <site>", "take a site out of one service, or of all")
    .option("--service <service>", "only this service")
    .action((site: string, options: { service?: string }, command: Command) =>
      ask(command, "/v1/overrides", {
        kind: "drain",
        site,
        ...(options.service === undefined ? {} : { service: options.service }),
      }),
    );
  pinCommand(program);
  override(program, "freeze [service]", "stop automatic moves of one service, or of all").action(
    (service: string | undefined, _options: AskOptions, command: Command) =>
      ask(command, "/v1/overrides", { kind: "freeze", ...(service === undefined ? {} : { service }) }),
  );
  asking(program.command("undo [id]"))
    .description("end an override by its id (the last one by default), or undo a service's last move")
    .option("--service <service>", "undo the last operator's move of this service")
    .action((id: string | undefined, options: { service?: string }, command: Command) => {
      const what = id === undefined ? {} : { override: id };
      return ask(command, "/v1/undo", options.service === undefined ? what : { service: options.service });
    });
}

function pinCommand(program: Command): void {
  override(program, "pin <service>", "hold a service at a site, or all its users in a channel, whatever happens there")
    .option("--to <site>", "the site; or give --channel, or both")
    .option("--channel <channel>", "the channel that gateways send everybody to who doesn't ask for a variant")
    .action((service: string, options: { to?: string; channel?: string }, command: Command) => {
      const { to, channel } = options;
      if (to === undefined && channel === undefined) throw new SluiceError("USAGE", "a pin needs --to or --channel");
      const what = { ...(to === undefined ? {} : { site: to }), ...(channel === undefined ? {} : { channel }) };
      return ask(command, "/v1/overrides", { kind: "pin", service, ...what });
    });
}

function asking(command: Command): Command {
  return command
    .requiredOption("--reason <text>", "why; it goes into the audit record")
    .option("--dry-run", "say what would be done, and do nothing")
    .option("--override-rule <rule...>", "a floor that is knowingly crossed: last-serving-site, healthy-home");
}

const override = (program: Command, usage: string, about: string): Command =>
  asking(program.command(usage))
    .description(about)
    .option("--for <duration>", "until it ends by itself: 90s, 15m, 2h, 1d", "1d");

async function ask(command: Command, path: string, what: Record<string, unknown>): Promise<void> {
  const globals = globalsOf(command);
  const options = command.opts<AskOptions>();
  if (options.reason.trim().length < 3) throw new SluiceError("USAGE", "--reason needs at least three characters");
  const client = await connect(globals);
  const body = {
    ...what,
    reason: options.reason,
    by: whoAsks(),
    ...(options.dryRun ? { dryRun: true } : {}),
    ...(options.overrideRule ? { overrideRules: options.overrideRule } : {}),
    ...(options.for === undefined ? {} : { forMs: parseDuration(options.for) }),
  };
  const done = (await client.send("POST", path, body)) as Done;
  const head = done.isDryRun ? "would do:" : "done:";
  const lines =
    done.lines.length > 0 ? done.lines.map((line) => `  ${line}`) : ["  nothing changes for what is served"];
  print(globals, done, [
    head,
    ...lines,
    ...(done.id === null || done.isDryRun
      ? []
      : [`override ${done.id}; end it with: pnpm sluice undo ${done.id} --reason …`]),
  ]);
}
