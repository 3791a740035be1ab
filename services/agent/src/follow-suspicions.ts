import { type ArbiterConfig, SluiceError, type TargetKey } from "@sluice/core";
import { type Answer, request, sleep } from "@sluice/runtime";

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
      const askedAt = performance.now();
      const news = newsOf(await request({ url, token: deps.token, timeoutMs: waitMs + 3_000, signal }));
      if (!news) throw new SluiceError("UNREACHABLE", `${deps.arbiter.name} gave no suspicions`, { transient: true });
      // Whoever answers at once that there is nothing isn't waiting, and must not be asked in a tight loop.
      const isEmpty = news.cursor === cursor && news.targets.length === 0;
      if (isEmpty && performance.now() - askedAt < pauseMs) await sleep(pauseMs, signal);
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

type News = { readonly cursor: number; readonly targets: readonly TargetKey[] };

function newsOf({ status, body }: Answer): News | undefined {
  if (status !== 200 || typeof body !== "object" || body === null) return undefined;
  const { cursor, targets } = body as Readonly<Record<string, unknown>>;
  if (typeof cursor !== "number" || !Number.isSafeInteger(cursor) || cursor < 0 || !Array.isArray(targets))
    return undefined;
  return { cursor, targets: targets.filter((target): target is string => typeof target === "string") };
}
