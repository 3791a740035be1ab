import { SluiceError } from "@sluice/core";
import type { ArbiterContext } from "../context.ts";
import { revisionOf, weightsStatus } from "../weights.ts";
import { carryOut } from "./carry-out.ts";
import { described } from "./describe.ts";
import type { ArbiterHttp } from "./http.ts";
import { ServiceParams, WeightsBody, WeightsHeaders } from "./schemas.ts";
import { Weights, WeightsDone } from "./weights-schemas.ts";

/** How a service's users are split over its channels: to look at from any arbiter, to change through the leader. */
export function weightsRoutes(app: ArbiterHttp, context: ArbiterContext): void {
  app.after(() => {
    getRoute(app, context);
    patchRoute(app, context);
  });
}

const path = "/v1/services/:name/weights";
const words = {
  get: {
    operationId: "getWeights",
    summary: "How a service's users are split over its channels, and which gateways have applied it",
    description: "`ETag` is what a change of them names in `If-Match`.",
  },
  patch: {
    operationId: "setWeights",
    summary: "Split a service's users over its channels",
    description:
      "`If-Match` says which weights the change was made on; `*` sets them whatever they are. Every channel that has a weight, or " +
      "gets one, must be named. It is answered when it is committed; each gateway then applies it, and `gateways` tells which have.",
  },
} as const;
const headers = { ETag: { type: "string", description: 'Of the weights: `"w-41"`. Strong.' } };

function getRoute(app: ArbiterHttp, context: ArbiterContext): void {
  const answer = { schema: Weights, errors: ["NOT_FOUND"], headers } as const;
  const schema = { params: ServiceParams, ...described("look", words.get, answer) };
  app.get(path, { schema }, (request, reply) => {
    const weights = weightsNow(context, request.params.name);
    reply.header("etag", weights.etag);
    return weights;
  });
}

function patchRoute(app: ArbiterHttp, context: ArbiterContext): void {
  const errors = ["WEIGHTS_INVALID", "WEIGHTS_STALE", "IF_MATCH_MISSING"] as const;
  const schema = {
    params: ServiceParams,
    headers: WeightsHeaders,
    body: WeightsBody,
    ...described("operate", words.patch, { schema: WeightsDone, errors, headers }),
  };
  app.patch(path, { schema, attachValidation: true }, async (request, reply) => {
    if (request.validationError) throw misfit(request.validationError);
    const revision = madeOn(request.headers["if-match"]);
    const { weights, ...asked } = request.body;
    const { id: _, ...done } = await carryOut(context, asked, {
      kind: "set-weights",
      service: request.params.name,
      weights,
      ...(revision === undefined ? {} : { revision }),
    });
    const now = weightsNow(context, request.params.name);
    reply.header("etag", now.etag);
    return { ...done, ...now };
  });
}

function weightsNow(context: ArbiterContext, name: string) {
  const durable = context.keeper.durable();
  const service = durable.config.services.find((entry) => entry.name === name);
  if (!service) {
    const known = durable.config.services.map((entry) => entry.name).join(", ");
    throw new SluiceError("NOT_FOUND", `no service is called ${name}`, { hint: `Known: ${known || "none"}.` });
  }
  const view = { durable, acknowledged: context.desk.acknowledged(), now: context.clock.wallMs() };
  return { arbiter: context.name, isLeading: context.loop.isLeading(), ...weightsStatus(view, service) };
}

/** The number of the change that this one was made on; undefined for `*`. */
function madeOn(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined) {
    const hint = "Send `If-Match` with the `ETag` of GET, or `*` to set the weights whatever they are now.";
    throw new SluiceError("IF_MATCH_MISSING", "it does not say which weights it was made on", { hint });
  }
  return ifMatch.trim() === "*" ? undefined : revisionOf(ifMatch);
}

/** What the server library says about a body that doesn't fit its schema. */
type Misfit = Error & { readonly validation?: readonly { readonly instancePath: string; readonly message?: string }[] };

/** A weight that is no number is the same mistake as one that is negative; the rest is answered as everywhere. */
function misfit(error: Misfit): Error {
  const of = error.validation?.filter(({ instancePath }) => instancePath.startsWith("/weights")) ?? [];
  if (of.length === 0) return error;
  const problems = of.map(({ instancePath, message = "does not fit" }) => ({ path: `body${instancePath}`, message }));
  return new SluiceError("WEIGHTS_INVALID", problems.map(({ path: at, message }) => `${at}: ${message}`).join("; "), {
    problems,
    hint: "Give each channel a number, 0 or more.",
  });
}
