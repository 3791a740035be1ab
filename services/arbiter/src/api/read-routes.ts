import { SluiceError } from "@sluice/core";
import type { ArbiterContext } from "../context.ts";
import { explain } from "../explain.ts";
import { whyNotReady } from "../lease-turn.ts";
import { statusOf, type View } from "../status.ts";
import { described, shareSchemas } from "./describe.ts";
import { Events } from "./event-schemas.ts";
import type { ArbiterHttp } from "./http.ts";
import { ConfigReply, Ready } from "./reply-schemas.ts";
import { EventsQuery, NameParams, whole0 } from "./schemas.ts";
import { Explained, Status } from "./status-schemas.ts";

const waitMaxMs = 30_000;
const decisionsMax = 200;

/** What operators may look at. A follower answers too, from the same votes, and says that it follows. */
export function readRoutes(app: ArbiterHttp, context: ArbiterContext): void {
  app.after(() => {
    shareSchemas(app);
    readyRoute(app, context);
    app.get("/v1/status", { schema: described("look", words.status, { schema: Status }) }, () =>
      statusOf(viewOf(context)),
    );
    explainRoute(app, context);
    eventsRoute(app, context);
    const schema = described("look", words.config, { schema: ConfigReply });
    app.get("/v1/config/current", { schema }, () => {
      const { config, configRevision } = context.keeper.durable();
      return { revision: configRevision, config };
    });
  });
}

const words = {
  ready: {
    operationId: "getReady",
    summary: "Whether this arbiter could take the lead now",
    description: "Arbiters ask a preferred one before they give way to it.",
  },
  status: {
    operationId: "getStatus",
    summary: "What matters at night: who leads, fresh vantages, each service's site, its standby",
    description: "Followers answer too, from the same votes; `isLeading` says who does.",
  },
  explain: {
    operationId: "explainName",
    summary: "What a service or host name is answered, and why",
    description: "From the votes up to the last decision.",
  },
  events: {
    operationId: "getEvents",
    summary: "What happened, in order",
    description: "A long poll with `after` and `waitMs`. Without `after`: the newest entries.",
  },
  config: { operationId: "getConfig", summary: "The configuration in force" },
} as const;

function readyRoute(app: ArbiterHttp, context: ArbiterContext): void {
  const schema = described("open", words.ready, { schema: Ready, orNot: "It could not; `status` says why." });
  app.get("/readyz", { config: { access: "open" }, schema }, (_request, reply) => {
    const because = whyNotLead(context);
    return because === undefined ? { status: "ok" } : reply.code(503).send({ status: because } as never);
  });
}

function explainRoute(app: ArbiterHttp, context: ArbiterContext): void {
  const answer = { schema: Explained, errors: ["NOT_FOUND", "STORE_UNAVAILABLE"] } as const;
  const schema = { params: NameParams, ...described("look", words.explain, answer) };
  app.get("/v1/explain/:name", { schema }, async (request) => {
    const { config, configRevision } = context.keeper.durable();
    const wanted = request.params.name.replace(/\.$/, "").toLowerCase();
    const service = config.services.find((entry) => entry.name === wanted || entry.host.toLowerCase() === wanted);
    if (!service) {
      const known = config.services.map(({ name, host }) => `${name} (${host})`).join(", ");
      const hint = `Known: ${known || "none"}.`;
      throw new SluiceError("NOT_FOUND", `no service is called ${wanted}, nor has that host`, { hint });
    }
    const ballots = context.ballots.count(config, configRevision);
    // In failsafe the store can't be asked, and what was decided since is here.
    const decisions = context.leadership.isFailsafe()
      ? context.failsafe.decisions()
      : await context.store.decisions(decisionsMax);
    const voteOf = context.ballots.voteOf.bind(context.ballots);
    return explain({ ...viewOf(context), ballots, decisions, voteOf }, service);
  });
}

function eventsRoute(app: ArbiterHttp, context: ArbiterContext): void {
  const answer = { schema: Events, errors: ["STORE_UNAVAILABLE"] } as const;
  const schema = { querystring: EventsQuery, ...described("look", words.events, answer) };
  app.get("/v1/events", { schema }, async (request) => {
    const { after, limit, waitMs } = request.query;
    const at = {
      after: after === undefined ? undefined : whole0(after, Number.MAX_SAFE_INTEGER),
      limit: whole0(limit ?? "100", 1_000),
      waitMs: whole0(waitMs, waitMaxMs),
    };
    return { events: await context.journal.read({ ...at, signal: context.signal }) };
  });
}

/** Of who leads nobody need ask whether it could; it also hears of its lease less often than a follower. */
const whyNotLead = (context: ArbiterContext): string | undefined =>
  context.loop.isLeading() ? undefined : whyNotReady(context);

function viewOf(context: ArbiterContext): View {
  const durable = context.keeper.durable();
  return {
    arbiter: context.name,
    isLeading: context.loop.isLeading(),
    isFailsafe: context.leadership.isFailsafe(),
    failsafeEntries: context.failsafe.kept(),
    whyNotReady: whyNotLead(context),
    leader: context.leadership.seen(),
    durable,
    watch: context.loop.watch(),
    now: context.clock.wallMs(),
    whyNotCounted: (agent) => context.ballots.whyNotCounted(agent, durable.config, durable.configRevision),
    acknowledged: context.desk.acknowledged(),
  };
}
