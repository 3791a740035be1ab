import { errorCodes, SluiceError } from "@sluice/core";
import { type Answer, type Ask, errorOf, request } from "@sluice/runtime";

/** What came of asking one arbiter. Whoever is silent may be dead, paused, cut off, or no arbiter at all. */
export type Outcome = {
  readonly url: string;
} & (
  | { readonly kind: "answer"; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: "problem"; readonly error: SluiceError }
  | { readonly kind: "silent"; readonly error: SluiceError }
);

type Asking = {
  readonly ask: Omit<Ask, "url" | "signal"> & { readonly path: string };
  /** How long others may take once one has answered. Unit: milliseconds. */
  readonly graceMs: number;
  /** An outcome that ends the wait at once. */
  readonly isEnough: (outcome: Outcome) => boolean;
  readonly signal?: AbortSignal;
};

/**
 * Asks every arbiter at once, and waits until one answers well enough, all have, or the grace after the first answer is
 * over. So a hung arbiter costs the grace and not its time-out. Those not waited for count as silent.
 */
export async function askAll(urls: readonly string[], asking: Asking): Promise<readonly Outcome[]> {
  const over = new AbortController();
  const { signal } = asking;
  const end = (): void => over.abort();
  signal?.addEventListener("abort", end, { once: true });
  if (signal?.aborted) end();
  const outcomes: Outcome[] = [];
  let grace: NodeJS.Timeout | undefined;
  const { path, ...ask } = asking.ask;
  const asked = urls.map(async (url) => {
    const outcome = await askOne({ ...ask, url: `${url}${path}`, signal: over.signal }, url);
    if (over.signal.aborted) return;
    outcomes.push(outcome);
    if (asking.isEnough(outcome)) return end();
    if (outcome.kind !== "silent") grace ??= setTimeout(end, asking.graceMs);
  });
  await Promise.race([Promise.all(asked), aborted(over.signal)]);
  clearTimeout(grace);
  end();
  signal?.removeEventListener("abort", end);
  signal?.throwIfAborted();
  return [
    ...outcomes,
    ...urls.filter((url) => !outcomes.some((each) => each.url === url)).map(unheard(asking.graceMs)),
  ];
}

const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

const unheard =
  (graceMs: number) =>
  (url: string): Outcome => ({
    url,
    kind: "silent",
    error: new SluiceError("TIMEOUT", `${url} did not answer within ${graceMs} ms of another`, { transient: true }),
  });

/** One request. Never rejects for what an arbiter or the network does. */
export async function askOne(ask: Ask, url: string): Promise<Outcome> {
  try {
    return outcomeOf(url, await request(ask));
  } catch (error) {
    if (error instanceof SluiceError) return { url, kind: "silent", error };
    if (ask.signal?.aborted) return unheard(0)(url);
    throw error;
  }
}

function outcomeOf(url: string, answer: Answer): Outcome {
  const { status, body } = answer;
  const fields = typeof body === "object" && body !== null && !Array.isArray(body) ? body : undefined;
  if (status < 300 && fields) return { url, kind: "answer", body: fields as Readonly<Record<string, unknown>> };
  const isProblem = fields !== undefined && Object.hasOwn(errorCodes, String((fields as { code?: unknown }).code));
  if (status >= 400 && isProblem) return { url, kind: "problem", error: errorOf(answer) };
  const strange = new SluiceError("UNREACHABLE", `${url} answers, with status ${status}, but not as an arbiter does`, {
    hint: "Is that the address of an arbiter, and is there a proxy before it?",
  });
  return { url, kind: "silent", error: strange };
}
