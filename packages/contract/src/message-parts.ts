import { Type } from "typebox";

/** A name of ours in a message: of a site, service, channel, process or key. */
export const Name = Type.String({ minLength: 1, maxLength: 64 });

export const literals = <const T extends readonly string[]>(values: T) =>
  Type.Unsafe<T[number]>(Type.String({ enum: [...values] }));
