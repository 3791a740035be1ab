import { ConfigSchema, EnvelopeSchema } from "@sluice/contract";
import Type from "typebox";
import { flag, listOf, oneOf, orNull, refTo, type Shared, shared, text, whole } from "./fields.ts";

export const Envelope = shared(
  "Envelope",
  EnvelopeSchema.properties,
  "A value in text form with an Ed25519 signature over `sluice-KIND`, a line feed, and the payload.",
);

export const Done = shared(
  "Done",
  {
    isDryRun: flag(),
    lines: listOf(text(), "What was done, or would be, in sentences. None: nothing changes for what is served."),
    sequences: listOf(Type.Integer(), "Numbers of the decisions taken."),
    id: orNull(text(), "Of the override that was set."),
  },
  "What came of a request.",
);

export const ReportReply = shared(
  "ReportReply",
  {
    kind: oneOf(["counted", "refused"], "Refused: the agent is who it says, and this report isn't fit to be counted."),
    because: Type.Optional(oneOf(["wrong-arbiter", "unknown-nonce", "old-nonce", "old-seq", "gap"])),
    holds: Type.Optional(
      whole("The number of the report whose votes stand here now: the next may say only what is new since."),
    ),
    nonce: text("For the agent's next report to this arbiter."),
    configRevision: whole("In force here: fetch it when it is higher than yours."),
  },
  "What came of a report.",
);

export const Suspicions = shared(
  "Suspicions",
  { cursor: whole("For the next request's `after`."), targets: listOf(text(), "Take one look at each, at once.") },
  "What other agents began to suspect.",
);

export const KeysetTaken = shared(
  "KeysetTaken",
  {
    version: whole("In force here now."),
    isNew: flag("False: it was in force already."),
    isKept: flag("False: the disk refused it, and a restart would forget it."),
  },
  "What came of a keyset.",
);

const ConfigDocument: Shared = { ...ConfigSchema, $id: "Config" };

export const ConfigReply = shared(
  "ConfigInForce",
  {
    revision: whole("0 is the file that the processes were started with."),
    config: refTo(ConfigDocument),
  },
  "The configuration in force.",
);

export const Ready = shared(
  "Ready",
  { status: text("`ok`, or why this arbiter could not take the lead now.") },
  "Whether an arbiter could lead.",
);

export const replySchemas = [
  Envelope,
  Done,
  ReportReply,
  Suspicions,
  KeysetTaken,
  ConfigDocument,
  ConfigReply,
  Ready,
] as const;
