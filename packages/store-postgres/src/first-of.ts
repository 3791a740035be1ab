/**
 * Tries one way after another until one succeeds: the next begins when one fails, or has taken so long that it may be dead. Those
 * that succeed too late are given back. When all fail, the first one's error is the one to tell: it was the likeliest way.
 */
export function firstOf<T>(
  ways: readonly (() => Promise<T>)[],
  patienceMs: number,
  giveBack: (late: T) => void,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const errors: unknown[] = [];
  let [begun, failed] = [0, 0];
  let isOver = false;

  function begin(): void {
    const index = begun;
    const way = ways[index];
    if (!way || isOver) return;
    begun += 1;
    const timer = setTimeout(begin, patienceMs);
    way().then(
      (value) => {
        clearTimeout(timer);
        if (isOver) return giveBack(value);
        isOver = true;
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        errors[index] = error;
        failed += 1;
        if (failed < ways.length) return begin();
        isOver = true;
        reject(errors[0]);
      },
    );
  }

  begin();
  return promise;
}
