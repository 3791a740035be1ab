/**
 * `pnpm test` asks every question in its short form: fewer requests, shorter streams, statistics whose windows pass faster.
 * `pnpm conformance --full` asks with the numbers of the specification, and takes about an hour.
 */
export const isFull = process.env["SLUICE_CONFORMANCE"] === "full";

export const inForm = <T>(forms: { readonly short: T; readonly full: T }): T => (isFull ? forms.full : forms.short);
