/** One request of a spike, in the order they were asked. */
export type Asked = {
  readonly startedAtMs: number;
  readonly isPost: boolean;
  /** Answered with 200. */
  readonly isGood: boolean;
  /** Of the backend that answered; empty when none did. */
  readonly site: string;
};

/** So many in a row say that it has moved: a second's worth. Later looks at whether the first site is well again are no way back. */
const inARow = 50;

/** From the first failed request (or the first at all, when none failed) to the first of those that the other site answered. */
export function judgeSpike(
  asked: readonly Asked[],
  to: string,
): { readonly movedMs: number | undefined; readonly failed: number; readonly failedPosts: number } {
  const first = asked.find(({ isGood }) => !isGood) ?? asked[0];
  const failed = asked.filter(({ isGood }) => !isGood);
  let run = 0;
  const last = asked.findIndex(({ isGood, site }) => {
    run = isGood && site === to ? run + 1 : 0;
    return run === inARow;
  });
  const moved = last === -1 ? undefined : asked[last - inARow + 1];
  return {
    movedMs: first && moved ? Math.max(0, moved.startedAtMs - first.startedAtMs) : undefined,
    failed: failed.length,
    failedPosts: failed.filter(({ isPost }) => isPost).length,
  };
}
