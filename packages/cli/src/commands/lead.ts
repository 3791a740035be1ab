import { SluiceError } from "@sluice/core";
import type { Command } from "commander";
import type { ArbiterClient } from "../arbiter-client.ts";
import { connect, globalsOf, print } from "../session.ts";
import type { Status } from "../status.ts";
import { whoAsks } from "../who-asks.ts";

type Done = { readonly lines: readonly string[] };

/** lead: the one command that goes to an arbiter by its name, since it is for when nobody leads. */
export function leadCommand(program: Command): void {
  program
    .command("lead <arbiter>")
    .description("let an arbiter take the lead though too few vantages are fresh")
    .requiredOption("--reason <text>", "why; it goes into the audit record")
    .action(async (arbiter: string, options: { reason: string }, command: Command) => {
      if (options.reason.trim().length < 3) throw new SluiceError("USAGE", "--reason needs at least three characters");
      const globals = globalsOf(command);
      const client = await connect(globals);
      const url = await urlOf(client, arbiter);
      const done = (await client.sendTo(url, "/v1/lead", { reason: options.reason, by: whoAsks() })) as Done;
      print(globals, done, [
        "done:",
        ...done.lines.map((line) => `  ${line}`),
        "look whether it leads with: pnpm sluice status",
      ]);
    });
}

/** Where that arbiter answers. While somebody leads nothing is to be forced: two leads asked for are one too many. */
async function urlOf(client: ArbiterClient, arbiter: string): Promise<string> {
  const outcomes = await client.askEach("/v1/status");
  const answers = outcomes.flatMap((outcome) =>
    outcome.kind === "answer" ? [{ url: outcome.url, status: outcome.body as unknown as Status }] : [],
  );
  const leader = answers.find(({ status }) => status.isLeading);
  if (leader)
    throw new SluiceError("USAGE", `${leader.status.arbiter} leads: nothing was changed`, {
      hint: "This is for when too few vantages are fresh, and nobody leads. Look at `sluice status`.",
    });
  const found = answers.find(({ status }) => status.arbiter === arbiter);
  if (found) return found.url;
  const problem = outcomes.find((outcome) => outcome.kind === "problem");
  if (answers.length === 0 && problem) throw problem.error;
  const known = answers.map(({ status }) => status.arbiter).join(", ");
  throw new SluiceError("NOT_FOUND", `no arbiter ${arbiter} answers`, {
    hint: known === "" ? "None does. Give --arbiters, or start one." : `These do: ${known}.`,
  });
}
