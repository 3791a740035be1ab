import type { Envelope, Fence } from "@sluice/core";
import { listen, makeLogger } from "@sluice/runtime";
import { makeHttpServer } from "@sluice/runtime/server";
import { until } from "../../scenarios/world/until.ts";

/**
 * An arbiter of a few lines: it hands a signed snapshot to whoever asks for something newer, holds the question open while
 * there is none, and takes the next question as an acknowledgement, as a real one does.
 */
export interface Desk {
  put(envelope: Envelope, fence: Fence): void;
  /** Resolves when each of these nodes has asked for something newer than the snapshot on the desk. */
  acknowledged(nodes: readonly string[]): Promise<void>;
  /** Hands out this instead, whatever is asked, until each node has taken it twice: so it has looked at it, and kept what it had. */
  pushBad(envelope: Envelope, nodes: readonly string[]): Promise<void>;
  /** Gone without a word; and back, at the same place, with what it had. */
  close(): Promise<void>;
  open(): Promise<void>;
}

/** Unit: milliseconds. A node that refuses a snapshot asks again and again, and would be waited for without end. */
const patienceMs = 15_000;

type Asked = { readonly node: string; readonly after?: string; readonly waitMs?: string };

export function makeDesk(url: string, tokens: { readonly operator: string; readonly node: string }): Desk {
  const logger = makeLogger({ service: "conformance", name: "desk", level: "silent" });
  /** The fence that each node last said it serves. */
  const served = new Map<string, string>();
  const taken = new Map<string, number>();
  let [current, currentFence] = [undefined as Envelope | undefined, ""];
  let bad: Envelope | undefined;
  let changed = Promise.withResolvers<void>();
  let app: ReturnType<typeof makeHttpServer> | undefined;

  function wake(): void {
    changed.resolve();
    changed = Promise.withResolvers();
  }

  async function answer({ node, after = "", waitMs = "0" }: Asked): Promise<Envelope | undefined> {
    served.set(node, after);
    if (bad === undefined && after === currentFence) await Promise.race([changed.promise, expiry(Number(waitMs))]);
    if (bad !== undefined) {
      taken.set(node, (taken.get(node) ?? 0) + 1);
      return bad;
    }
    return served.get(node) === currentFence ? undefined : current;
  }

  return {
    put(envelope, fence) {
      [current, currentFence] = [envelope, `${fence.epoch}.${fence.sequence}`];
      wake();
    },
    async acknowledged(nodes) {
      const wanted = currentFence;
      const giveUpAt = performance.now() + patienceMs;
      // A later snapshot says the same of an earlier one; no scenario puts two and waits for the first.
      for (const node of nodes) {
        while (served.get(node) !== wanted) {
          if (performance.now() > giveUpAt) throw new Error(`${node} serves ${served.get(node)}, not ${wanted}`);
          await expiry(2);
        }
      }
    },
    async pushBad(envelope, nodes) {
      taken.clear();
      bad = envelope;
      wake();
      try {
        await until(
          "everybody has seen the bad offer twice",
          () => nodes.every((node) => (taken.get(node) ?? 0) >= 2) || undefined,
        );
      } finally {
        bad = undefined;
      }
    },
    async close() {
      wake();
      await app?.close();
      app = undefined;
      served.clear();
    },
    async open() {
      app = makeHttpServer({ logger, tokens });
      app.get("/v1/snapshot", { config: { access: "node" } }, async (request, reply) => {
        const envelope = await answer(request.query as Asked);
        return envelope ?? reply.code(204).send();
      });
      app.get("/v1/config", { config: { access: "node" } }, (_request, reply) => reply.code(204).send());
      await listen(app, url);
    },
  };
}

/** A timer that keeps nothing alive. */
const expiry = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms).unref());
