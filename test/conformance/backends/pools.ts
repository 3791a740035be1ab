import type { PoolName } from "../plane.ts";
import { type Backend, startBackend } from "./backend.ts";
import type { Mood } from "./mood.ts";

/** All backends of one scene: channel × site, some endpoints each. */
export interface Pools {
  readonly all: readonly Backend[];
  /** Those of a pool; or of a whole site, or a whole channel. */
  of(where: { readonly channel?: string; readonly site?: string }): readonly Backend[];
  endpoints(): ReadonlyMap<PoolName, readonly string[]>;
  setMood(where: { readonly channel?: string; readonly site?: string }, mood: Mood): Promise<void>;
  /** How often a named request arrived, at all of them together. */
  timesHeard(call: string): number;
  /** One more endpoint in a pool; telling the plane of it is the caller's affair. */
  grow(channel: string, site: string): Promise<Backend>;
  /** Everybody is well and remembers nothing. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export type PoolsShape = {
  readonly net: string;
  readonly sites: readonly string[];
  readonly channels: readonly string[];
  readonly endpoints: number;
  readonly http2: "grpc" | "routes";
};

export async function startPools(shape: PoolsShape): Promise<Pools> {
  const all: Backend[] = [];
  // Addresses apart from the gateways', so that whoever listens everywhere can't answer for a backend.
  const hostOf = (site: string): string => `${shape.net}.${101 + shape.sites.indexOf(site)}`;

  async function start(channel: string, site: string, index: number): Promise<Backend> {
    const backend = await startBackend({ site, channel, index, host: hostOf(site), http2: shape.http2 });
    all.push(backend);
    return backend;
  }

  for (const site of shape.sites)
    for (const channel of shape.channels)
      for (let index = 1; index <= shape.endpoints; index += 1) await start(channel, site, index);

  const of: Pools["of"] = ({ channel, site }) =>
    all.filter(
      (one) => (channel === undefined || one.channel === channel) && (site === undefined || one.site === site),
    );
  return {
    all,
    of,
    endpoints: () =>
      new Map(
        shape.sites.flatMap((site) =>
          shape.channels.map((channel): [PoolName, string[]] => [
            `${channel}@${site}`,
            of({ channel, site }).map((one) => one.endpoint),
          ]),
        ),
      ),
    async setMood(where, mood) {
      await Promise.all(of(where).map((one) => one.setMood(mood)));
    },
    timesHeard: (call) => all.reduce((sum, one) => sum + one.ledger.heard(call).length, 0),
    grow: (channel, site) => start(channel, site, of({ channel, site }).length + 1),
    async reset() {
      await Promise.all(all.map((one) => one.setMood({})));
      for (const one of all) one.ledger.clear();
    },
    async close() {
      await Promise.all(all.map((one) => one.close()));
    },
  };
}
