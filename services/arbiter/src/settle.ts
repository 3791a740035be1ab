import type { Config, Event, Found } from "@sluice/core";
import type { ArbiterContext } from "./context.ts";
import type { KeyWatch } from "./key-watch.ts";

type Settling = Pick<
  ArbiterContext,
  "clock" | "keeper" | "leadership" | "journal" | "failsafe" | "desk" | "name" | "keyring"
> & {
  /** Asks everybody else what they hold. */
  readonly findServed: (config: Config) => Promise<readonly Found[]>;
  readonly keys: KeyWatch;
};

const settleEveryMs = 2_000;

/**
 * Before a new leader's first write: what is served out there, and is it newer than the store? And what was done in failsafe comes
 * into the store, under an epoch that nobody had before. False while that is open.
 */
export function makeSettling(parts: Settling): (epoch: number) => Promise<boolean> {
  const { clock, keeper, leadership, journal, failsafe, desk } = parts;
  let askedAt: number | undefined;
  let told = "";
  let settledTerm = 0;
  /** An adoption that is not told of yet: what comes after it may fail, and the next time nothing is newer any more. */
  let untold: Event | undefined;

  /** An operator must choose; until then it looks again now and then, and says it once. */
  function wait(event: Extract<Event, { kind: "diverged" }>): false {
    askedAt = clock.monotonicMs();
    if (told !== event.detail) journal.note([event]);
    told = event.detail;
    return false;
  }

  const isRevoked = (keyId: string): boolean => parts.keyring.standing(keyId) === "revoked";

  /** A store that lost its past may give out an epoch that served before, and only our own term's was never another's. */
  function isAbove(epoch: number, isKept: boolean): boolean {
    const highest = keeper.durable().snapshot?.fence.epoch ?? 0;
    return highest < epoch || (isKept && highest === epoch && leadership.terms() === settledTerm);
  }

  return async (epoch) => {
    if (askedAt !== undefined && clock.monotonicMs() - askedAt < settleEveryMs) return false;
    await keeper.refresh();
    const own = desk.current();
    const found = [
      ...(await parts.findServed(keeper.durable().config)),
      ...failsafe.found(),
      ...(own
        ? [
            {
              from: parts.name,
              snapshot: own.snapshot,
              ...(isRevoked(own.envelope.keyId) ? { isRevoked: true as const } : {}),
            },
          ]
        : []),
    ];
    const good = found.filter((each) => !each.isRevoked);
    const adopt = () => {
      const outcome = keeper.adopt(good);
      if (outcome.kind === "adopted") untold = outcome.event;
      return outcome;
    };
    let adopted = adopt();
    if (adopted.kind === "diverged") return wait(adopted.event);
    const above = parts.keys.standsInTheWay(found, epoch);
    const highest = Math.max(keeper.durable().snapshot?.fence.epoch ?? 0, above ?? 0);
    const isFree = above === undefined && isAbove(epoch, adopted.kind === "kept");
    if (!isFree && !(await leadership.raise(highest))) return false;
    const held = leadership.held()?.epoch ?? 0;
    const mayWrite = (): boolean => leadership.held()?.epoch === held && leadership.whyNotWrite() === undefined;
    const wrote = await failsafe.run(keeper.durable(), { epoch: held, mayWrite });
    if (wrote === "refused") return false;
    if (wrote === "written") {
      await keeper.refresh();
      adopted = adopt();
    }
    if (adopted.kind === "diverged") return wait(adopted.event);
    if (untold) journal.note([untold]);
    untold = undefined;
    settledTerm = leadership.terms();
    parts.keys.settled();
    return true;
  };
}
