import { spawnSync } from "node:child_process";

/** The proxy under test has a core to itself; its backend and its clients share another. */
export type Place = "proxy" | "others";

export interface Cores {
  /** Which process runs where, for the reader of the results. */
  readonly said: string;
  /** What is started in here runs at that place, and all that it starts. */
  at<T>(place: Place, start: () => Promise<T>): Promise<T>;
}

const coreOf: Readonly<Record<Place, number>> = { proxy: 0, others: 1 };

/**
 * Children run where their parent ran when it started them, so it is this process that moves: to the proxy's core while a
 * proxy is started, and back. It works for whoever starts its children itself, as the planes of the conformance suite do.
 */
export function takeCores(): Cores {
  const because = pin("others", ["-a"]);
  if (because !== undefined) return { said: `nothing is pinned to a core: ${because}`, at: (_, start) => start() };
  return {
    said: `proxies on core ${coreOf.proxy}, backends and clients on core ${coreOf.others}, by taskset`,
    async at(place, start) {
      pin(place);
      try {
        return await start();
      } finally {
        pin("others");
      }
    },
  };
}

/** `-a`: every thread of this process. Without it the first one, which is the one that starts children. */
function pin(place: Place, flags: readonly string[] = []): string | undefined {
  const { error, status, stderr } = spawnSync(
    "taskset",
    [...flags, "-p", "-c", String(coreOf[place]), String(process.pid)],
    { encoding: "utf8" },
  );
  if (error) return "there is no taskset";
  return status === 0 ? undefined : stderr.trim();
}
