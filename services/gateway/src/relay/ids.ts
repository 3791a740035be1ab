import { randomFillSync } from "node:crypto";

const pool = new Uint8Array(4_096);
let digits = "";
let at = 0;

/** Random hexadecimal digits, two a byte, drawn from a pool: one call into the system for hundreds of requests. */
function randomHex(bytes: number): string {
  if (at + bytes * 2 > digits.length) {
    digits = Buffer.from(randomFillSync(pool).buffer).toString("hex");
    at = 0;
  }
  at += bytes * 2;
  return digits.slice(at - bytes * 2, at);
}

export const newRequestId = (): string => randomHex(16);

/** A trace that begins here (W3C Trace Context §3.2): version 00, and sampled, since nobody has said otherwise. */
export const newTraceparent = (): string => `00-${randomHex(16)}-${randomHex(8)}-01`;
