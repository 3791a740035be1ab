import { unreadableFiles } from "@sluice/contract";
import type { ArbiterConfig } from "@sluice/core";
import { type ConfigInForce, fetchConfig } from "@sluice/runtime";

/** Holds the configuration in force, and takes up a newer one when an arbiter says that there is one. */
export interface ConfigFollower {
  now(): ConfigInForce;
  /** Whom to tell of the first and of every newer configuration. */
  onChange(listener: (inForce: ConfigInForce) => void): void;
  /** Tells the listener what is in force. */
  begin(): void;
  /** An arbiter has said which revision it goes by. */
  heard(arbiter: ArbiterConfig, revision: number): void;
  /** Resolves when no fetch is under way. */
  settled(): Promise<void>;
}

export function makeConfigFollower(
  deps: Parameters<typeof fetchConfig>[0] & { readonly signal: AbortSignal },
  atStart: ConfigInForce,
): ConfigFollower {
  let inForce = atStart;
  let tell: (inForce: ConfigInForce) => void = () => undefined;
  let fetching: Promise<void> | undefined;
  let complainedOf = 0;

  async function fetchFrom(arbiter: ArbiterConfig): Promise<void> {
    try {
      const next = await fetchConfig(deps, { arbiter, revision: inForce.revision, isUsable: hasFiles }, deps.signal);
      if (!next || deps.signal.aborted) return;
      inForce = next;
      tell(inForce);
    } catch (error) {
      deps.logger.error({ event: "config-failed", err: error }, "a newer configuration could not be kept on disk");
    }
  }

  /** Without its authorities every look would fail, and call healthy sites down: the old revision's votes count as unknown instead. */
  async function hasFiles({ revision, config }: ConfigInForce): Promise<boolean> {
    const problems = await unreadableFiles(config);
    if (problems.length > 0 && complainedOf !== revision) {
      deps.logger.error({ event: "config-failed", revision, problems }, "a newer configuration names unreadable files");
      complainedOf = revision;
    }
    return problems.length === 0;
  }

  return {
    now: () => inForce,
    onChange(listener) {
      tell = listener;
    },
    begin: () => tell(inForce),
    heard(arbiter, revision) {
      // One at a time: all arbiters name a new revision within a second, and there is one file to keep it in.
      if (revision <= inForce.revision || deps.signal.aborted) return;
      fetching ??= fetchFrom(arbiter).finally(() => {
        fetching = undefined;
      });
    },
    settled: async () => fetching,
  };
}
