import assert from "node:assert/strict";
import { type Event, type EventKind, type JournalEntry, SluiceError } from "@sluice/core";
import type { PollChange, ServerPoll } from "@sluice/lab";
import { type Answer, request } from "@sluice/runtime";
import { openParts, type Parts } from "./open-world.ts";
import { until } from "./until.ts";
import type { WorldShape } from "./world-config.ts";

/** A whole installation, and what a scenario does and asks. */
export interface World {
  readonly parts: Parts;
  /** The model servers of a site stop, or start again. */
  stopModels(site: string): Promise<void>;
  startModels(site: string): Promise<void>;
  /** Waits until every living nameserver answers with just these sites. */
  answers(...sites: readonly string[]): Promise<void>;
  /** Waits until some nameserver has answered something else, or `cycles` more cycles have passed; fails if one has. */
  staysFor(cycles: number): Promise<void>;
  /** The status as the arbiter tells it. */
  status(): Promise<Status>;
  /** Waits until the status is so. */
  untilStatus(what: string, isSo: (status: Status) => boolean): Promise<Status>;
  /** Events of a kind in the journal, oldest first. */
  events<K extends EventKind>(kind: K): Promise<readonly Extract<Event, { kind: K }>[]>;
  /** An operator's request; answers status and body. */
  operate(method: "POST" | "PUT", path: string, body: object): Promise<Answer>;
  get(path: string): Promise<Answer>;
  /** Brings the service home; asks again while a vantage that stalled on a busy machine leaves home unproven for a moment. */
  failback(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export type Status = {
  readonly isLeading: boolean;
  readonly epoch: number;
  readonly fence: string | null;
  readonly vantages: readonly { readonly agent: string; readonly isFresh: boolean; readonly because: string | null }[];
  readonly services: readonly {
    readonly situation: string;
    readonly served: string;
    readonly base: string;
    readonly isForced: boolean;
    readonly held: string | null;
    readonly brakes: readonly {
      readonly rule: string;
      readonly because: string;
      readonly until: number | null;
      readonly isHolding: boolean;
    }[];
    readonly standby: readonly {
      readonly site: string;
      readonly isReady: boolean;
      readonly health: string;
      readonly isQuarantined: boolean;
    }[];
  }[];
  readonly nameservers: readonly { readonly isCurrent: boolean }[];
  readonly overrides: readonly { readonly id: string; readonly kind: string }[];
};

/** Opens a world with everything running and the first site serving. */
export async function openWorld(shape: WorldShape): Promise<World> {
  const parts = await openParts(shape);
  try {
    await parts.startArbiter();
    await Promise.all(parts.config.nameservers.map(({ site }) => parts.startNameserver(site)));
    await Promise.all(parts.config.agents.map(({ site }) => parts.startAgent(site)));
    const world = makeWorld(parts);
    await world.untilStatus("all vantages fresh, all standbys ready", isReadyBut(shape.loading ?? []));
    parts.startPoll();
    await world.answers(shape.sites[0] ?? "");
    return world;
  } catch (error) {
    await parts.close();
    throw error;
  }
}

const isReadyBut =
  (loading: readonly string[]) =>
  (status: Status): boolean =>
    status.vantages.every((vantage) => vantage.isFresh) &&
    status.nameservers.every((nameserver) => nameserver.isCurrent) &&
    status.services.every(
      ({ situation, standby }) =>
        (situation === "serving" || loading.length > 0) &&
        standby.every(({ site, isReady }) => isReady || loading.includes(site)),
    );

function noAnswerYet(error: unknown): undefined {
  if (!(error instanceof SluiceError && error.transient)) throw error;
}

function makeWorld(parts: Parts): World {
  const url = parts.config.arbiters[0]?.url ?? "";
  const ask = (method: "GET" | "POST" | "PUT", path: string, body?: object): Promise<Answer> =>
    request({ url: `${url}${path}`, method, token: parts.operatorToken, timeoutMs: 5_000, ...(body ? { body } : {}) });
  const status = async (): Promise<Status> => (await ask("GET", "/v1/status")).body as Status;
  const world: World = {
    parts,
    stopModels: async (site) => parts.models.get(site)?.setFaults({ refuse: true }),
    startModels: async (site) => parts.models.get(site)?.setFaults({}),
    answers: async (...sites) => {
      await until(`every nameserver answers ${sites.join(", ")}; now ${nowSaid(parts)}`, () =>
        living(parts).every((server) => lastSites(server) === sites.join("+")) ? true : undefined,
      );
    },
    async staysFor(cycles) {
      const before = nowSaid(parts);
      const begun = await cyclesOf(world);
      await until(`${cycles} more cycles`, async () =>
        nowSaid(parts) !== before || (await cyclesOf(world)) >= begun + cycles ? true : undefined,
      );
      assert.equal(nowSaid(parts), before);
    },
    status,
    untilStatus: (what, isSo) =>
      until(what, async () => {
        // A machine that stands still for seconds gives no answer in time, and is asked again.
        const seen = await status().catch(noAnswerYet);
        return seen && isSo(seen) ? seen : undefined;
      }),
    async events(kind) {
      const { events } = (await ask("GET", "/v1/events?after=0&limit=1000")).body as { events: JournalEntry[] };
      return events.map((entry) => entry.event).filter((event) => event.kind === kind) as never;
    },
    operate: (method, path, body) => ask(method, path, body),
    get: (path) => ask("GET", path),
    async failback() {
      await until("failback is done", async () => {
        const { status, body } = await ask("POST", "/v1/failback", { reason: "site a is back" });
        if (status !== 200) assert.equal((body as { rule?: string }).rule, "healthy-home", JSON.stringify(body));
        return status === 200 || undefined;
      });
    },
    async [Symbol.asyncDispose]() {
      // Whatever a scenario is about: no nameserver ever gave an empty or a failed answer.
      const faults = parts.polled().filter(({ counts }) => counts.empty + counts.servfail > 0);
      await parts.close();
      assert.deepEqual(faults, [], "a nameserver gave an empty or a failed answer");
    },
  };
  return world;
}

const living = (parts: Parts): readonly ServerPoll[] =>
  parts
    .polled()
    .filter((server) =>
      parts.config.nameservers.some((entry) => entry.name === server.server && parts.nameservers.has(entry.site)),
    );

const lastSites = (server: ServerPoll): string => {
  const last = server.changes.findLast((change: PollChange) => change.kind === "answers");
  return last?.kind === "answers" ? last.sites.join("+") : "nothing";
};

const nowSaid = (parts: Parts): string =>
  living(parts)
    .map((server) => `${server.server} ${lastSites(server)}`)
    .join(", ");

/** How often the arbiter's loop has turned. */
async function cyclesOf(world: World): Promise<number> {
  const { body } = await world.get("/metrics");
  return Number(/^sluice_arbiter_cycle_seconds_count (\d+)/m.exec(String(body))?.[1] ?? 0);
}
