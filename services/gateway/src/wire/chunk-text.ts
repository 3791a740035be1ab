import type { HeaderList } from "../relay/inbound.ts";

/** Unit: bytes. Up to here a piece of a body travels as text of the same bytes, in one write with what is round it. */
export const shortBytes = 8_192;

/** As text with a character for each byte (Latin-1), which is what heads are too. */
export const latin1 = (bytes: Uint8Array): string =>
  (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)).toString("latin1");

/** The line before a chunk's data (RFC 9112 §7.1). */
export const chunkLine = (bytes: number): string => `${bytes.toString(16)}\r\n`;

/** A short chunk, whole. */
export const chunkText = (bytes: Uint8Array): string => `${chunkLine(bytes.length)}${latin1(bytes)}\r\n`;

/** The last chunk, with what trails. */
export function lastChunk(trailers: HeaderList | undefined): string {
  if (trailers === undefined || trailers.length === 0) return "0\r\n\r\n";
  return `0\r\n${fieldLines(trailers)}\r\n`;
}

export function fieldLines(list: HeaderList): string {
  let text = "";
  for (let index = 0; index < list.length; index += 2) text += `${list[index]}: ${list[index + 1]}\r\n`;
  return text;
}
