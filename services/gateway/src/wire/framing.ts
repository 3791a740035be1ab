import type { HeaderList } from "../relay/inbound.ts";

/** Where a message's body ends (RFC 9112 §6.3). `close`: with the connection, which only an answer's may. */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "close" };

export const none: Framing = { kind: "none" };
const chunked: Framing = { kind: "chunked" };
export const untilClose: Framing = { kind: "close" };

/** Headers that say how a message is to be read, as they were found in it. */
export type Facts = {
  readonly framing: Framing | "unsaid" | "malformed";
  readonly connection: string | undefined;
  readonly hosts: number;
  readonly host: string;
};

/**
 * Whoever reads a length or an encoding differently from the next on the way finds another message in the bytes behind. So what
 * could be read in two ways isn't read at all: a length beside an encoding, two lengths even if they are alike, any encoding but
 * `chunked` alone, and that in HTTP/1.0, which doesn't have it.
 */
export function factsOf(headers: HeaderList, isHttp11: boolean): Facts {
  let framing: Facts["framing"] = "unsaid";
  let connection: string | undefined;
  let hosts = 0;
  let host = "";
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    switch (name) {
      case "content-length":
        framing = framing === "unsaid" ? lengthOf(headers[index + 1] as string) : "malformed";
        break;
      case "transfer-encoding": {
        const isChunked: boolean =
          isHttp11 && framing === "unsaid" && (headers[index + 1] as string).toLowerCase() === "chunked";
        framing = isChunked ? chunked : "malformed";
        break;
      }
      case "connection":
        connection = connection === undefined ? headers[index + 1] : `${connection},${headers[index + 1]}`;
        break;
      case "host":
        hosts += 1;
        host = headers[index + 1] as string;
        break;
      default:
    }
  }
  return { framing, connection, hosts, host };
}

/** Digits only, and few enough that the number is exact. */
function lengthOf(value: string): Framing | "malformed" {
  if (!/^\d{1,15}$/.test(value)) return "malformed";
  const bytes = Number(value);
  return bytes === 0 ? none : { kind: "length", bytes };
}
