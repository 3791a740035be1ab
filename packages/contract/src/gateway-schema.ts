import type { VariantRule } from "@sluice/core";
import { Type } from "typebox";
import { closed, duration, formed, list, member, name, text } from "./config-parts.ts";

const port = (value: number, description: string) =>
  Type.Integer({ minimum: 1, maximum: 65_535, default: value, description });

const Hop = closed(
  { port: port(8444, "The port for it, on the same address.") },
  "Where it takes requests from the other sites' gateways: HTTP/2 by mutual TLS.",
);

export const Gateway = closed(
  {
    ...member("gateway"),
    name: name("The gateway's name; the certificate that the others know it by bears it too."),
    url: formed("process-url", "Where its admin HTTP listens, and where the others find it."),
    address: formed("address", "The address it serves clients on."),
    port: port(8080, "The port for HTTP/1.1 and HTTP/2 without TLS."),
    tls: Type.Optional(
      closed(
        {
          port: port(8443, "The port for TLS, on the same address."),
          certFile: Type.Optional(
            text("PEM file with the certificate chain. Default: `NAME.crt` in the process's key directory."),
          ),
          keyFile: Type.Optional(
            text("PEM file with the private key. Default: `NAME.tls.key` in the process's key directory."),
          ),
        },
        "Serve clients over TLS too. Default: no TLS.",
      ),
    ),
    hop: Type.Unsafe<{ readonly port: number }>({ ...Hop, default: {} }),
  },
  "A gateway: the data plane at layer 7 of its site.",
);

const Variant = closed(
  {
    header: Type.String({
      minLength: 1,
      maxLength: 100,
      format: "header-name",
      default: "x-model-variant",
      description: "The request header whose value names a channel; in gRPC the metadata of that name.",
    }),
    values: list(
      closed(
        {
          value: formed("header-value", "The header's value, exactly."),
          channel: name("The channel that such requests go to, whatever its weight."),
        },
        "A value and its channel.",
      ),
      "The values that there are.",
      { minItems: 1, maxItems: 64 },
    ),
    whenDead: Type.Unsafe<VariantRule["whenDead"]>(
      Type.String({
        enum: ["strict", "fallback"],
        default: "strict",
        description: "When the channel is served nowhere: answer 503 with a reason, or route as without the header.",
      }),
    ),
    whenUnknown: Type.Unsafe<VariantRule["whenUnknown"]>(
      Type.String({
        enum: ["split", "refuse"],
        default: "split",
        description: "For any other value: route as without the header, or answer 400.",
      }),
    ),
  },
  "A/B by header: it beats the weights. Default: no header chooses.",
);

/** What gateways need to know of a service, beside what DNS is steered by. */
export const routeSettings = {
  affinityHeaders: list(
    formed("header-name", "A header's name, in lower case."),
    "Request headers that name the user; the first one present counts. None: nobody is known, and each request draws its channel.",
    { maxItems: 8, default: ["x-user-id"] },
  ),
  salt: Type.Optional(
    text(
      "What users are shuffled by. Another salt makes another set of users the first to get a canary. Default: the service's name.",
    ),
  ),
  variant: Type.Optional(Variant),
  drainGraceMs: duration(
    "milliseconds",
    75_000,
    "How long a stream may go on once its gateway was told to drain. Above what servers take to end theirs.",
  ),
};

/** What gateways need to know of a pool. */
export const poolSettings = {
  protocol: Type.Unsafe<"http1" | "h2c">(
    Type.String({
      enum: ["http1", "h2c"],
      default: "http1",
      description: "What its endpoints speak with gateways, gRPC apart: that always goes over HTTP/2 without TLS.",
    }),
  ),
  ttftMaxMs: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 2 ** 31 - 1,
      description:
        "A time to first byte, at the 95th percentile, above which the pool is slow whatever its past. Unit: milliseconds. Default: none, and only a change for the worse counts.",
    }),
  ),
};
