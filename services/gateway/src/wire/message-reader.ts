import { BodyReader, type BodySink } from "./body-reader.ts";
import type { Framing } from "./framing.ts";
import type { Malformed } from "./malformed.ts";
import { SectionReader } from "./section-reader.ts";

/** What is made of messages. A head comes first; `onBodyEnd` is the last of each. */
export interface MessageSink<THead extends { readonly framing: Framing }> extends BodySink {
  parseHead(text: string, end: number): THead | Malformed;
  /** False: it was no more than a word in between (1xx), and the head itself still follows. */
  onHead(head: THead): boolean;
}

/** Reads the messages of one connection, one after the other, in as many pieces as they come in. */
export class MessageReader<THead extends { readonly kind: string; readonly framing: Framing }> {
  readonly #sink: MessageSink<THead>;
  readonly #head: SectionReader;
  readonly #body: BodyReader;
  #isInBody = false;

  constructor(sink: MessageSink<THead>, headerBytes: number) {
    this.#sink = sink;
    this.#head = new SectionReader(headerBytes);
    this.#body = new BodyReader(sink, headerBytes);
  }

  /** Nothing of the next message has come yet. */
  get isAtStart(): boolean {
    return !this.#isInBody && !this.#head.isBegun;
  }

  /** Reads to the end of one message at most, and says how far that was. What is malformed can't be read on. */
  read(chunk: Buffer, from: number, end = chunk.length): number | Malformed {
    let at = from;
    while (at < end) {
      if (this.#isInBody) {
        const to = this.#body.read(chunk, at, end);
        if (typeof to !== "number") return to;
        at = to;
        this.#isInBody = !this.#body.isOver;
        if (!this.#isInBody) return at;
        continue;
      }
      const section = this.#head.read(chunk, at, end);
      if (section === undefined) return end;
      if (section.kind === "malformed") return section;
      const head = this.#sink.parseHead(section.text, section.end);
      if (isMalformed(head)) return head;
      at += section.taken;
      if (!this.#sink.onHead(head)) continue;
      this.#body.begin(head.framing);
      this.#isInBody = !this.#body.isOver;
      if (!this.#isInBody) return at;
    }
    return at;
  }

  /** The connection has ended. True: the body ended with it, as it was said that it would. */
  endOfConnection(): boolean {
    const isEnd = this.#isInBody && this.#body.endOfConnection();
    if (isEnd) this.#isInBody = false;
    return isEnd;
  }
}

const isMalformed = <THead extends { readonly kind: string }>(head: THead | Malformed): head is Malformed =>
  head.kind === "malformed";
