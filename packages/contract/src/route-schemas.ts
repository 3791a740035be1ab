import { slotCount } from "@sluice/core";
import { Type } from "typebox";
import { literals, Name } from "./message-parts.ts";

/* Routes as they travel in snapshots. The bounds are those of the configuration that they are made from. */

const Header = Type.String({ minLength: 1, maxLength: 300 });
const Ms = Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 });
const Weight = Type.Number({ minimum: 0, maximum: 1_000_000 });
/** An index into `channels`. */
const ChannelIndex = Type.Integer({ minimum: 0, maximum: 31 });
const SlotCount = Type.Integer({ minimum: 1, maximum: slotCount });
const Endpoint = Type.String({ minLength: 3, maxLength: 300 });

const VariantSchema = Type.Object({
  header: Header,
  values: Type.Array(Type.Object({ value: Type.String({ minLength: 1, maxLength: 300 }), channel: Name }), {
    maxItems: 64,
  }),
  whenDead: literals(["strict", "fallback"]),
  whenUnknown: literals(["split", "refuse"]),
});

const PoolSchema = Type.Object({
  channel: Name,
  site: Name,
  endpoints: Type.Array(Endpoint, { minItems: 1, maxItems: 256 }),
  protocol: literals(["http1", "h2c"]),
  ttftMaxMs: Type.Optional(Ms),
});

export const ServiceRouteSchema = Type.Object({
  channels: Type.Array(Type.Object({ name: Name, weight: Weight }), { minItems: 1, maxItems: 32 }),
  salt: Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 }),
  slots: Type.Array(Type.Tuple([ChannelIndex, SlotCount]), { minItems: 1, maxItems: slotCount }),
  affinityHeaders: Type.Array(Header, { maxItems: 8 }),
  variant: Type.Optional(VariantSchema),
  pinnedChannel: Type.Optional(Name),
  sites: Type.Array(Type.Object({ site: Name, role: literals(["placed", "standby", "drained"]) }), {
    minItems: 1,
    maxItems: 32,
  }),
  pools: Type.Array(PoolSchema, { maxItems: 1_024 }),
  drainGraceMs: Ms,
});

export const GatewayPeerSchema = Type.Object({ name: Name, site: Name, hop: Endpoint });
