import type { Config, SiteName } from "@sluice/core";

/** A piece of the configuration, with the path at which it stands in the file. */
export type Piece<T> = { readonly path: string; readonly value: T };

/**
 * The configuration as far as its shape is right. Checks of meaning read it through this, so that one misspelt word hides
 * no other problem, and nothing is said about a value that has a problem already.
 */
export interface Parts {
  /** To be read only where `isSound` says so. */
  readonly config: Config;
  /** True when neither this path, nor anything around or below it, has the wrong shape. */
  isSound(...paths: readonly string[]): boolean;
  /** The entries of a list of which the fields `needs` are sound. */
  pieces<T, K extends keyof T & string>(
    path: string,
    list: readonly T[],
    needs: readonly K[],
  ): readonly Piece<Pick<T, K>>[];
  /** One field of each entry of a list, where it is sound, at its own path. */
  leaves<T, K extends keyof T & string>(path: string, list: readonly T[], key: K): readonly Piece<T[K]>[];
  /** As `leaves`, for lists and mappings that are themselves there but may hold what is not sound: read on by the paths. */
  within<T, K extends keyof T & string>(path: string, list: readonly T[], key: K): readonly Piece<T[K]>[];
  /** The sound entries of a list of plain values. */
  entries<T>(path: string, list: readonly T[]): readonly Piece<T>[];
  /** Every site with its role, or undefined while some site has no readable name or role. */
  readonly roles: ReadonlyMap<SiteName, "serving" | "witness"> | undefined;
}

export function makeParts(config: Config, unsound: readonly string[]): Parts {
  const wrong = new Set(unsound);
  const touched = new Set(unsound.flatMap((path) => [path, ...around(path)]));
  // Of ten thousand services as they should be, no path need be taken apart.
  const isReachable = (path: string): boolean =>
    wrong.size === 0 || (!wrong.has(path) && !around(path).some((outer) => wrong.has(outer)));
  const isSound = (...paths: readonly string[]): boolean =>
    paths.every((path) => !touched.has(path) && isReachable(path));
  const entries = <T>(path: string, list: readonly T[]): readonly Piece<T>[] =>
    Array.isArray(list)
      ? list.map((value: T, index) => ({ path: `${path}[${index}]`, value })).filter((piece) => isReachable(piece.path))
      : [];
  const pieces: Parts["pieces"] = (path, list, needs) =>
    entries(path, list).filter((piece) => isSound(...needs.map((need) => `${piece.path}.${need}`)));
  const leaves: Parts["leaves"] = (path, list, key) =>
    pieces(path, list, [key]).map((piece) => ({ path: `${piece.path}.${key}`, value: piece.value[key] }));
  const within: Parts["within"] = (path, list, key) =>
    entries(path, list)
      .map((piece) => ({ path: `${piece.path}.${key}`, value: piece.value[key] }))
      .filter((piece) => isReachable(piece.path));
  const sites = pieces("sites", config.sites, ["name", "role"]);
  const areAllReadable = Array.isArray(config.sites) && sites.length === config.sites.length;
  return {
    config,
    isSound,
    pieces,
    leaves,
    within,
    entries: (path, list) => entries(path, list).filter((piece) => isSound(piece.path)),
    // Of two sites with one name, the first is meant.
    roles: areAllReadable ? new Map(sites.toReversed().map(({ value }) => [value.name, value.role])) : undefined,
  };
}

/** The paths of what a path lies in: of `a[0].b`, `a[0]` and `a`. */
function around(path: string): readonly string[] {
  return [...path.matchAll(/[.[]/g)].map((match) => path.slice(0, match.index)).filter((outer) => outer !== "");
}
