import { type ArbiterConfig, type Config, SluiceError } from "@sluice/core";
import { type ConfigInForce, fetchConfig } from "../follow-config.ts";
import { followKeysets } from "../follow-keysets.ts";
import type { Keyring } from "../keyring.ts";
import { repeat } from "../waiting.ts";
import { askOnce, type Source, type SubscribeDeps, subscribe } from "./subscribe.ts";

const lookEveryMs = 500;
const askPeersEveryMs = 2_000;

export type SourcesDeps = SubscribeDeps & {
  readonly keyring: Keyring;
  readonly stateDir: string;
  /** Nodes of the same kind, this one included: they may hold what no arbiter can be asked for. */
  readonly nodes: (config: Config) => readonly Source[];
  readonly onRevision: (revision: number) => void;
};

/**
 * Keeps a subscription to every arbiter of the configuration in force, until the signal. A snapshot names its revision, so a
 * newer one is noticed there and fetched from whichever arbiter has it; arbiters that came are followed, those that went are
 * let go. What cannot be fetched now is tried again.
 */
export async function followSources(deps: SourcesDeps, start: ConfigInForce, signal: AbortSignal): Promise<void> {
  let inForce = start;
  const lines = makeLines(deps, signal);
  lines.follow(inForce.config.arbiters);
  const onError = (error: unknown): void =>
    deps.logger.error({ err: error, event: "config-failed" }, "a newer configuration could not be taken");
  const looking = repeat({ everyMs: lookEveryMs, signal, onError }, async () => {
    const next = await newerConfig(deps, inForce, signal);
    if (!next) return;
    inForce = next;
    deps.onRevision(next.revision);
    lines.follow(next.config.arbiters);
  });
  // Without any snapshot there is nothing to serve, so peers, which may have one, are asked for as long as that lasts.
  const asking = repeat({ everyMs: askPeersEveryMs, signal, onError }, async () => {
    if (!deps.shelf.current()) await askAll(deps, peersOf(deps, inForce), signal);
  });
  await Promise.all([looking, asking, followKeysets(deps, () => inForce.config.arbiters, signal)]);
  await lines.ended();
}

const peersOf = ({ node, nodes }: SourcesDeps, { config }: ConfigInForce): readonly Source[] =>
  nodes(config).filter((entry) => entry.name !== node);

/** Everybody who may hold a snapshot: the arbiters and this node's peers. */
export const sourcesOf = (deps: SourcesDeps, inForce: ConfigInForce): readonly Source[] => [
  ...inForce.config.arbiters,
  ...peersOf(deps, inForce),
];

export async function askAll(deps: SubscribeDeps, sources: readonly Source[], signal: AbortSignal): Promise<void> {
  await Promise.all(sources.map((source) => askOnce(deps, source, signal)));
}

async function newerConfig(
  deps: SourcesDeps,
  inForce: ConfigInForce,
  signal: AbortSignal,
): Promise<ConfigInForce | undefined> {
  const wanted = deps.shelf.current()?.snapshot.configRevision ?? 0;
  if (wanted <= inForce.revision) return undefined;
  for (const arbiter of inForce.config.arbiters) {
    const next = await fetchConfig(deps, { arbiter, revision: inForce.revision }, signal);
    if (next) return next;
  }
  return undefined;
}

type Line = { readonly stop: AbortController; readonly done: Promise<void> };

function makeLines(deps: SourcesDeps, signal: AbortSignal) {
  const lines = new Map<string, Line>();
  const ended: Promise<void>[] = [];
  const keyOf = (arbiter: ArbiterConfig): string => `${arbiter.name} ${arbiter.url}`;
  return {
    follow(arbiters: readonly ArbiterConfig[]): void {
      const keys = new Set(arbiters.map(keyOf));
      for (const [key, line] of lines) {
        if (keys.has(key)) continue;
        line.stop.abort(new SluiceError("UNREACHABLE", `${key} is not an arbiter any more`));
        lines.delete(key);
        ended.push(line.done);
      }
      for (const arbiter of arbiters) {
        if (lines.has(keyOf(arbiter))) continue;
        const stop = new AbortController();
        const done = subscribe(deps, arbiter, AbortSignal.any([signal, stop.signal]));
        lines.set(keyOf(arbiter), { stop, done });
      }
    },
    async ended(): Promise<void> {
      await Promise.all([...ended, ...Array.from(lines.values(), (line) => line.done)]);
    },
  };
}
