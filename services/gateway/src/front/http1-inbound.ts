import { STATUS_CODES } from "node:http";
import type { Body, HeaderList, Hop, Inbound, ResponseForm } from "../relay/inbound.ts";
import { chunkLine, chunkText, lastChunk, latin1, shortBytes } from "../wire/chunk-text.ts";
import type { RequestHead } from "../wire/request-head.ts";
import type { ClientConnection } from "./client-connection.ts";
import { httpDate } from "./http-date.ts";

/** How the client tells where the answer's body ends. `close`: a client of HTTP/1.0 doesn't know chunks. */
type Form = "none" | "length" | "chunked" | "close";

/** One request of HTTP/1.1, and its answer. What is said between two flushes leaves in one write, at the end of the turn. */
export class Http1Inbound implements Inbound {
  readonly protocol = "http1";
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: HeaderList;
  readonly body: Body;
  readonly isTls: boolean;
  readonly remoteAddress: string;
  readonly hop: Hop | undefined;
  readonly #connection: ClientConnection;
  readonly #head: RequestHead;
  #form: Form = "none";
  #isKept = true;
  /** Bytes that the answer's length has promised. */
  #owed = 0;
  /** What is to be sent with what comes next, or at the next flush; a character for each byte. */
  #text = "";
  #isBegun = false;
  #isOver = false;
  #onDrain: (() => void) | undefined;
  #onGone: ((isWhole: boolean) => void) | undefined;

  constructor(connection: ClientConnection, head: RequestHead, body: Body) {
    this.#connection = connection;
    this.#head = head;
    this.method = head.method;
    this.path = head.path;
    this.authority = head.authority;
    this.headers = head.headers;
    this.body = body;
    this.isTls = connection.isTls;
    this.remoteAddress = connection.remoteAddress;
    this.hop = connection.hop;
  }

  /** Something of the answer may have been sent. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  respond(status: number, headers: HeaderList, form: ResponseForm): void {
    if (this.#isBegun || this.#isOver) return;
    this.#isBegun = true;
    this.#text = this.#headText(status, headers, form);
    if (form === "empty") this.end();
  }

  #headText(status: number, headers: HeaderList, form: ResponseForm): string {
    const { isHttp11, isKept } = this.#head;
    const { limits, events } = this.#connection.shared;
    const isBodiless = this.method === "HEAD" || status === 204 || status === 304;
    let text = statusLine(status);
    let length: string | undefined;
    let isDated = false;
    for (let index = 0; index < headers.length; index += 2) {
      const [name, value] = [headers[index] as string, headers[index + 1] as string];
      if (name === "content-length") {
        if (status === 204) continue;
        length = value;
      } else if (name === "date") isDated = true;
      text += `${name}: ${value}\r\n`;
    }
    if (!isDated) text += `date: ${httpDate()}\r\n`;
    if (isBodiless) this.#form = "none";
    else if (length !== undefined || form === "empty") {
      this.#form = "length";
      this.#owed = Number(length ?? 0);
      if (length === undefined) text += "content-length: 0\r\n";
    } else this.#form = isHttp11 ? "chunked" : "close";
    if (this.#form === "chunked") text += "transfer-encoding: chunked\r\n";
    this.#isKept = isKept && this.#form !== "close" && this.#connection.isRequestWhole && !events.isDraining();
    if (!this.#isKept) return `${text}connection: close\r\n\r\n`;
    return `${text}connection: keep-alive\r\nkeep-alive: timeout=${Math.floor(limits.keptMs / 1_000)}\r\n\r\n`;
  }

  write(chunk: Uint8Array, isLent: boolean): boolean {
    if (this.#isOver || this.#form === "none" || chunk.length === 0) return true;
    const { socket } = this.#connection;
    this.#connection.touch();
    if (this.#form === "length") {
      this.#owed -= chunk.length;
      if (this.#owed < 0) {
        this.cut();
        return true;
      }
    }
    const isChunked = this.#form === "chunked";
    if (chunk.length > shortBytes) {
      socket.cork();
      if (isChunked) this.#text += chunkLine(chunk.length);
      this.#flush();
      this.#connection.send();
      socket.write(isLent ? Buffer.from(chunk) : chunk);
      if (isChunked) socket.write("\r\n", "latin1");
      socket.uncork();
      return !socket.writableNeedDrain;
    }
    this.#text += isChunked ? chunkText(chunk) : latin1(chunk);
    if (this.#text.length > shortBytes) this.#flush();
    return !socket.writableNeedDrain;
  }

  end(trailers?: HeaderList): void {
    if (this.#isOver) return;
    if (this.#form === "length" && this.#owed > 0) return this.cut();
    this.#isOver = true;
    if (this.#form === "chunked") this.#text += lastChunk(trailers);
    this.#flush();
    this.#onGone?.(true);
    this.#connection.answered(this.#isKept);
  }

  /** Whoever waits to be told that the client has gone is told when the socket has closed. */
  cut(): void {
    this.#text = "";
    this.#connection.send();
    this.#connection.socket.destroy();
  }

  flush(): void {
    if (!this.#isOver) this.#flush();
  }

  #flush(): void {
    if (this.#text === "") return;
    this.#connection.touch();
    this.#connection.say(this.#text);
    this.#text = "";
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  onGone(listener: (isWhole: boolean) => void): void {
    this.#onGone = listener;
  }

  drained(): void {
    this.#connection.touch();
    this.#onDrain?.();
  }

  /** The client has left, or said something after which it can't be answered. */
  leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onGone?.(false);
  }
}

const statusLines = new Map<number, string>();

function statusLine(status: number): string {
  const known = statusLines.get(status);
  if (known !== undefined) return known;
  const line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n`;
  statusLines.set(status, line);
  return line;
}
