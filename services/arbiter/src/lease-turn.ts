import { type ArbiterConfig, type Config, majority, promiseTiming } from "@sluice/core";
import type { ArbiterContext } from "./context.ts";
import { isCalm, makeGivingWay } from "./give-way.ts";
import { whyNotSign } from "./key-watch.ts";
import { unlessTransient } from "./pen.ts";

/** One turn at the lease: bid, renew or give way; a follower keeps its world warm, a leader writes what its journal holds. */
export function makeLeaseTurn(
  context: ArbiterContext,
  isReady: (arbiter: ArbiterConfig) => Promise<boolean>,
): () => Promise<void> {
  const { keeper, leadership, clock, name } = context;
  const preferred = () => keeper.durable().config.arbiters.slice(0, rankOf(keeper.durable().config, name) ?? 0);
  const givingWay = makeGivingWay({ preferred, isReady });
  return async () => {
    await context.failsafe.load();
    const unsigned = whyNotSign(context);
    await leadership.tick(unsigned === undefined && hasMajority(context));
    context.metrics.failsafeEntries.set(context.failsafe.kept());
    const held = leadership.held();
    if (!held) return keepWarm(context);
    if (unsigned !== undefined) return leadership.resign(unsigned);
    if (leadership.isFailsafe()) return undefined;
    if (!(await context.journal.flush(held.epoch))) leadership.doubtStore();
    if (preferred().length === 0 || !context.loop.isLeading()) return undefined;
    const world = { durable: keeper.durable(), watch: context.loop.watch() };
    const better = await givingWay.look(clock.monotonicMs(), isCalm(world, clock.wallMs()));
    if (better !== undefined) await leadership.resign(`${better} is preferred and ready`);
    return undefined;
  };
}

/** The arbiter's place among those configured, 0 preferred; undefined when it is not one of them. */
export const rankOf = (config: Config, name: string): number | undefined => {
  const at = config.arbiters.findIndex((arbiter) => arbiter.name === name);
  return at < 0 ? undefined : at;
};

/** Without fresh votes from a majority of domains an arbiter doesn't lead: it may be the one that is cut off. */
function hasMajority(context: Pick<ArbiterContext, "keeper" | "ballots">): boolean {
  const { config, configRevision } = context.keeper.durable();
  const freshDomains = context.ballots.freshDomains(config, configRevision);
  const votes = config.electorate.filter((domain) => freshDomains.includes(domain)).length;
  return votes >= majority(config.electorate.length);
}

async function keepWarm({ keeper }: ArbiterContext): Promise<void> {
  await keeper.refresh().catch(unlessTransient);
}

/** Why this arbiter could not take the lead now, or undefined: what a preferred one is asked before others give way to it. */
export function whyNotReady(
  context: Pick<ArbiterContext, "keeper" | "ballots" | "leadership" | "clock" | "failsafe" | "keyring" | "signer">,
): string | undefined {
  const unsigned = whyNotSign(context);
  if (unsigned !== undefined) return unsigned;
  const seenAt = context.leadership.lastSeenAt();
  if (seenAt === undefined || context.clock.monotonicMs() - seenAt > promiseTiming.silentMs)
    return "the store has not answered lately";
  const promised = context.failsafe.promised();
  if (promised) return `it has promised ${promised.leader} not to take the lease`;
  return hasMajority(context) ? undefined : "too few fresh vantages";
}
