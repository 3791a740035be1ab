import type { Logger } from "@sluice/runtime";
import type { Routes } from "./compile-routes.ts";
import type { DataPath } from "./data-path.ts";
import type { GatewayMetrics } from "./metrics.ts";

/** `waiting`: no snapshot with a route has come yet, so nobody is listened for. */
export type DoorState = "waiting" | "serving" | "draining" | "closed";

/** When clients are listened for, and when they are bidden to go elsewhere. */
export interface Doors {
  state(): DoorState;
  routes(): Routes | undefined;
  /** From now on. The first that routes anything opens the doors. */
  use(routes: Routes): void;
  /** Resolves when what was to be opened is open; rejects when it can't be. */
  opened(): Promise<void>;
  /** Resolves when nothing is under way any more, or when the signal aborts. */
  drain(signal: AbortSignal): Promise<void>;
  undrain(): void;
  close(): Promise<void>;
}

type Deps = {
  readonly dataPath: DataPath;
  readonly logger: Logger;
  readonly metrics: Pick<GatewayMetrics, "serving" | "epoch" | "sequence">;
  /** The doors could not be opened. */
  readonly onFailure: (error: unknown) => void;
};

/** Nothing is listened on before something can be served: a client that is refused goes elsewhere, one that waits doesn't. */
export function makeDoors({ dataPath, logger, metrics, onFailure }: Deps): Doors {
  let door: "waiting" | "serving" | "closed" = "waiting";
  let isDraining = false;
  let routes: Routes | undefined;
  let opening: Promise<void> | undefined;

  async function open(): Promise<void> {
    await dataPath.open();
    if (door === "waiting") door = "serving";
    metrics.serving.set(1);
    logger.info({ event: "ready" }, "clients are served");
  }

  return {
    state: () => (door === "serving" && isDraining ? "draining" : door),
    routes: () => routes,
    use(next) {
      if (door === "closed") return;
      routes = next;
      dataPath.use(next);
      metrics.epoch.set(next.snapshot.fence.epoch);
      metrics.sequence.set(next.snapshot.fence.sequence);
      if (opening || next.byHost.size === 0) return;
      opening = open();
      opening.catch(onFailure);
    },
    opened: () => opening ?? Promise.resolve(),
    async drain(signal) {
      isDraining = true;
      await dataPath.drain(signal);
    },
    undrain() {
      isDraining = false;
      dataPath.undrain();
    },
    async close() {
      door = "closed";
      await opening?.catch(() => undefined);
      await dataPath.close();
    },
  };
}
