import type { Socket } from "node:net";
import { type Door, makeDoor } from "./door.ts";

/** All ports of one model server: those that serve, and the admin port, which no fault closes. */
export type Doors = {
  readonly admin: Door;
  readonly serving: Door;
  readonly second: Door | undefined;
  /** Opens all, or rejects and leaves nothing open. */
  open(): Promise<void>;
  /** After this clients are refused, and those connected are reset; only `asker` keeps its connection until it is answered. */
  refuse(asker: Socket | undefined): void;
  /** Takes back `refuse`. */
  welcome(): Promise<void>;
  /** Stops listening everywhere; connections that stand are left alone. */
  shut(): void;
  /** Destroys every connection. */
  cut(): void;
  /** Resolves when the connections that stand now have closed. */
  emptied(): Promise<void>;
};

export type DoorsParts = {
  readonly host: string;
  readonly port: number;
  readonly secondPort: number | undefined;
  readonly adminPort: number;
  readonly onServing: (socket: Socket) => void;
  readonly onAdmin: (socket: Socket) => void;
};

export function makeDoors({ host, port, secondPort, adminPort, onServing, onAdmin }: DoorsParts): Doors {
  const admin = makeDoor(host, adminPort, onAdmin);
  const serving = makeDoor(host, port, onServing);
  const second = secondPort === undefined ? undefined : makeDoor(host, secondPort, onServing);
  const servingDoors = second === undefined ? [serving] : [serving, second];
  const doors = [admin, ...servingDoors];
  let isRefusing = false;

  function shut(): void {
    for (const door of doors) door.shut();
  }

  function sockets(): readonly Socket[] {
    return doors.flatMap((door) => [...door.sockets]);
  }

  return {
    admin,
    serving,
    second,
    async open() {
      try {
        await Promise.all(doors.map((door) => door.open()));
      } catch (error) {
        shut();
        throw error;
      }
    },
    refuse(asker) {
      isRefusing = true;
      for (const door of servingDoors) {
        door.shut();
        for (const socket of door.sockets) if (socket !== asker) socket.resetAndDestroy();
      }
    },
    async welcome() {
      if (!isRefusing) return;
      await Promise.all(servingDoors.map((door) => door.open()));
      isRefusing = false;
    },
    shut,
    cut() {
      for (const socket of sockets()) socket.destroy();
    },
    async emptied() {
      // Not events.once: it would reject for a connection that ends in a reset.
      const closed = (socket: Socket): Promise<void> =>
        new Promise((resolve) => void socket.once("close", () => resolve()));
      await Promise.all(sockets().map(closed));
    },
  };
}
