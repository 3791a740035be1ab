import { compareFence, formatFence, policySites, type ServiceConfig, type SiteName, type Snapshot } from "@sluice/core";
import { setSite } from "./faults/sites.ts";
import { draw } from "./scenario/draw.ts";
import { isBroken, runCarefully, type Stage } from "./simulate.ts";
import type { World } from "./world.ts";

/** Time for a database to come back, a leader to be elected and votes to be cast anew. Unit: milliseconds. */
const recoverMs = 40_000;
/** What the leader publishes is everywhere by then. Unit: milliseconds. */
const spreadMs = 1_000;
/** One who gives way is followed within this time. Unit: milliseconds. */
const handOverMs = 2_000;
/** A site that dies among healthy ones is out of all answers by then: 30 s, and 13 s for an election. Unit: milliseconds. */
const deadlineMs = 43_000;

/** Everything heals; then one site dies, and after it another, and each must be left in time. */
export async function ending(world: World, stage: Stage): Promise<void> {
  world.isHealing = true;
  world.say(() => "everything that is broken is mended");
  stage.schedule.healAll();
  world.network.healAll();
  for (const actor of [...stage.cast.arbiters, ...stage.cast.agents, ...stage.cast.nodes])
    if (!actor.process.isUp()) actor.start();
  for (let left = recoverMs; left > 0 && !isBroken(world); left -= 5_000) {
    stage.operator.letGo();
    await runCarefully(world, 5_000);
  }
  if (isBroken(world)) return;
  await checkAgreement(stage, "after everything healed");
  world.checks.ended(await stage.cast.database.decisions());
  if (isBroken(world)) return;
  const serving = world.config.sites
    .filter(({ addresses, role }) => role === "serving" && addresses.length > 0)
    .map(({ name }) => name);
  const first = draw.one(world.kernel.chance("ending"), serving);
  const revive = await checkDeath(stage, first);
  if (isBroken(world) || draw.isTrue(world.kernel.chance("ending once"), 0.5)) return;
  revive();
  await runCarefully(world, 3_000);
  const second = serving.find((site) => site !== first);
  if (second !== undefined && !isBroken(world)) await checkDeath(stage, second);
  if (!isBroken(world)) await checkAgreement(stage, "at the end");
}

/** One leader, and every node at the head of the store, or where the head was a moment ago: automation may move at any time. */
async function checkAgreement(stage: Stage, when: string): Promise<void> {
  const { world, arbiters, cast } = stage;
  const { tallies } = world.checks;
  const headNow = (): Snapshot | undefined =>
    arbiters
      .find((arbiter) => arbiter.isLeading())
      ?.context()
      .keeper.durable().snapshot;
  const before = headNow();
  await runCarefully(world, spreadMs);
  if (isBroken(world)) return;
  // A leader may be giving way to the preferred one in this very moment.
  if (!headNow()) await runCarefully(world, handOverMs);
  if (isBroken(world)) return;
  const leaders = arbiters.filter((arbiter) => arbiter.isLeading());
  tallies.demand(
    "I27",
    leaders.length === 1,
    () => `${when} ${leaders.length} arbiters lead: ${leaders.map(({ process }) => process.name).join(", ")}`,
  );
  for (const node of cast.nodes) {
    const held = node.snapshot();
    const isSame = [before, headNow()].some((head) => head !== undefined && isLike(held, head));
    const isBetween = before !== undefined && held !== undefined && compareFence(held.fence, before.fence) === "newer";
    const what = (): string =>
      `${when} ${node.process.name} serves ${held ? formatFence(held.fence) : "nothing"}, and the leader has ${before ? formatFence(before.fence) : "nothing"}`;
    tallies.demand("I20", isSame || isBetween, what);
    tallies.demand("I23", isSame || isBetween, what);
  }
}

const isLike = (held: Snapshot | undefined, head: Snapshot): boolean => JSON.stringify(held) === JSON.stringify(head);

async function checkDeath(stage: Stage, site: SiteName): Promise<() => void> {
  const { world } = stage;
  const revive = setSite(world, site, draw.isTrue(world.kernel.chance(`ending ${site}`), 0.5) ? "refusing" : "silent");
  await runCarefully(world, deadlineMs);
  if (isBroken(world)) return revive;
  for (const node of stage.cast.nodes)
    for (const service of world.config.services)
      checkLeft(world, { service, site, node, isRamping: isRamping(stage, service) });
  return revive;
}

type Left = {
  readonly service: ServiceConfig;
  readonly site: SiteName;
  readonly node: Stage["cast"]["nodes"][number];
  readonly isRamping: boolean;
};

/** On its way home it is answered at two sites, as a weighted service always is. */
function isRamping({ arbiters }: Stage, { name }: ServiceConfig): boolean {
  const leader = arbiters.find((arbiter) => arbiter.isLeading());
  return leader?.context().keeper.durable().services[name]?.ramp !== undefined;
}

function checkLeft({ checks, config }: World, { service, site, node, isRamping: isOnTheWay }: Left): void {
  // Where a site without an address is next in line, the floor holds everything where it is.
  if (config.sites.some(({ addresses }) => addresses.length === 0)) return;
  const choices = node.snapshot()?.services.find((entry) => entry.service === service.name)?.choices ?? [];
  const living = policySites(service.policy).filter((entry) => entry !== site);
  const served = choices.filter(({ share }) => share > 0).map((choice) => choice.site);
  if (living.length === 0) return;
  // A second site within 10 minutes is left only by services that have nothing healthy left in their answers.
  const isLeft =
    served.some((entry) => living.includes(entry)) &&
    (service.policy.kind === "weighted" || isOnTheWay || !served.includes(site));
  checks.tallies.demand(
    "I27",
    isLeft,
    () => `${site} is dead, and ${node.process.name} still answers ${service.name} with ${served.join("+")}`,
  );
}
