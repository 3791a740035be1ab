import type { PlaneKind } from "../plane.ts";
import { haproxy } from "./haproxy.ts";
import { sluice } from "./sluice.ts";

/** Every data plane that can be held to the suite. */
const allPlanes: readonly PlaneKind[] = [sluice, haproxy];

/** Those to play on: ours, which is what `pnpm test` tests; others by name (`SLUICE_PLANE=haproxy`), or `all`. */
export function planes(): readonly PlaneKind[] {
  const wanted = process.env["SLUICE_PLANE"] ?? sluice.name;
  if (wanted === "all") return allPlanes;
  const chosen = allPlanes.filter((kind) => kind.name === wanted);
  if (chosen.length > 0) return chosen;
  throw new Error(
    `SLUICE_PLANE=${wanted} is no plane; there are all, ${allPlanes.map((kind) => kind.name).join(", ")}`,
  );
}
