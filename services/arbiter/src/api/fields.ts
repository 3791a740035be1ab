import { opinions, trafficStates } from "@sluice/core";
import Type, { type TProperties, type TSchema } from "typebox";

/*
 * The small parts that the API's schemas are made of. Objects are closed, so that a field which a schema doesn't know is
 * found by the test that holds answers to their schemas.
 */

export const closed = <P extends TProperties>(properties: P, description?: string) =>
  Type.Object(properties, { additionalProperties: false, ...(description === undefined ? {} : { description }) });

/** A schema that stands under its own name in the document's components. */
export type Shared = TSchema & { readonly $id: string; readonly description?: string };

export const shared = ($id: string, properties: TProperties, description: string): Shared => ({
  ...closed(properties, description),
  $id,
});

/** Refers to a shared schema by its name. */
export const refTo = (schema: Shared) => Type.Unsafe<unknown>({ $ref: `${schema.$id}#` });

export const text = (description?: string) => Type.String(description === undefined ? {} : { description });
export const whole = (description?: string) =>
  Type.Integer({ minimum: 0, ...(description === undefined ? {} : { description }) });
export const flag = (description?: string) => Type.Boolean(description === undefined ? {} : { description });
export const orNull = <T extends TSchema>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description });
export const listOf = <T extends TSchema>(items: T, description?: string) =>
  Type.Array(items, description === undefined ? {} : { description });
export const oneOf = <const T extends readonly string[]>(values: T, description?: string) =>
  Type.Unsafe<T[number]>(Type.String({ enum: [...values], ...(description === undefined ? {} : { description }) }));

/** A date of the wall clock. */
export const epoch = Type.Number({
  minimum: 0,
  description: "Milliseconds since 1970, by the wall clock of who wrote it.",
});
export const opinion = oneOf(opinions, "What an agent or the quorum holds a target to be.");
export const trafficState = oneOf(
  trafficStates,
  "What the site's own gateways find by the requests they pass on. `insufficient-data`: too few to say, which is not healthy.",
);
/** What a site's gateways say of a pool, with the numbers. */
export const traffic = closed({ state: trafficState, because: text("The numbers that decided it.") });
export const fenceText = text("INSTALLATION:EPOCH.SEQUENCE of what is served.");
