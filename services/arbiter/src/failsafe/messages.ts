import { createHash } from "node:crypto";
import { EnvelopeSchema } from "@sluice/contract";
import type { Envelope, PromiseAsk } from "@sluice/core";
import type { Commit } from "@sluice/ports";
import type { Keyring } from "@sluice/runtime";
import Type from "typebox";
import { Compile } from "typebox/compile";

/** What a leader does in failsafe: the commit that the store would have taken, chained to the one before. */
export type Entry = Omit<PromiseAsk, "number"> & {
  readonly kind: "entry";
  /** Its place in the leader's journal, from 1 within an epoch. */
  readonly number: number;
  /** The hash of the entry before, or zeros. */
  readonly before: string;
  readonly commit: Commit;
};

/** What arbiters say to each other, each in an envelope that the sender has signed. */
export type Message =
  | (PromiseAsk & { readonly kind: "ask" })
  /** `to` and `number` are the ask's, so that an old answer can't pass for a new one. */
  | {
      readonly kind: "promise";
      readonly by: string;
      readonly to: string;
      readonly epoch: number;
      readonly number: number;
    }
  | {
      readonly kind: "no-promise";
      readonly by: string;
      readonly to: string;
      /** The highest that the one who answers knows. */
      readonly epoch: number;
      readonly number: number;
      readonly because: string;
    }
  | { readonly kind: "kept"; readonly by: string; readonly hash: string }
  | Entry;

const name = Type.String({ minLength: 1, maxLength: 63 });
const whole = Type.Integer({ minimum: 0 });
const kind = <K extends string>(text: K) => Type.Literal(text);
const ask = { leader: name, epoch: whole, number: whole };
const reply = { by: name, to: name, epoch: whole, number: whole };
const hash = Type.String({ pattern: "^[0-9a-f]{64}$" });

/** Of the commit only what decides where it goes: the rest is an arbiter's word, and goes into the store as it would have gone. */
const commit = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 100 }),
  epoch: whole,
  sequenceBefore: whole,
  sequence: whole,
  at: Type.Number(),
  by: name,
  services: Type.Object({}),
  servicesRemoved: Type.Array(name),
  overrides: Type.Array(Type.Object({})),
  decisions: Type.Array(Type.Object({})),
  events: Type.Array(Type.Object({})),
});

// As in every signed payload, unknown fields are let through: a newer arbiter may say more.
const message = Compile(
  Type.Union([
    Type.Object({ kind: kind("ask"), ...ask }),
    Type.Object({ kind: kind("promise"), ...reply }),
    Type.Object({ kind: kind("no-promise"), ...reply, because: Type.String({ maxLength: 200 }) }),
    Type.Object({ kind: kind("kept"), by: name, hash }),
    Type.Object({ kind: kind("entry"), ...ask, before: hash, commit }),
  ]),
);

/** An entry holds a whole snapshot, signed as text within its text. Unit: bytes. */
export const entryBytesMax = 64 * 1024 * 1024;

/** As every envelope, and longer. */
export const FailsafeEnvelope = Type.Object(
  { ...EnvelopeSchema.properties, payload: Type.String({ minLength: 1, maxLength: entryBytesMax }) },
  { additionalProperties: false },
);
const envelope = Compile(FailsafeEnvelope);

/** The message in an envelope, if an arbiter of ours signed it and it speaks for itself; undefined for anything else. */
export function openMessage(keyring: Keyring, value: unknown): Message | undefined {
  if (!envelope.Check(value)) return undefined;
  const opened = keyring.open("failsafe", value, "arbiter");
  if (opened.kind === "refused" || !message.Check(opened.value)) return undefined;
  const said = opened.value as Message;
  return ("leader" in said ? said.leader : said.by) === opened.name ? said : undefined;
}

/** An entry by its exact text, which holds the hash of the one before. */
export const hashOf = (envelope: Envelope): string => createHash("sha256").update(envelope.payload).digest("hex");

export const noHash = "0".repeat(64);
