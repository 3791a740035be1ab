import Type from "typebox";

/** Shapes of the arbiter's HTTP API. Every object refuses unknown keys; every string and number is bounded. */
const name = Type.String({ minLength: 1, maxLength: 63, pattern: "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$" });
const closed = { additionalProperties: false } as const;

export const ServiceParams = Type.Object({ name }, closed);
export const SiteParams = Type.Object({ site: name }, closed);
export const NameParams = Type.Object({ name: Type.String({ minLength: 1, maxLength: 253 }) }, closed);

/** What every operator's request carries. */
const asked = {
  reason: Type.String({ minLength: 3, maxLength: 500, description: "Why. It goes into the audit record." }),
  by: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: "Who asks. Default: operator." })),
  overrideRules: Type.Optional(
    Type.Array(Type.String({ maxLength: 40 }), { maxItems: 5, description: "Floors knowingly crossed." }),
  ),
  dryRun: Type.Optional(Type.Boolean({ description: "Say what would be done, and do nothing." })),
};

export const FailoverBody = Type.Object({ to: name, ...asked }, closed);
export const FailbackBody = Type.Object(
  {
    service: Type.Optional(name),
    inSteps: Type.Optional(
      Type.Boolean({
        description: "1 % first, then 5, 20, 50 and 100, each once the last went well; it stops on trouble.",
      }),
    ),
    ...asked,
  },
  closed,
);

export const WeightsHeaders = Type.Object({
  "if-match": Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      description: "The ETag of the weights that the change was made on, or `*`.",
    }),
  ),
});
export const WeightsBody = Type.Object(
  {
    weights: Type.Record(Type.String(), Type.Number({ minimum: 0, maximum: 1_000_000 }), {
      maxProperties: 32,
      description: "Parts of their sum, by channel. Every channel that has a weight, or gets one, must be named.",
    }),
    ...asked,
  },
  closed,
);

/** Unit: milliseconds. An override always expires: at most 30 days, by default a day. */
const forMs = Type.Optional(
  Type.Integer({ minimum: 1_000, maximum: 2_592_000_000, description: "Lifetime in milliseconds. Default 86400000." }),
);

export const LeadBody = Type.Object({ reason: asked.reason, by: asked.by }, closed);
export const EvacuateBody = Type.Object({ forMs, ...asked }, closed);
export const OverrideBody = Type.Object(
  {
    kind: Type.Union([Type.Literal("pin"), Type.Literal("drain"), Type.Literal("freeze")]),
    service: Type.Optional(name),
    site: Type.Optional(name),
    channel: Type.Optional(name),
    forMs,
    ...asked,
  },
  closed,
);
export const UndoBody = Type.Object(
  { service: Type.Optional(name), override: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })), ...asked },
  closed,
);
export const ApplyBody = Type.Object(
  {
    config: Type.Unknown({ description: "A whole configuration, as docs/sluice.schema.json has it." }),
    revisionBefore: Type.Integer({ minimum: 0, description: "The revision that the change was made on." }),
    ...asked,
  },
  closed,
);

const whole = (description: string) => Type.Optional(Type.String({ pattern: "^\\d{1,15}$", description }));

export const waitMaxMs = 30_000;
const WaitQuery = { waitMs: whole("How long to wait for something new. Milliseconds, at most 30000.") };
export const EventsQuery = Type.Object(
  {
    after: whole("Journal id to read on from; absent: the newest entries."),
    limit: whole("At most 1000."),
    ...WaitQuery,
  },
  closed,
);
export const SuspicionsQuery = Type.Object(
  { agent: name, after: whole("The cursor of the last answer."), ...WaitQuery },
  closed,
);
export const SnapshotQuery = Type.Object(
  {
    node: Type.String({ minLength: 1, maxLength: 253 }),
    after: Type.Optional(
      Type.String({ pattern: "^\\d{1,15}\\.\\d{1,15}$", description: "What the node serves, EPOCH.SEQUENCE." }),
    ),
    ...WaitQuery,
  },
  closed,
);
export const FailsafeQuery = Type.Object(
  {
    after: Type.String({ maxLength: 200, default: "", description: "The name of the last one heard. Default: none." }),
  },
  closed,
);
export const ConfigQuery = Type.Object({ after: whole("The revision the node has.") }, closed);

export const KeysetQuery = Type.Object({ after: whole("The version the process has."), ...WaitQuery }, closed);

/** A whole number from a query string, bounded. */
export const whole0 = (text: string | undefined, max: number): number => Math.min(Number(text ?? 0), max);
