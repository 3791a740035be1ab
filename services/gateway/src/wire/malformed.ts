/** Why a message is none, and what whoever sent it is answered. */
export type Malformed = { readonly kind: "malformed"; readonly status: number; readonly because: string };

export const malformed = (because: string, status = 400): Malformed => ({ kind: "malformed", status, because });
