import { SluiceError } from "@sluice/core";
import type { ArbiterContext } from "../context.ts";
import { explain } from "../explain.ts";
import { whyNotReady } from "../lease-turn.ts";
import { statusOf, type View } from "../status.ts";
import type { ArbiterHttp } from "./http.ts";
import { EventsQuery, NameParams, whole0 } from "./schemas.ts";

const waitMaxMs = 30_000;
const decisionsMax = 200;

/** What operators may look at. A follower answers too, from the same votes, and says that it follows. */
export function readRoutes(app: ArbiterHttp, context: ArbiterContext): void {
  app.get("/readyz", { config: { access: "open" } }, (_request, reply) => {
    const because = whyNotReady(context);
    return because === undefined ? { status: "ok" } : reply.code(503).send({ status: because });
  });
  app.get("/v1/status", {}, () => statusOf(viewOf(context)));
  app.get("/v1/explain/:name", { schema: { params: NameParams } }, async (request) => {
    const { config, configRevision } = context.keeper.durable();
    const wanted = request.params.name.replace(/\.$/, "").toLowerCase();
    const service = config.services.find((entry) => entry.name === wanted || entry.host.toLowerCase() === wanted);
    if (!service) {
      const hint = `Known: ${config.services.map((entry) => entry.name).join(", ")}`;
      throw new SluiceError("NOT_FOUND", `no service is called ${wanted}`, { hint });
    }
    const ballots = context.ballots.count(config, configRevision);
    const decisions = await context.store.decisions(decisionsMax);
    return explain(
      { ...viewOf(context), ballots, decisions, voteOf: (agent, target) => context.ballots.voteOf(agent, target) },
      service,
    );
  });
  app.get("/v1/events", { schema: { querystring: EventsQuery } }, async (request) => {
    const { after, limit, waitMs } = request.query;
    const at = {
      after: after === undefined ? undefined : whole0(after, Number.MAX_SAFE_INTEGER),
      limit: whole0(limit ?? "100", 1_000),
      waitMs: whole0(waitMs, waitMaxMs),
    };
    return { events: await context.journal.read({ ...at, signal: context.signal }) };
  });
  app.get("/v1/config/current", {}, () => {
    const { config, configRevision } = context.keeper.durable();
    return { revision: configRevision, config };
  });
}

function viewOf(context: ArbiterContext): View {
  const durable = context.keeper.durable();
  return {
    arbiter: context.name,
    isLeading: context.loop.isLeading(),
    leader: context.leadership.seen(),
    durable,
    watch: context.loop.watch(),
    now: context.clock.wallMs(),
    whyNotCounted: (agent) => context.ballots.whyNotCounted(agent, durable.config, durable.configRevision),
    acknowledged: context.desk.acknowledged(),
  };
}
