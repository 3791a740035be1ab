/** Suspicions on their way from one agent to the others, in the order they arrive. `targets` is a bit for each. */
export interface Mail {
  post(from: number, targets: number, now: number): void;
  nextAt(): number;
  take(): { readonly from: number; readonly targets: number };
}

/**
 * Each of three arbiters passes a suspicion on. The first to arrive starts a look; the second, some milliseconds later, asks
 * for another, which comes a quarter of an interval after; the third changes nothing any more. So there are two to carry.
 */
const delaysMs = [1, 4];

export function makeMail(): Mail {
  const routes = delaysMs.map((delayMs) => ({ delayMs, waiting: [] as Letter[] }));
  const first = (): (typeof routes)[number] | undefined =>
    routes.reduce((one, other) => ((other.waiting[0]?.at ?? never) < (one.waiting[0]?.at ?? never) ? other : one));
  return {
    post(from, targets, now) {
      for (const { delayMs, waiting } of routes) waiting.push({ from, targets, at: now + delayMs });
    },
    nextAt: () => first()?.waiting[0]?.at ?? never,
    take: () => first()?.waiting.shift() ?? { from: -1, targets: 0 },
  };
}

const never = Number.POSITIVE_INFINITY;

type Letter = { readonly from: number; readonly targets: number; readonly at: number };
