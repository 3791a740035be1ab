import { connect, createServer, type ListenOptions, type NetConnectOpts, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/**
 * A piece of the way to a TCP server that can go bad. `silent`: what is under way stays open, new connections are taken, and
 * not a byte passes in either direction, as on a path that drops everything. `slow`: each piece waits.
 */
export type DoorMood =
  | { readonly kind: "open" }
  | { readonly kind: "silent" }
  | { readonly kind: "slow"; readonly ms: number };

export interface Door {
  set(mood: DoorMood): void;
  /** Falls silent with the first piece from a client that holds this text, and before that piece is through; resolves then. */
  silenceAt(text: string): Promise<void>;
  /** Resets every connection that stands; new ones are taken. */
  reset(): void;
  readonly port: number;
  close(): Promise<void>;
}

/** `to` is asked for each connection: it may have moved. */
export async function openDoor(at: ListenOptions, to: () => NetConnectOpts): Promise<Door> {
  let mood: DoorMood = { kind: "open" };
  const sockets = new Set<Socket>();
  const hold = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
  };
  let trap: { readonly text: string; readonly sprung: () => void } | undefined;
  const pass = (from: Socket, into: Socket, isClient = false): void => {
    let waiting = 0;
    let written = Promise.resolve();
    const writeLater = (bytes: Buffer, ms: number): void => {
      waiting += 1;
      const due = pause(ms);
      written = written
        .then(() => due)
        .then(() => {
          waiting -= 1;
          into.write(bytes);
        });
    };
    from.on("data", (bytes: Buffer) => {
      if (isClient && trap && bytes.includes(trap.text)) {
        mood = { kind: "silent" };
        trap.sprung();
        trap = undefined;
      }
      // What a silent path has dropped never arrives; TCP would send it again, so it is kept for when the path is back.
      if (mood.kind === "silent") return hush(from, bytes);
      // What comes through a door that has healed goes behind what still waits: TCP keeps the order.
      if (mood.kind === "open" && waiting === 0) return void into.write(bytes);
      writeLater(bytes, mood.kind === "slow" ? mood.ms : 0);
    });
  };
  const hush = (socket: Socket, bytes: Buffer): void => {
    socket.pause();
    socket.unshift(bytes);
  };
  const server = createServer((near) => {
    hold(near);
    const far = connect(to());
    hold(far);
    pass(near, far, true);
    pass(far, near);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  await new Promise<void>((settle, fail) => server.once("error", fail).listen(at, settle));
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    set(next) {
      mood = next;
      if (next.kind !== "silent") for (const socket of sockets) socket.resume();
    },
    silenceAt: (text) =>
      new Promise((sprung) => {
        trap = { text, sprung };
      }),
    reset() {
      // A socket file knows no reset.
      for (const socket of sockets) {
        if (socket.remoteFamily === undefined) socket.destroy();
        else socket.resetAndDestroy();
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
