import { type ArbiterConfig, SluiceError, type TargetKey } from "@sluice/core";
import { request, sleep } from "@sluice/runtime";

const waitMs = 10_000;
const pauseMs = 500;

/** Hears from one arbiter what other agents have begun to suspect, by long poll, for ever. */
export async function followSuspicions(
  deps: {
    readonly agent: string;
    readonly arbiter: ArbiterConfig;
    readonly token: string;
    readonly onSuspicion: (targets: readonly TargetKey[]) => void;
  },
  signal: AbortSignal,
): Promise<void> {
  let cursor = 0;
  while (!signal.aborted) {
    try {
      const url = `${deps.arbiter.url}/v1/suspicions?agent=${encodeURIComponent(deps.agent)}&after=${cursor}&waitMs=${waitMs}`;
      const answer = await request({ url, token: deps.token, timeoutMs: waitMs + 3_000, signal });
      if (answer.status !== 200)
        throw new SluiceError("UNREACHABLE", `${deps.arbiter.name} answered ${answer.status}`, { transient: true });
      const news = answer.body as { readonly cursor: number; readonly targets: readonly TargetKey[] };
      cursor = news.cursor;
      if (news.targets.length > 0) deps.onSuspicion(news.targets);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof SluiceError)) throw error;
      // An arbiter that restarted counts from the beginning again.
      cursor = 0;
      await sleep(pauseMs, signal);
    }
  }
}
