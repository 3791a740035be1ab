import { type TProperties, type TSchema, Type } from "typebox";
import type { FormatName } from "./formats.ts";

export const closed = <P extends TProperties>(properties: P, description: string) =>
  Type.Object(properties, { additionalProperties: false, description });

/** A name of ours: site, agent, service, channel. */
export const name = (description: string) => formed("name", description);

/** A text of a form that `formats.ts` knows. Editors that don't know it use the rough pattern. */
export const formed = (format: FormatName, description: string) =>
  Type.String({ minLength: 1, maxLength: 300, format, ...patterns[format], description });

/** What JSON Schema alone can say about a form; `formats.ts` says all of it, in words. */
const patterns: Partial<Record<FormatName, { readonly pattern: string }>> = {
  name: { pattern: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$" },
  "host-name": { pattern: "^[a-z0-9.-]+$" },
  "owner-name": { pattern: "^[a-z0-9._-]+$" },
  endpoint: { pattern: "^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+):[0-9]{1,5}$" },
  "header-name": { pattern: "^[a-z0-9!#$%&'*+.^_`|~-]+$" },
  cidr: { pattern: "^[0-9A-Fa-f:.]+/[0-9]{1,3}$" },
  "process-url": { pattern: "^https?://(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+):[0-9]{1,5}/?$" },
};

/** A free text, bounded. */
export const text = (description: string, value?: string) =>
  Type.String({ minLength: 1, maxLength: 4096, description, ...(value === undefined ? {} : { default: value }) });

/** A time. The unit is said in the description, as it is in the setting's name. */
export const duration = (unit: "seconds" | "milliseconds", value: number, description: string, minimum = 0) =>
  Type.Integer({ minimum, maximum: 2 ** 31 - 1, default: value, description: `${description} Unit: ${unit}.` });

/** What every process of ours has. */
export const member = (what: string) => ({
  name: name(`The ${what}'s name; its key bears it too.`),
  site: name("The site it runs in."),
  url: formed("process-url", "Where it listens for HTTP, and where the others find it."),
});

type Bounds = { readonly minItems?: number; readonly maxItems?: number; readonly default?: readonly unknown[] };

export const list = <T extends TSchema>(items: T, description: string, bounds: Bounds = {}) =>
  Type.Array(items, { maxItems: 1000, ...bounds, description });

const Tls = Type.Optional(
  closed(
    {
      serverName: formed("host-name", "The name the certificate must bear."),
      caFile: Type.Optional(
        text("PEM file of the authority to trust, on the agent's machine. Default: the system's authorities."),
      ),
    },
    "Speak TLS, and check the certificate. Default: no TLS.",
  ),
);

export const PoolProbe = Type.Union(
  [
    closed(
      {
        kind: Type.Literal("http", { description: "GET a path." }),
        path: Type.String({ pattern: "^/", maxLength: 2048, default: "/", description: "The path to GET." }),
        statuses: list(Type.Integer({ minimum: 100, maximum: 599, description: "HTTP status." }), "Good statuses.", {
          minItems: 1,
          maxItems: 64,
          default: [200],
        }),
        bodyIncludes: Type.Optional(text("What the body must contain. Default: any body will do.")),
        tls: Tls,
      },
      "An HTTP look.",
    ),
    closed({ kind: Type.Literal("tcp", { description: "Connect." }) }, "A TCP connection."),
    closed(
      {
        kind: Type.Literal("grpc", { description: "grpc.health.v1 Check." }),
        service: Type.String({
          maxLength: 255,
          default: "",
          description: "The service to ask for; empty: the server.",
        }),
        tls: Tls,
      },
      "A gRPC health check.",
    ),
    closed(
      {
        kind: Type.Literal("model", { description: "Ask an inference server whether it serves a model." }),
        model: text("The model's name."),
        generate: Type.Boolean({ default: false, description: "Also generate one token." }),
        tls: Tls,
      },
      "A look at an inference server.",
    ),
    closed(
      {
        kind: Type.Literal("metric", {
          description: "Read a metric, as an endpoint picker tells its ready endpoints.",
        }),
        path: Type.String({
          pattern: "^/",
          maxLength: 2048,
          default: "/metrics",
          description: "Where the metrics are.",
        }),
        metric: Type.String({
          pattern: "^[a-zA-Z_:][a-zA-Z0-9_:]*$",
          maxLength: 255,
          default: "llm_d_epp_ready_endpoints",
          description: "The metric's name. Of several samples the sum counts.",
        }),
        labels: Type.Record(Type.String({ pattern: "^[a-zA-Z_][a-zA-Z0-9_]*$" }), Type.String({ maxLength: 1024 }), {
          maxProperties: 16,
          default: {},
          description: "Labels that a sample must bear to count, and their values.",
        }),
        min: Type.Number({ default: 1, description: "The target is well from this value on." }),
        absentMs: duration("milliseconds", 30_000, "How long an absent metric says nothing, before it is a failure."),
        tls: Tls,
      },
      "A value among a server's metrics.",
    ),
  ],
  { description: "How an endpoint is looked at." },
);
