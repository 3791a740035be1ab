import { formatFence } from "@sluice/core";
import type { Clock } from "@sluice/ports";
import { sleep } from "@sluice/runtime";
import type { ArbiterContext } from "./context.ts";
import { verify } from "./verify.ts";

/** After each publication, once: asks the nameservers over the wire until they answer by it, and journals what they said. */
export function makeAnnouncer(
  clock: Clock,
  parts: Pick<ArbiterContext, "keeper" | "loop" | "journal" | "signal">,
): () => void {
  let published = "";
  return () => {
    const { snapshot } = parts.keeper.durable();
    if (!snapshot || !parts.loop.isLeading() || formatFence(snapshot.fence) === published) return;
    published = formatFence(snapshot.fence);
    void verify({ clock, sleep }, parts.keeper.durable(), parts.signal).then((events) => {
      if (published === formatFence(snapshot.fence)) parts.journal.note(events);
    });
  };
}
