import { randomUUID } from "node:crypto";
import { checkConfig, configBytesMax } from "@sluice/contract";
import { type Ask, epochMs, type Override, SluiceError, sentence } from "@sluice/core";
import type { ArbiterContext } from "../context.ts";
import { type Asked, carryOut } from "./carry-out.ts";
import { described } from "./describe.ts";
import type { ArbiterHttp } from "./http.ts";
import { Done } from "./reply-schemas.ts";
import {
  ApplyBody,
  EvacuateBody,
  FailbackBody,
  FailoverBody,
  LeadBody,
  OverrideBody,
  ServiceParams,
  SiteParams,
  UndoBody,
} from "./schemas.ts";

const dayMs = 86_400_000;
/** Unit: bytes. The largest configuration that is accepted anywhere, with room for what stands around it. */
const applyBytesMax = configBytesMax + 65_536;

/** What operators may ask for. Each is one command to the leader's next cycle, answered when it is committed. */
export function operatorRoutes(app: ArbiterHttp, context: ArbiterContext): void {
  app.after(() => {
    moveRoutes(app, context);
    overrideRoutes(app, context);
    applyRoute(app, context);
    leadRoute(app, context);
  });
}

const words = {
  failover: { operationId: "failOver", summary: "Move a service to another site, planned or not" },
  failback: { operationId: "failBack", summary: "Bring a service, or all that are away, home and readmit the site" },
  evacuate: { operationId: "evacuateSite", summary: "Take all traffic away from a site" },
  override: { operationId: "setOverride", summary: "Pin, drain or freeze, until it expires or is undone" },
  undo: {
    operationId: "undo",
    summary: "End an override, or take back a service's last move",
    description: "Without `override` and `service`: the override that was set last.",
  },
  lead: {
    operationId: "forceLead",
    summary: "Let this arbiter lead though too few vantages are fresh",
    description:
      "For a minute it asks for the lease. Only for when you know that it isn't the one that is cut off: nothing moves by itself " +
      "without fresh votes, but your commands do.",
  },
  apply: {
    operationId: "applyConfig",
    summary: "Put a configuration in force as the next revision",
    description:
      "It is checked as a whole, and every problem is answered at once. The electorate changes by one domain a revision.",
  },
} as const;
const done = { schema: Done };

function leadRoute(app: ArbiterHttp, context: ArbiterContext): void {
  const schema = { body: LeadBody, ...described("operate", words.lead, done) };
  app.post("/v1/lead", { schema }, (request) => {
    const { by = "operator", reason } = request.body;
    const event = { kind: "lead-forced", arbiter: context.name, by, reason } as const;
    context.journal.note([event]);
    context.leadership.force();
    return { isDryRun: false, lines: [sentence(event)], sequences: [], id: null };
  });
}

function moveRoutes(app: ArbiterHttp, context: ArbiterContext): void {
  const failover = { params: ServiceParams, body: FailoverBody, ...described("operate", words.failover, done) };
  app.post("/v1/services/:name/failover", { schema: failover }, (request) =>
    carryOut(context, request.body, { kind: "failover", service: request.params.name, to: request.body.to }),
  );
  const failback = { body: FailbackBody, ...described("operate", words.failback, done) };
  app.post("/v1/failback", { schema: failback }, (request) => {
    const { service, inSteps } = request.body;
    const how = inSteps === true ? ({ inSteps } as const) : {};
    return carryOut(context, request.body, { kind: "failback", ...how, ...(service === undefined ? {} : { service }) });
  });
}

function overrideRoutes(app: ArbiterHttp, context: ArbiterContext): void {
  const evacuate = { params: SiteParams, body: EvacuateBody, ...described("operate", words.evacuate, done) };
  app.post("/v1/sites/:site/evacuate", { schema: evacuate }, (request) => {
    const override = makeOverride(context, request.body, { kind: "drain", site: request.params.site });
    return carryOut(context, request.body, { kind: "set-override", override });
  });
  const set = { body: OverrideBody, ...described("operate", words.override, done) };
  app.post("/v1/overrides", { schema: set }, (request) => {
    const { kind, service, site, channel } = request.body;
    const problem = whyNotShaped(request.body);
    if (problem !== undefined) throw new SluiceError("BODY_INVALID", problem, { hint: shapeHint });
    const what = {
      kind,
      ...(service === undefined ? {} : { service }),
      ...(site === undefined ? {} : { site }),
      ...(channel === undefined ? {} : { channel }),
    };
    return carryOut(context, request.body, {
      kind: "set-override",
      override: makeOverride(context, request.body, what),
    });
  });
  const undo = { body: UndoBody, ...described("operate", words.undo, done) };
  app.post("/v1/undo", { schema: undo }, (request) => carryOut(context, request.body, undoAsk(context, request.body)));
}

function applyRoute(app: ArbiterHttp, context: ArbiterContext): void {
  const answer = { ...done, errors: ["CONFIG_INVALID", "CONFIG_STALE", "ELECTORATE_JUMP"] } as const;
  const schema = { body: ApplyBody, ...described("operate", words.apply, answer) };
  app.put("/v1/config", { bodyLimit: applyBytesMax, schema }, (request) => {
    const checked = checkConfig(request.body.config);
    if (checked.kind === "invalid") {
      throw new SluiceError("CONFIG_INVALID", "the configuration has problems; nothing was changed", {
        problems: checked.problems,
        hint: "Mend each path named, then apply again.",
      });
    }
    const { revisionBefore } = request.body;
    return carryOut(context, request.body, { kind: "apply-config", config: checked.config, revisionBefore });
  });
}

function makeOverride(
  context: ArbiterContext,
  asked: Asked & { readonly forMs?: number },
  what: Pick<Override, "kind" | "service" | "site" | "channel">,
): Override {
  const setAt = context.clock.wallMs();
  const until = epochMs(setAt + (asked.forMs ?? dayMs));
  return { id: randomUUID().slice(0, 8), ...what, setAt, until, by: asked.by ?? "operator", reason: asked.reason };
}

const shapeHint =
  "pin: service, and site, channel or both. drain: site, and a service if only one is meant. freeze: a service, or none for all.";

function whyNotShaped(body: Pick<Override, "kind" | "service" | "site" | "channel">): string | undefined {
  if (body.kind === "pin" && (body.service === undefined || (body.site === undefined && body.channel === undefined)))
    return "a pin needs a service, and a site or a channel";
  if (body.kind !== "pin" && body.channel !== undefined) return `a ${body.kind} has no channel`;
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
