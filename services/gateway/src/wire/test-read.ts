import { latin1 } from "./chunk-text.ts";
import type { Framing } from "./framing.ts";
import type { Malformed } from "./malformed.ts";
import { MessageReader } from "./message-reader.ts";
import { parseRequestHead, type RequestHead } from "./request-head.ts";
import { parseResponseHead, type ResponseHead } from "./response-head.ts";

export type Message<THead> = { readonly head: THead; readonly body: string; readonly trailers: readonly string[] };

/** What came out of some bytes: whole messages, and how it ended. */
export type Read<THead> = {
  readonly messages: readonly Message<THead>[];
  readonly end: "at-start" | "rest" | "unfinished" | "malformed" | "until-close";
  readonly status?: number;
};

type Head = { readonly kind: string; readonly framing: Framing };

export const readRequests = (text: string, cuts: readonly number[] = []): Read<RequestHead> =>
  read({ text, cuts, isLast: ({ isKept }) => !isKept }, (head, end) => parseRequestHead(head, end, 50));

/** Of a connection that is closed behind the text. */
export const readResponse = (text: string, isForHead: boolean, cuts: readonly number[] = []): Read<ResponseHead> =>
  read({ text, cuts, isLast: () => true }, (head, end) => parseResponseHead(head, end, isForHead));

type Reading<THead> = {
  readonly text: string;
  readonly cuts: readonly number[];
  readonly isLast: (head: THead) => boolean;
};

function read<THead extends Head>(
  { text, cuts, isLast }: Reading<THead>,
  parse: (text: string, end: number) => THead | Malformed,
): Read<THead> {
  const messages: Message<THead>[] = [];
  let [head, body]: [THead | undefined, string] = [undefined, ""];
  const reader = new MessageReader<THead>(
    {
      parseHead: parse,
      onHead(next) {
        if ("status" in next && (next.status as number) < 200) return false;
        [head, body] = [next, ""];
        return true;
      },
      onBody: (chunk, from, to) => void (body += latin1(chunk.subarray(from, to))),
      onBodyEnd: (trailers) => void messages.push({ head: head as THead, body, trailers }),
    },
    8_192,
  );
  for (const chunk of split(text, cuts)) {
    for (let at = 0; at < chunk.length; ) {
      const last = messages.at(-1);
      if (last && isLast(last.head)) return { messages, end: "rest" };
      const to = reader.read(chunk, at);
      if (typeof to !== "number") return { messages, end: "malformed", status: to.status };
      at = to;
    }
  }
  if (reader.endOfConnection()) return { messages, end: "until-close" };
  return { messages, end: reader.isAtStart ? "at-start" : "unfinished" };
}

function split(text: string, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).toSorted((one, other) => one - other), text.length];
  return places
    .map((place, index) => Buffer.from(text.slice(place, places[index + 1] ?? text.length), "latin1"))
    .filter((chunk) => chunk.length > 0);
}
