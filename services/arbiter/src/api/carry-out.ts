import { randomUUID } from "node:crypto";
import { type Ask, type Command, type CommandResult, SluiceError } from "@sluice/core";
import type { ArbiterContext } from "../context.ts";

/** What every operator's request carries. */
export type Asked = {
  readonly reason: string;
  readonly by?: string;
  readonly overrideRules?: readonly string[];
  readonly dryRun?: boolean;
};

/** Gives one command to the leader's next cycle; answers when it is committed, or says why nothing was done. */
export async function carryOut(context: ArbiterContext, asked: Asked, ask: Ask) {
  const isDryRun = asked.dryRun ?? false;
  const command: Command = {
    id: randomUUID(),
    by: asked.by ?? "operator",
    reason: asked.reason,
    overrideRules: asked.overrideRules ?? [],
    isDryRun,
    ask,
  };
  if (!context.loop.isLeading()) throw notLeading(context);
  const result = await context.submit(command);
  if (result.kind === "refused")
    throw result.code === "NOT_LEADER" ? notLeading(context) : refusalError(context, result);
  const id = ask.kind === "set-override" ? ask.override.id : null;
  return { isDryRun, lines: [...result.lines], sequences: [...result.sequences], id };
}

function notLeading(context: ArbiterContext): SluiceError {
  const leader = context.leadership.seen()?.holder;
  const url = context.keeper.durable().config.arbiters.find(({ name }) => name === leader)?.url;
  const isOther = leader !== undefined && leader !== context.name;
  const hint = isOther
    ? `Ask ${leader}${url === undefined ? "" : ` at ${url}`}: it leads as far as is known here.`
    : "Nobody leads at the moment; try again in some seconds.";
  return new SluiceError("NOT_LEADER", "this arbiter does not lead", { hint, transient: true });
}

function refusalError(context: ArbiterContext, refused: Refused): SluiceError {
  const { code, because, rule } = refused;
  const hint = refused.hint ?? whatToDo(context, refused);
  return new SluiceError(code, because, {
    ...(hint === undefined ? {} : { hint }),
    ...(rule === undefined ? {} : { rule }),
  });
}

type Refused = Extract<CommandResult, { kind: "refused" }>;

/** The core says what is wrong; what there is instead, the door can tell. */
function whatToDo(context: ArbiterContext, { code }: Refused): string | undefined {
  if (code === "NOTHING_TO_DO") return "Nothing needs to be done. See `sluice status`.";
  if (code !== "NOT_FOUND") return undefined;
  const { config, overrides } = context.keeper.durable();
  const names = (list: readonly { readonly name: string }[]): string =>
    list.map(({ name }) => name).join(", ") || "none";
  const ids = overrides.map(({ id }) => id).join(", ") || "none";
  return `Services: ${names(config.services)}. Sites: ${names(config.sites)}. Overrides: ${ids}.`;
}
