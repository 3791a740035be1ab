/**
 * How a server-sent event stream ended.
 *
 * `done`: the end was announced, by `data: [DONE]` or by a `finish_reason`. `error`: an event of it was an error,
 * wherever it stood. `cut`: it spoke as OpenAI's streams do (it bore `"choices"`), and no end was announced.
 * `unmarked`: some other kind of stream, which announces no end, so that nothing can be missed: it ended well if its
 * body did.
 */
export type SseEnding = "done" | "error" | "cut" | "unmarked";

export interface SseWatch {
  /**
   * Looks at the next bytes of the body. It keeps none of them beyond this call but what it copied, 2.5 KiB at most.
   */
  see(chunk: Uint8Array): void;
  /**
   * Where the stream would stand if it ended here. Before a clean end it means what it says only for `done` and
   * `error`.
   */
  ending(): SseEnding;
}

/**
 * Watches one event stream pass, at almost no cost: model servers answer 200 and then fail within (vllm#40986), which
 * no status shows.
 *
 * Intuition: an end or an error stands at the *beginning* of a line, since within JSON a line feed is escaped; no text
 * that a model writes can look like one. So from each line its first bytes are read until they are not what is looked
 * for, nine or so, and the rest is skipped by a native search for the line feed. The `finish_reason`, which stands
 * somewhere in its line, is looked for once, at the end, in a short tail, and `"choices"` in that and in a short head.
 *
 * Not done: lines that end in a bare CR, which SSE allows and no model server writes; `event: error`, whose meaning is
 * the application's; the error's own code; compressed bodies, which the caller must not pass.
 */
export function watchSse(): SseWatch {
  const line = watchLines();
  const ends = keepEnds();
  return {
    see(chunk) {
      line.see(chunk);
      ends.see(chunk);
    },
    ending() {
      if (line.isError()) return "error";
      if (line.isDone()) return "done";
      const text = ends.text();
      // A model's own text can't match: within it every quote is escaped.
      if (/"finish_reason"\s*:\s*"/.test(text)) return "done";
      return text.includes('"choices"') ? "cut" : "unmarked";
    },
  };
}

/** A blank in a pattern stands for any number of blanks, none included. */
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const dataPattern = bytesOf("data: ");
const donePattern = bytesOf("[DONE]");
/**
 * What comes behind it decides: an object or a text is an error; `"error":null` stands in every event of some servers.
 */
const errorPattern = bytesOf('{ "error" : ');

const [lineFeed, space, tab, quote, openBrace, openBracket] = [10, 32, 9, 34, 123, 91] as const;

function watchLines(): { see(chunk: Uint8Array): void; isDone(): boolean; isError(): boolean } {
  // Where we are in the line: so far into that pattern, or, with none, past everything of interest.
  let pattern: Uint8Array | undefined = dataPattern;
  let at = 0;
  let isDone = false;
  let isError = false;

  /**
   * What is next to be matched once `byte`, which no longer belongs to the pattern that has just been passed, was read.
   */
  const follow = (byte: number): void => {
    if (pattern === dataPattern && (byte === openBrace || byte === openBracket)) {
      pattern = byte === openBrace ? errorPattern : donePattern;
      at = 1;
      return;
    }
    if (pattern === errorPattern && (byte === openBrace || byte === quote)) isError = true;
    pattern = undefined;
  };

  const take = (expected: Uint8Array, byte: number): void => {
    if (expected[at] === space) {
      if (byte === space || byte === tab) return;
      at += 1;
    }
    if (at === expected.length) return follow(byte);
    if (expected[at] !== byte) pattern = undefined;
    else at += 1;
    if (pattern === donePattern && at === donePattern.length) {
      isDone = true;
      pattern = undefined;
    }
  };

  return {
    see(chunk) {
      let index = 0;
      while (index < chunk.length) {
        if (pattern === dataPattern && at === 0 && isOrdinary(chunk, index)) pattern = undefined;
        if (pattern === undefined) {
          index = chunk.indexOf(lineFeed, index);
          if (index < 0) return;
        }
        const byte = chunk[index] ?? lineFeed;
        index += 1;
        if (byte === lineFeed) {
          pattern = dataPattern;
          at = 0;
        } else if (pattern !== undefined) take(pattern, byte);
      }
    },
    isDone: () => isDone,
    isError: () => isError,
  };
}

/**
 * Nearly every line of a model's stream is of this kind, and to see it here takes a fifth of the steps: data, and an object whose
 * first field can't be `error`.
 */
const isOrdinary = (chunk: Uint8Array, from: number): boolean =>
  chunk[from + 7] === quote &&
  chunk[from + 8] !== letterE &&
  chunk[from + 6] === openBrace &&
  chunk[from + 5] === space &&
  chunk[from + 4] === dataPattern[4] &&
  chunk[from + 3] === dataPattern[3] &&
  chunk[from + 2] === dataPattern[2] &&
  chunk[from + 1] === dataPattern[1] &&
  chunk[from] === dataPattern[0] &&
  from + 8 < chunk.length;

const letterE = 101;

const headBytesMax = 512;
/** The last event with a `finish_reason`, and one with the usage behind it, are some 400 bytes each. */
const tailBytesMax = 1_024;

/** The first and the last bytes of a body. Each byte is copied twice at most, and nothing is allocated but once. */
function keepEnds(): { see(chunk: Uint8Array): void; text(): string } {
  const head = new Uint8Array(headBytesMax);
  const tail = new Uint8Array(2 * tailBytesMax);
  let headLength = 0;
  let tailLength = 0;
  return {
    see(chunk) {
      if (headLength < headBytesMax) {
        const part = chunk.subarray(0, headBytesMax - headLength);
        head.set(part, headLength);
        headLength += part.length;
      }
      const part = chunk.length > tailBytesMax ? chunk.subarray(-tailBytesMax) : chunk;
      if (tailLength + part.length > tail.length) {
        tail.copyWithin(0, tailLength - tailBytesMax, tailLength);
        tailLength = tailBytesMax;
      }
      tail.set(part, tailLength);
      tailLength += part.length;
    },
    text() {
      // The line feed keeps the two apart. Byte by byte into characters, as what is looked for is ASCII.
      const end = tail.subarray(Math.max(0, tailLength - tailBytesMax), tailLength);
      return `${latin1(head.subarray(0, headLength))}\n${latin1(end)}`;
    },
  };
}

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
