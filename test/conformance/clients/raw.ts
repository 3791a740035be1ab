import { connect, type Socket } from "node:net";

/** What came back over a plain socket, and how the connection stood when we stopped listening. */
export type Heard = {
  readonly text: string;
  readonly end: "closed" | "reset" | "open";
  /** Status codes of the answers in it, in order; none when it is no HTTP. */
  readonly statuses: readonly number[];
};

export type Line = { readonly host: string; readonly port: number };

/**
 * Writes bytes as they are, in as many pieces as given, and listens until the other side closes or has been silent for
 * `quietMs`. For what no client library would send.
 */
export async function say(
  { host, port }: Line,
  pieces: readonly (string | Buffer)[],
  { quietMs = 600, everyMs = 0 }: { readonly quietMs?: number; readonly everyMs?: number } = {},
): Promise<Heard> {
  const socket = await openLine({ host, port });
  const chunks: Buffer[] = [];
  let end: Heard["end"] = "open";
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const isQuiet = (): void => resolve();
  let quiet = setTimeout(isQuiet, quietMs);
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    clearTimeout(quiet);
    quiet = setTimeout(isQuiet, quietMs);
  });
  socket.on("end", () => {
    end = "closed";
    resolve();
  });
  socket.on("error", () => {
    end = "reset";
    resolve();
  });
  socket.on("close", () => {
    if (end === "open") end = "closed";
    resolve();
  });
  for (const piece of pieces) {
    if (socket.destroyed || end !== "open") break;
    socket.write(typeof piece === "string" ? Buffer.from(piece, "latin1") : piece);
    if (everyMs > 0) await new Promise((next) => setTimeout(next, everyMs));
    quiet.refresh();
  }
  await over;
  clearTimeout(quiet);
  socket.destroy();
  const text = Buffer.concat(chunks).toString("latin1");
  return { text, end, statuses: statusesOf(text) };
}

/** A connected socket. */
export function openLine({ host, port }: Line): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true }, () => resolve(socket));
    socket.once("error", reject);
  });
}

const statusesOf = (text: string): readonly number[] =>
  [...text.matchAll(/(?:^|\n)HTTP\/1\.[01] (\d{3})/g)].map((match) => Number(match[1]));
