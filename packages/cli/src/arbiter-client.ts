import { SluiceError } from "@sluice/core";
import { errorOf, request } from "@sluice/runtime";

/** The arbiters' API, as the command line uses it: every arbiter is tried in turn, so losing one costs an operator nothing. */
export interface ArbiterClient {
  /** From any arbiter that answers; the leader's answer is preferred for `status`. */
  get(path: string): Promise<unknown>;
  /** From the leader: followers refuse, and the next one is asked. */
  send(method: "POST" | "PUT", path: string, body: unknown): Promise<unknown>;
}

const timeoutMs = 5_000;
const bytesMax = 32 * 1024 * 1024;

export function makeArbiterClient(urls: readonly string[], token: string): ArbiterClient {
  async function each(method: "GET" | "POST" | "PUT", path: string, body?: unknown): Promise<unknown> {
    let last: SluiceError | undefined;
    for (const url of urls) {
      try {
        const waitMs = Number(new URLSearchParams(path.split("?")[1]).get("waitMs") ?? 0);
        const answer = await request({
          url: `${url}${path}`,
          method,
          token,
          bytesMax,
          timeoutMs: timeoutMs + waitMs,
          ...(body === undefined ? {} : { body }),
        });
        if (answer.status < 300) return answer.body;
        const problem = errorOf(answer);
        if (problem.code !== "NOT_LEADER") throw problem;
        last = problem;
      } catch (error) {
        if (!(error instanceof SluiceError) || !error.transient) throw error;
        last ??= error;
      }
    }
    if (last?.code === "NOT_LEADER") {
      throw new SluiceError("NO_LEADER", "arbiters answer, but none of them leads", {
        hint: "A new leader is elected within 13 s. See `pnpm sluice status`: too few fresh vantages, or no database?",
      });
    }
    const hint = "Is the lab running? Start it with `pnpm start`, or give --arbiters.";
    throw new SluiceError("UNREACHABLE", `none of ${urls.join(", ")} answered`, { hint, cause: last });
  }
  return { get: (path) => each("GET", path), send: (method, path, body) => each(method, path, body) };
}
