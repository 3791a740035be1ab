import { type TSchema, Type } from "typebox";

/** A name of ours: site, agent, service, channel. */
export const name = (description: string) => flag("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", description);

/** A text of a fixed form. */
export const flag = (pattern: string, description: string) =>
  Type.String({ minLength: 1, maxLength: 63, pattern, description });

/** A free text, bounded. */
export const text = (description: string, value?: string) =>
  Type.String({ minLength: 1, maxLength: 4096, description, ...(value === undefined ? {} : { default: value }) });

export const url = (description: string) =>
  Type.String({ minLength: 1, maxLength: 255, pattern: "^https?://[^/]+/?$", description });

/** A time. The unit is said in the description, as it is in the setting's name. */
export const duration = (unit: "seconds" | "milliseconds", value: number, description: string, minimum = 0) =>
  Type.Integer({ minimum, maximum: 2 ** 31 - 1, default: value, description: `${description} Unit: ${unit}.` });

type Bounds = { readonly minItems?: number; readonly maxItems?: number; readonly default?: readonly unknown[] };

export const list = <T extends TSchema>(items: T, description: string, bounds: Bounds = {}) =>
  Type.Array(items, { maxItems: 1000, ...bounds, description });

const Tls = Type.Optional(
  Type.Object(
    {
      serverName: text("The name the certificate must bear."),
      caFile: Type.Optional(text("PEM file of the authority to trust instead of the system's.")),
    },
    { additionalProperties: false, description: "Speak TLS, and check the certificate." },
  ),
);

const probe = <P extends Record<string, TSchema>>(properties: P, description: string) =>
  Type.Object(properties, { additionalProperties: false, description });

export const PoolProbe = Type.Union(
  [
    probe(
      {
        kind: Type.Literal("http", { description: "GET a path." }),
        path: Type.String({ pattern: "^/", maxLength: 2048, default: "/", description: "The path to GET." }),
        statuses: list(Type.Integer({ minimum: 100, maximum: 599, description: "HTTP status." }), "Good statuses.", {
          minItems: 1,
          maxItems: 64,
          default: [200],
        }),
        bodyIncludes: Type.Optional(text("What the body must contain.")),
        tls: Tls,
      },
      "An HTTP look.",
    ),
    probe({ kind: Type.Literal("tcp", { description: "Connect." }) }, "A TCP connection."),
    probe(
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
    probe(
      {
        kind: Type.Literal("model", { description: "Ask an inference server whether it serves a model." }),
        model: text("The model's name."),
        generate: Type.Boolean({ default: false, description: "Also generate one token." }),
        tls: Tls,
      },
      "A look at an inference server.",
    ),
  ],
  { description: "How an endpoint is looked at." },
);
