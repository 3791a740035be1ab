import { formatDate, type JournalEntry, SluiceError, sentence } from "@sluice/core";
import { sleep, stopSignal } from "@sluice/runtime";
import type { Command } from "commander";
import type { ArbiterClient } from "../arbiter-client.ts";
import { exitCodeOf, exitCodes } from "../exit-codes.ts";
import { connect, type GlobalOptions, globalsOf, print } from "../session.ts";

export type EventsOptions = { readonly follow?: boolean; readonly after?: number; readonly limit: number };

/** Unit: milliseconds. */
const followWaitMs = 10_000;
const retryAfterMs = 1_000;
const pageMax = 1_000;

/** Prints the last events, or those after an id; with `follow` whatever comes, through a change of leaders too. */
export async function events(command: Command, options: EventsOptions): Promise<void> {
  const globals = globalsOf(command);
  const client = await connect(globals);
  const { after, limit } = options;
  const first = await page(client, `limit=${limit}${after === undefined ? "" : `&after=${after}`}`);
  show(globals, first);
  if (options.follow) await follow(client, globals, first.at(-1)?.id ?? after ?? 0);
}

async function follow(client: ArbiterClient, globals: GlobalOptions, from: number): Promise<void> {
  const signal = stopSignal();
  let last = from;
  let isAway = false;
  while (!signal.aborted) {
    try {
      const more = await page(client, `limit=${pageMax}&after=${last}&waitMs=${followWaitMs}`, signal);
      isAway = false;
      show(globals, more);
      last = more.at(-1)?.id ?? last;
    } catch (error) {
      if (signal.aborted) return;
      // An election, or a database that is away, passes; a token that is wrong doesn't.
      if (!(error instanceof SluiceError) || exitCodeOf(error.code) !== exitCodes.unreachable) throw error;
      if (!isAway) globals.terminal.err.write(`${error.code}: ${error.message}; trying again …\n`);
      isAway = true;
      await sleep(retryAfterMs, signal);
    }
  }
}

async function page(client: ArbiterClient, query: string, signal?: AbortSignal): Promise<readonly JournalEntry[]> {
  const answer = await client.get(`/v1/events?${query}`, signal === undefined ? {} : { signal });
  return (answer as { readonly events: readonly JournalEntry[] }).events;
}

function show(globals: GlobalOptions, entries: readonly JournalEntry[]): void {
  for (const entry of entries) {
    const { id, at, event } = entry;
    print(globals, entry, [`${id}  ${formatDate(at)}  ${event.kind}  ${sentence(event)}`]);
  }
}
