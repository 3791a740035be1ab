import { type Exchange, type Load, makeServed, type ServedTable } from "@sluice/lab";
import { repeat, systemClock } from "@sluice/runtime";
import type { Screen } from "../terminal.ts";
import { servedLine, servedLines } from "./served-lines.ts";

/** Keeps what a load brings, and shows it while it goes on. */
export interface LoadWatch {
  readonly note: (exchange: Exchange) => void;
  /** Shows the last seconds once a second until the signal: a table drawn over itself, or a line a second. */
  show(load: Load, signal: AbortSignal): Promise<void>;
  total(): ServedTable;
}

const showEveryMs = 1_000;
/** Long enough that 50 requests a second have a p95 worth the name, short enough that a move is seen at once. */
const recentMs = 5_000;

export function watchLoad(screen: Screen): LoadWatch {
  const total = makeServed();
  const beganAt = systemClock.monotonicMs();
  let recent: Exchange[] = [];
  let drawn = 0;

  function draw(load: Load): void {
    const now = systemClock.monotonicMs();
    recent = recent.filter(({ endedAt }) => endedAt > now - recentMs);
    const served = makeServed();
    for (const exchange of recent) served.note(exchange);
    if (screen.isTTY !== true) return void screen.write(`${servedLine(now - beganAt, served.table())}\n`);
    const lines = [
      `after ${Math.round((now - beganAt) / 1000)} s, the last ${recentMs / 1000} s (${load.inFlight()} under way)`,
      ...servedLines(served.table()),
    ];
    // Up to where it began, and clear from there: a table that has grown shorter leaves nothing behind.
    screen.write(`${drawn > 0 ? `\u001b[${drawn}A\u001b[J` : ""}${lines.join("\n")}\n`);
    drawn = lines.length;
  }

  return {
    note(exchange) {
      total.note(exchange);
      recent.push(exchange);
    },
    show: (load, signal) =>
      repeat({ everyMs: showEveryMs, signal, onError: () => undefined }, async () => {
        if (recent.length > 0) draw(load);
      }),
    total: () => total.table(),
  };
}
