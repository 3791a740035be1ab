import { EnvelopeSchema } from "@sluice/contract";
import type { ArbiterContext } from "../context.ts";
import type { ArbiterHttp } from "./http.ts";
import { ConfigQuery, SnapshotQuery, SuspicionsQuery, whole0 } from "./schemas.ts";

const waitMaxMs = 30_000;
/** Room for the 10,000 votes that a report may hold, at some 130 bytes each. Unit: bytes. */
const reportBytesMax = 2 * 1024 * 1024;

/** What agents and data planes ask. Reports carry their own proof; reading needs the node token. */
export function nodeRoutes(app: ArbiterHttp, context: ArbiterContext): void {
  const report = { config: { access: "open" }, schema: { body: EnvelopeSchema }, bodyLimit: reportBytesMax } as const;
  app.post("/v1/reports", report, (request) => {
    const { config, configRevision } = context.keeper.durable();
    const reply = context.ballots.take(request.body, config);
    return { ...reply, configRevision, keysetVersion: context.keyring.keyset.version };
  });
  app.get("/v1/suspicions", { config: { access: "node" }, schema: { querystring: SuspicionsQuery } }, (request) => {
    const { agent, after, waitMs } = request.query;
    const at = {
      after: whole0(after, Number.MAX_SAFE_INTEGER),
      waitMs: whole0(waitMs, waitMaxMs),
      signal: context.signal,
    };
    return context.board.read(agent, at);
  });
  app.get(
    "/v1/snapshot",
    { config: { access: "node" }, schema: { querystring: SnapshotQuery } },
    async (request, reply) => {
      const { node, after, waitMs } = request.query;
      const { installation } = context.keeper.durable();
      const [epoch, sequence] = (after ?? "").split(".").map(Number);
      const fence = epoch === undefined || sequence === undefined ? undefined : { installation, epoch, sequence };
      if (fence) context.acknowledge(node, fence);
      const envelope = await context.desk.read({
        after: fence,
        waitMs: whole0(waitMs, waitMaxMs),
        signal: context.signal,
      });
      return envelope ?? reply.code(204).send();
    },
  );
  app.get("/v1/config", { config: { access: "node" }, schema: { querystring: ConfigQuery } }, (request, reply) => {
    const { config, configRevision } = context.keeper.durable();
    if (request.query.after !== undefined && Number(request.query.after) >= configRevision)
      return reply.code(204).send();
    return context.signer.sign("config", { revision: configRevision, config });
  });
  app.get("/v1/keyset", { config: { access: "node" } }, () => context.keyring.envelope);
}
