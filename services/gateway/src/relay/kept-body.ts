import { Readable } from "node:stream";

/**
 * A request's body on its way to the pool, kept up to a bound for the one retry there may be. It is read from the client no
 * faster than the pool takes it, so what is held beyond the bound is what lies in buffers.
 */
export interface KeptBody {
  /** The body from its beginning, for one more attempt; the one before gets nothing more. Only while `isHeld`. */
  attempt(): Readable;
  /** Everything that was read is still here. */
  isHeld(): boolean;
  /** Bytes read so far. */
  bytes(): number;
  /** No attempt will follow: nothing more is kept. */
  settle(): void;
  /** Reads no further, as when the pool has answered without wanting the rest. */
  leave(): void;
}

export function keepBody(source: Readable, bytesMax: number): KeptBody {
  let kept: Buffer[] | undefined = [];
  let bytes = 0;
  let held = 0;
  let isEnded = false;
  let current: Readable | undefined;

  source.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    held += chunk.length + pieceBytes;
    if (held > bytesMax) kept = undefined;
    kept?.push(chunk);
    if (current && !current.push(chunk)) source.pause();
  });
  source.on("end", () => {
    isEnded = true;
    current?.push(null);
  });
  // A client that breaks off is noticed by its answer's end; the attempt is then aborted whole.
  source.on("error", () => undefined);

  return {
    attempt() {
      const body = new Readable({ read: () => void source.resume() });
      body.on("error", () => undefined);
      for (const chunk of kept ?? []) body.push(chunk);
      if (isEnded) body.push(null);
      current = body;
      return body;
    },
    isHeld: () => kept !== undefined,
    bytes: () => bytes,
    settle() {
      kept = undefined;
    },
    leave() {
      kept = undefined;
      current = undefined;
      source.pause();
    },
  };
}

/** Unit: bytes. What a piece costs beside its bytes, which may be one. */
const pieceBytes = 256;
