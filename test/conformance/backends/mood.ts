/** How a backend fares at the moment; `{}` is well. What is set composes: refuse, hang, latency, cut, failing. */
export type Mood = {
  /** Nobody listens, and the connections that stood are reset. */
  readonly refuse?: boolean;
  /** Takes requests and says nothing, until the mood changes; then it goes on as the new mood has it. */
  readonly hang?: boolean;
  /** Wait before an answer, or before a stream's first event. Unit: milliseconds. */
  readonly afterMs?: number;
  /** Reads the request to its end and closes the connection without a word. */
  readonly cut?: boolean;
  /** HTTP/2 only: refuses the stream before it did anything (RFC 9113 §8.7), so a retry is safe. */
  readonly refuseStream?: boolean;
  readonly failing?: Failing;
};

export type Failing = {
  /** Spread evenly and not drawn, so that 20 % of 100 requests are 20. */
  readonly share: number;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** What a gRPC call gets instead. Default 14, UNAVAILABLE. */
  readonly grpcStatus?: number;
};

/** The mood that holds, and who waits for another one. */
export interface MoodRing {
  current(): Mood;
  set(mood: Mood): void;
  /** Waits as long as the mood says; answers how to fail, or undefined to go on. Rejects when the signal aborts. */
  endure(signal: AbortSignal): Promise<Failing | undefined>;
}

export function makeMoodRing(): MoodRing {
  let mood: Mood = {};
  let changed = Promise.withResolvers<void>();
  let asked = 0;

  function isTurnToFail({ share }: Failing): boolean {
    asked += 1;
    return Math.floor(asked * share + 1e-9) > Math.floor((asked - 1) * share + 1e-9);
  }

  return {
    current: () => mood,
    set(next) {
      mood = next;
      asked = 0;
      changed.resolve();
      changed = Promise.withResolvers();
    },
    async endure(signal) {
      // Drawn at arrival: how long earlier requests are held must not change who fails.
      const failing = mood.failing !== undefined && isTurnToFail(mood.failing) ? mood.failing : undefined;
      while (mood.hang === true) await either(changed.promise, signal);
      if (mood.afterMs !== undefined) await pause(mood.afterMs, signal);
      return failing;
    },
  };
}

function either(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason);
    if (signal.aborted) return leave();
    signal.addEventListener("abort", leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
    return undefined;
  });
}

/** Waits; rejects when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const leave = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", leave);
      resolve();
    }, ms);
    signal.addEventListener("abort", leave, { once: true });
    return undefined;
  });
}
