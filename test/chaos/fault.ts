import type { Place } from "./net/places.ts";
import type { Scene } from "./scene.ts";

/** Where every fault begins: the preferred site serves. */
export const home: Place = "site-a";

/** What must come of a fault. */
export type Expect =
  /**
   * Every nameserver that clients reach answers `to` only, after one move or as many as are named; those of `lost` they don't
   * reach.
   */
  | { readonly kind: "moves"; readonly to: Place; readonly lost?: Place; readonly moves?: number }
  /** Nobody is answered anything else, for so long and until all has recovered. `at` is where it was before. Default: home. */
  | { readonly kind: "stays"; readonly forMs: number; readonly at?: Place }
  /** No more than so many moves by themselves. */
  | { readonly kind: "calm"; readonly forMs: number; readonly movesMax: number };

/** One fault of the reference's table, injected for real. */
export type Fault = {
  readonly id: string;
  readonly about: string;
  /** By what it is injected. */
  readonly how: string;
  readonly expect: Expect;
  /** What must be so before, apart from rest. */
  readonly prepare?: (scene: Scene) => Promise<void>;
  /** Answers from when on the move is timed, by the monotonic clock; nothing: from the beginning. */
  readonly inject: (scene: Scene) => Promise<number | void>;
  readonly heal: (scene: Scene) => Promise<void>;
  /** While the fault lasts, once what was expected has come: why it is not as it must be. */
  readonly whyWrong?: (scene: Scene) => Promise<string | undefined>;
  /** The same, after it was healed and everything had recovered. */
  readonly whyWrongAfter?: (scene: Scene) => Promise<string | undefined>;
};
