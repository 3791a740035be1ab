import { runToEnd } from "../../peers/child.ts";
import { peer } from "../../peers/peer.ts";
import { type Address, serviceHost } from "./addresses.ts";
import type { Measured } from "./rounds.ts";

/** The client: one thread of h2load, for so long, and what else it is to do. */
export type Load = {
  readonly to: Address;
  readonly path: string;
  readonly seconds: number;
  readonly warmUpMs: number;
  readonly flags: readonly string[];
};

/** Requests a second. Void when an answer wasn't 2xx or didn't come. */
export async function requestRate({ to, path, seconds, warmUpMs, flags }: Load): Promise<Measured> {
  const { code, stdout, stderr } = await runToEnd(peer("h2load").path ?? "h2load", [
    "-t",
    "1",
    "-D",
    String(seconds),
    `--warm-up-time=${warmUpMs}ms`,
    ...flags,
    // The Host header comes from the URL, so the address has to come from elsewhere.
    `--connect-to=${to.host}:${to.port}`,
    `http://${serviceHost}${path}`,
  ]);
  return code === 0 ? readRate(stdout) : { kind: "void", because: `h2load ended with ${code}: ${stderr.trim()}` };
}

/** From what h2load prints at its end. What was under way then is no failure: it counts those as started and not done. */
export function readRate(printed: string): Measured {
  const rate = Number(/^finished in [\d.]+\w+, ([\d.]+) req\/s/m.exec(printed)?.[1] ?? Number.NaN);
  const count = (what: string): number => Number(new RegExp(`(\\d+) ${what}\\b`).exec(printed)?.[1] ?? 0);
  const because = ["failed", "errored", "timeout", "3xx", "4xx", "5xx"]
    .filter((what) => count(what) > 0)
    .map((what) => `${count(what)} ${what}`);
  if (because.length > 0) return { kind: "void", because: because.join(", ") };
  return rate > 0 && count("2xx") > 0 ? { kind: "measured", value: rate } : { kind: "void", because: "no answers" };
}

/** What `--log-file` holds: start in µs since the epoch, status, µs until the end. In milliseconds, those of the warm-up left out. */
export function readLog(text: string, warmUpMs: number): { readonly tookMs: readonly number[]; readonly bad: number } {
  const rows = text.split("\n").flatMap((line) => {
    const [startUs, status, tookUs] = line.split("\t").map(Number);
    return startUs && tookUs !== undefined ? [{ startUs, status: status ?? 0, tookUs }] : [];
  });
  const first = rows.reduce((least, { startUs }) => Math.min(least, startUs), Infinity);
  const counted = rows.filter(({ startUs }) => startUs >= first + warmUpMs * 1_000);
  return {
    tookMs: counted.map(({ tookUs }) => tookUs / 1_000),
    bad: rows.filter(({ status }) => status < 200 || status > 299).length,
  };
}
