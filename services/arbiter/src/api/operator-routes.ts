import { randomUUID } from "node:crypto";
import { checkConfig, configBytesMax } from "@sluice/contract";
import { type Ask, type Command, type CommandResult, epochMs, type Override, SluiceError } from "@sluice/core";
import type { ArbiterContext } from "../context.ts";
import type { ArbiterHttp } from "./http.ts";
import {
  ApplyBody,
  DoneReply,
  EvacuateBody,
  FailbackBody,
  FailoverBody,
  OverrideBody,
  ServiceParams,
  SiteParams,
  UndoBody,
} from "./schemas.ts";

type Asked = {
  readonly reason: string;
  readonly by?: string;
  readonly overrideRules?: readonly string[];
  readonly dryRun?: boolean;
};

const dayMs = 86_400_000;
/** Unit: bytes. The largest configuration that is accepted anywhere, with room for what stands around it. */
const applyBytesMax = configBytesMax + 65_536;

/** What operators may ask for. Each is one command to the leader's next cycle, answered when it is committed. */
export function operatorRoutes(app: ArbiterHttp, context: ArbiterContext): void {
  const response = { 200: DoneReply };
  app.post(
    "/v1/services/:name/failover",
    { schema: { params: ServiceParams, body: FailoverBody, response } },
    (request) =>
      carryOut(context, request.body, { kind: "failover", service: request.params.name, to: request.body.to }),
  );
  app.post("/v1/failback", { schema: { body: FailbackBody, response } }, (request) => {
    const { service } = request.body;
    return carryOut(context, request.body, { kind: "failback", ...(service === undefined ? {} : { service }) });
  });
  app.post("/v1/sites/:site/evacuate", { schema: { params: SiteParams, body: EvacuateBody, response } }, (request) => {
    const override = makeOverride(context, request.body, { kind: "drain", site: request.params.site });
    return carryOut(context, request.body, { kind: "set-override", override });
  });
  app.post("/v1/overrides", { schema: { body: OverrideBody, response } }, (request) => {
    const { kind, service, site } = request.body;
    const problem = whyNotShaped(request.body);
    if (problem !== undefined) throw new SluiceError("BODY_INVALID", problem);
    const what = { kind, ...(service === undefined ? {} : { service }), ...(site === undefined ? {} : { site }) };
    return carryOut(context, request.body, {
      kind: "set-override",
      override: makeOverride(context, request.body, what),
    });
  });
  app.post("/v1/undo", { schema: { body: UndoBody, response } }, (request) =>
    carryOut(context, request.body, undoAsk(context, request.body)),
  );
  app.put("/v1/config", { bodyLimit: applyBytesMax, schema: { body: ApplyBody, response } }, (request) => {
    const checked = checkConfig(request.body.config);
    if (checked.kind === "invalid") {
      throw new SluiceError("CONFIG_INVALID", "the configuration has problems; nothing was changed", {
        problems: checked.problems,
      });
    }
    const { revisionBefore } = request.body;
    return carryOut(context, request.body, { kind: "apply-config", config: checked.config, revisionBefore });
  });
}

async function carryOut(context: ArbiterContext, asked: Asked, ask: Ask) {
  const isDryRun = asked.dryRun ?? false;
  const command: Command = {
    id: randomUUID(),
    by: asked.by ?? "operator",
    reason: asked.reason,
    overrideRules: asked.overrideRules ?? [],
    isDryRun,
    ask,
  };
  if (!context.loop.isLeading()) throw notLeading(context);
  const result = await context.submit(command);
  if (result.kind === "refused") throw refusalError(result);
  const id = ask.kind === "set-override" ? ask.override.id : null;
  return { isDryRun, lines: [...result.lines], sequences: [...result.sequences], id };
}

function notLeading(context: ArbiterContext): SluiceError {
  const leader = context.leadership.seen()?.holder;
  const hint = leader
    ? `Ask ${leader}: it leads as far as is known.`
    : "Nobody leads at the moment; try again in some seconds.";
  return new SluiceError("NOT_LEADER", "this arbiter does not lead", { hint, transient: true });
}

function refusalError(refused: Extract<CommandResult, { kind: "refused" }>): SluiceError {
  const { code, because, hint, rule } = refused;
  return new SluiceError(code, because, {
    ...(hint === undefined ? {} : { hint }),
    ...(rule === undefined ? {} : { rule }),
  });
}

function makeOverride(
  context: ArbiterContext,
  asked: Asked & { readonly forMs?: number },
  what: Pick<Override, "kind" | "service" | "site">,
): Override {
  const setAt = context.clock.wallMs();
  const until = epochMs(setAt + (asked.forMs ?? dayMs));
  return { id: randomUUID().slice(0, 8), ...what, setAt, until, by: asked.by ?? "operator", reason: asked.reason };
}

function whyNotShaped(body: { kind: Override["kind"]; service?: string; site?: string }): string | undefined {
  if (body.kind === "pin" && (body.service === undefined || body.site === undefined))
    return "a pin needs a service and a site";
  if (body.kind === "drain" && body.site === undefined) return "a drain needs a site";
  if (body.kind === "freeze" && body.site !== undefined) return "a freeze has no site: it stops automatic moves";
  return undefined;
}

/** An override by its id, a service's last move, or else the override that was set last. */
function undoAsk(context: ArbiterContext, body: { service?: string; override?: string }): Ask {
  if (body.override !== undefined) return { kind: "end-override", id: body.override };
  if (body.service !== undefined) return { kind: "undo", service: body.service };
  const last = context.keeper.durable().overrides.at(-1);
  if (!last)
    throw new SluiceError("NOTHING_TO_DO", "no override stands", { hint: "Name a service to undo its last move." });
  return { kind: "end-override", id: last.id };
}
