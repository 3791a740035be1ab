import { randomBytes } from "node:crypto";
import { type Config, SluiceError } from "@sluice/core";
import { type Logger, listen } from "@sluice/runtime";
import { makeHttpServer } from "@sluice/runtime/server";
import Type from "typebox";
import type { Part } from "./layout.ts";
import type { Supervisor } from "./supervisor.ts";

const SiteParams = Type.Object({ site: Type.String({ minLength: 1, maxLength: 63 }) }, { additionalProperties: false });

export type ControlOptions = {
  readonly config: Config;
  readonly parts: readonly Part[];
  /** Undefined while the database starts. */
  readonly supervisor: () => Supervisor | undefined;
  readonly logger: Logger;
  /** Aborted when the lab ends. */
  readonly signal: AbortSignal;
};

export interface Control {
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
}

/** The lab's own little door, on loopback and behind a token: other shells kill and heal sites through it. */
export async function openControl(options: ControlOptions): Promise<Control> {
  const token = randomBytes(24).toString("base64url");
  const app = makeHttpServer({ logger: options.logger, tokens: { operator: token } });
  for (const [verb, signal] of [["kill", "SIGKILL"] as const, ["pause", "SIGSTOP"] as const]) {
    app.post(`/v1/sites/:site/${verb}`, { schema: { params: SiteParams } }, async (request) => {
      const parts = partsOfSite(options, request.params.site);
      // Dated before the first signal is sent.
      const startedAtMs = Date.now();
      return { startedAtMs, parts: supervisorOf(options).signal(parts, signal).map(nameOf) };
    });
  }
  app.post("/v1/sites/:site/heal", { schema: { params: SiteParams } }, async (request) => {
    const parts = partsOfSite(options, request.params.site);
    const supervisor = supervisorOf(options);
    supervisor.signal(parts, "SIGCONT");
    await supervisor.start(parts, options.signal);
    return { parts: parts.map(nameOf) };
  });
  await listen(app, "http://127.0.0.1:0");
  const address = app.server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, token, close: () => app.close() };
}

const nameOf = (part: Part): string => part.name;

function supervisorOf(options: ControlOptions): Supervisor {
  const supervisor = options.supervisor();
  if (supervisor) return supervisor;
  throw new SluiceError("LAB_DOWN", "the lab is still starting", { hint: "Try again when it is up." });
}

/** The parts of one site, from the configuration's names. */
function partsOfSite({ parts, config }: ControlOptions, site: string): readonly Part[] {
  if (config.sites.some((entry) => entry.name === site)) return parts.filter((part) => part.site === site);
  throw new SluiceError("NOT_FOUND", `no site is called ${site}`, {
    hint: `Known: ${config.sites.map((entry) => entry.name).join(", ")}.`,
  });
}
