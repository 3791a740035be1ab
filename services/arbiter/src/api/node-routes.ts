import { EnvelopeSchema } from "@sluice/contract";
import type { ArbiterContext } from "../context.ts";
import { described } from "./describe.ts";
import type { ArbiterHttp } from "./http.ts";
import { keysetRoutes } from "./keyset-routes.ts";
import { Envelope, ReportReply, Suspicions } from "./reply-schemas.ts";
import { ConfigQuery, SnapshotQuery, SuspicionsQuery, waitMaxMs, whole0 } from "./schemas.ts";

/** Room for the 50,000 votes that a report may hold, at some 130 bytes each. Unit: bytes. */
const reportBytesMax = 8 * 1024 * 1024;
const node = { access: "node" } as const;

/** What agents and data planes ask. Reports carry their own proof; reading needs the node token. */
export function nodeRoutes(app: ArbiterHttp, context: ArbiterContext): void {
  app.after(() => {
    reportRoute(app, context);
    suspicionsRoute(app, context);
    snapshotRoute(app, context);
    configRoute(app, context);
    keysetRoutes(app, context);
  });
}

const words = {
  report: {
    operationId: "sendReport",
    summary: "An agent's signed votes",
    description:
      "Each reply brings a nonce for the next report. A report that isn't proven to be its agent's is a problem document; " +
      "one that is, but is too old or made for another arbiter, is answered `refused` with a nonce.",
  },
  suspicions: {
    operationId: "getSuspicions",
    summary: "What other agents began to suspect",
    description: "A long poll. Without `after` it answers at once, with the cursor alone.",
  },
  snapshot: {
    operationId: "getSnapshot",
    summary: "The signed snapshot that this arbiter hands out",
    description: "A long poll. Its `after` also tells the arbiter what the node serves.",
  },
  config: { operationId: "getSignedConfig", summary: "The configuration in force, signed by this arbiter" },
} as const;

function reportRoute(app: ArbiterHttp, context: ArbiterContext): void {
  const schema = { body: EnvelopeSchema, ...described("report", words.report, { schema: ReportReply }) };
  app.post("/v1/reports", { config: { access: "open" }, schema, bodyLimit: reportBytesMax }, (request) => {
    const { config, configRevision } = context.keeper.durable();
    const reply = context.ballots.take(request.body, config);
    return { ...reply, configRevision };
  });
}

function suspicionsRoute(app: ArbiterHttp, context: ArbiterContext): void {
  const schema = { querystring: SuspicionsQuery, ...described("node", words.suspicions, { schema: Suspicions }) };
  app.get("/v1/suspicions", { config: node, schema }, (request) => {
    const { agent, after, waitMs } = request.query;
    const at = { after: whole0(after, Number.MAX_SAFE_INTEGER), waitMs: whole0(waitMs, waitMaxMs) };
    return context.board.read(agent, { ...at, signal: context.signal });
  });
}

function snapshotRoute(app: ArbiterHttp, context: ArbiterContext): void {
  const answer = { schema: Envelope, orNone: "There is none newer than `after`." };
  const schema = { querystring: SnapshotQuery, ...described("node", words.snapshot, answer) };
  app.get("/v1/snapshot", { config: node, schema }, async (request, reply) => {
    const { node: name, after, waitMs } = request.query;
    const { installation } = context.keeper.durable();
    const [epoch, sequence] = (after ?? "").split(".").map(Number);
    const fence = epoch === undefined || sequence === undefined ? undefined : { installation, epoch, sequence };
    if (fence) context.acknowledge(name, fence);
    const at = { after: fence, waitMs: whole0(waitMs, waitMaxMs), signal: context.signal };
    return (await context.desk.read(at)) ?? reply.code(204).send();
  });
}

function configRoute(app: ArbiterHttp, context: ArbiterContext): void {
  const answer = { schema: Envelope, orNone: "`after` is the revision in force, or a later one." };
  const schema = { querystring: ConfigQuery, ...described("node", words.config, answer) };
  app.get("/v1/config", { config: node, schema }, (request, reply) => {
    const { config, configRevision } = context.keeper.durable();
    const { after } = request.query;
    if (after !== undefined && Number(after) >= configRevision) return reply.code(204).send();
    return context.signer.sign("config", { revision: configRevision, config });
  });
}
