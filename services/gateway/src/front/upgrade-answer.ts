import type { Malformed } from "../wire/malformed.ts";
import { MessageReader, type MessageSink } from "../wire/message-reader.ts";
import { parseResponseHead, type ResponseHead } from "../wire/response-head.ts";

/** How far an endpoint's answer to an upgrade has come. `taken`: so many bytes of the last chunk were still the answer's. */
export type UpgradeAnswer =
  | { readonly kind: "unfinished" }
  | { readonly kind: "switched" }
  | { readonly kind: "declined"; readonly taken: number }
  | Malformed;

/** Unit: bytes. As of other answers. */
const headerBytes = 65_536;

/**
 * Reads an endpoint's answer to an upgrade. Only behind 101 does the connection speak the other protocol (RFC 9110 §15.2.2); behind any
 * other answer it would take what the client says next for requests that nobody has looked at.
 */
export class UpgradeAnswerReader implements MessageSink<ResponseHead> {
  readonly #method: string;
  readonly #reader = new MessageReader<ResponseHead>(this, headerBytes);
  #isSwitched = false;
  #isOver = false;

  constructor(method: string) {
    this.#method = method;
  }

  read(chunk: Buffer): UpgradeAnswer {
    const taken = this.#reader.read(chunk, 0);
    if (typeof taken !== "number") return taken;
    if (this.#isSwitched) return { kind: "switched" };
    return this.#isOver ? { kind: "declined", taken } : { kind: "unfinished" };
  }

  parseHead(text: string, end: number): ResponseHead | Malformed {
    return parseResponseHead(text, end, this.#method === "HEAD");
  }

  onHead({ status }: ResponseHead): boolean {
    this.#isSwitched = status === 101;
    return this.#isSwitched || status >= 200;
  }

  onBody(): void {
    // It is passed on as it came.
  }

  onBodyEnd(): void {
    this.#isOver = true;
  }
}
