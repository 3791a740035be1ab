import type { EpochMs } from "@sluice/core";
import { opinions, trafficStates } from "@sluice/core";
import { Type } from "typebox";
import { payloadMax, servicesMax, targetsMax } from "./bounds.ts";
import { literals, Name } from "./message-parts.ts";
import { GatewayPeerSchema, ServiceRouteSchema } from "./route-schemas.ts";

/*
 * What travels between processes. Every text and list is bounded, so nobody can be filled up by a peer. Inside a signed
 * payload unknown fields are let through: a newer peer may say more, and its signature already says who it is.
 */

const TargetKeyText = Type.String({ minLength: 1, maxLength: 300 });
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Epoch = Type.Unsafe<EpochMs>(Type.Number({ minimum: 0 }));
const Address = Type.String({ minLength: 2, maxLength: 45 });
/** A process's name, and the number of its key. */
const KeyId = Type.String({ minLength: 1, maxLength: 72 });
const Host = Type.String({ minLength: 1, maxLength: 255 });

export const EnvelopeSchema = Type.Object(
  {
    keyId: KeyId,
    payload: Type.String({ minLength: 1, maxLength: payloadMax }),
    signature: Type.String({ minLength: 86, maxLength: 88, pattern: "^[A-Za-z0-9_-]{86}(==)?$" }),
  },
  { additionalProperties: false },
);

const traffic = { state: literals(trafficStates), because: Type.String({ maxLength: 200 }) };

export const VoteSchema = Type.Object({
  target: TargetKeyText,
  opinion: literals(opinions),
  suspect: Type.Boolean(),
  failingSince: Type.Optional(Epoch),
  detail: Type.Optional(Type.String({ maxLength: 200 })),
  traffic: Type.Optional(Type.Object(traffic)),
});

/** Of one site, which is all that its agents and gateways tell each other of. */
const poolsMax = servicesMax;
const InRow = Type.Integer({ minimum: 0, maximum: 1_000_000_000 });

/** What an agent tells a gateway of its own site; docs/agent.md has the exchange. */
export const TrafficAskSchema = Type.Object({
  agent: Name,
  looks: Type.Array(Type.Object({ target: TargetKeyText, goodInRow: InRow, failedInRow: InRow }), {
    maxItems: poolsMax,
  }),
});

export const TrafficReplySchema = Type.Object({
  gateway: Name,
  pools: Type.Array(Type.Object({ target: TargetKeyText, ...traffic }), { maxItems: poolsMax }),
});

export const SelfCheckSchema = Type.Union([
  Type.Object({ kind: Type.Literal("ok") }),
  Type.Object({ kind: Type.Literal("abstain"), because: literals(["cut-off", "stalled", "starting"]) }),
]);

export const ReportSchema = Type.Object({
  agent: Name,
  arbiter: Name,
  nonce: Type.String({ maxLength: 128 }),
  bootId: Type.String({ minLength: 1, maxLength: 128 }),
  seq: Count,
  configRevision: Count,
  selfCheck: SelfCheckSchema,
  votes: Type.Array(VoteSchema, { maxItems: targetsMax }),
  since: Type.Optional(Count),
});

const key = {
  role: literals(["agent", "arbiter"]),
  name: Name,
  site: Name,
  publicKey: Type.String({ minLength: 43, maxLength: 44, pattern: "^[A-Za-z0-9_-]{43}=?$" }),
};
export const KeyEntrySchema = Type.Object({ id: KeyId, ...key });

export const KeysetSchema = Type.Object({
  installation: Name,
  version: Count,
  keys: Type.Array(KeyEntrySchema, { maxItems: 1000 }),
  revoked: Type.Optional(Type.Array(KeyEntrySchema, { maxItems: 1000 })),
});

/** What one site may ask for at once. */
const requestedMax = 100;
export const KeyRequestSchema = Type.Object({
  installation: Name,
  site: Name,
  keys: Type.Array(Type.Object(key), { maxItems: requestedMax }),
  certificates: Type.Array(Type.Object({ name: Name, request: Type.String({ maxLength: 4096 }) }), {
    maxItems: requestedMax,
  }),
});

export const FenceSchema = Type.Object({ installation: Name, epoch: Count, sequence: Count });

export const CauseSchema = Type.Union([
  Type.Object({ kind: literals(["evacuate", "leave-degraded"]), site: Name }),
  Type.Object({ kind: literals(["rebalance", "failback", "all-bad", "override-ended"]), service: Name }),
  Type.Object({
    kind: Type.Literal("operator"),
    service: Type.Optional(Name),
    command: Type.String({ maxLength: 200 }),
    by: Type.String({ maxLength: 200 }),
  }),
  Type.Object({ kind: Type.Literal("config"), revision: Count }),
  Type.Object({ kind: Type.Literal("leader"), epoch: Count }),
]);

const Ttl = Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 });

const RecordSchema = Type.Object({
  name: Host,
  type: literals(["A", "AAAA", "CNAME", "TXT"]),
  ttlSeconds: Ttl,
  data: Type.Array(Type.String({ maxLength: 4096 }), { maxItems: 100 }),
});

const ZoneSnapshotSchema = Type.Object({
  name: Host,
  ttlSeconds: Ttl,
  negativeTtlSeconds: Ttl,
  contact: Host,
  serial: Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 }),
  nameservers: Type.Array(Type.Object({ name: Host, addresses: Type.Array(Address, { maxItems: 16 }) }), {
    maxItems: 64,
  }),
  records: Type.Array(RecordSchema, { maxItems: 10_000 }),
});

const ServiceSnapshotSchema = Type.Object({
  service: Name,
  host: Host,
  ttlSeconds: Ttl,
  choices: Type.Array(
    Type.Object({
      site: Type.String({ minLength: 1, maxLength: 8192 }),
      share: Type.Number({ minimum: 0, maximum: 1_000_000 }),
      addresses: Type.Array(Address, { maxItems: 1024 }),
    }),
    { maxItems: 64 },
  ),
  route: Type.Optional(ServiceRouteSchema),
});

/** Each subject has one: services, sites, the configuration. */
const causesMax = servicesMax + 1_000;

export const SnapshotSchema = Type.Object({
  fence: FenceSchema,
  causes: Type.Array(CauseSchema, { maxItems: causesMax }),
  past: Type.Optional(Type.Array(Type.Object({ sequence: Count, cause: CauseSchema }), { maxItems: causesMax })),
  configRevision: Count,
  issuedAt: Epoch,
  zone: ZoneSnapshotSchema,
  services: Type.Array(ServiceSnapshotSchema, { maxItems: servicesMax }),
  gateways: Type.Optional(Type.Array(GatewayPeerSchema, { maxItems: 64 })),
});
