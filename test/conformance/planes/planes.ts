import type { PlaneKind } from "../plane.ts";
import { haproxy } from "./haproxy.ts";
import { sluice } from "./sluice.ts";

/** Every data plane that can be held to the suite. `SLUICE_PLANE=haproxy` plays on that one alone. */
export function planes(): readonly PlaneKind[] {
  const all = [sluice, haproxy];
  const wanted = process.env["SLUICE_PLANE"];
  if (wanted === undefined) return all;
  const chosen = all.filter((kind) => kind.name === wanted);
  if (chosen.length > 0) return chosen;
  throw new Error(`SLUICE_PLANE=${wanted} is no plane; there are ${all.map((kind) => kind.name).join(", ")}`);
}
