import { randomBytes } from "node:crypto";
import type { Config } from "@sluice/core";
import { type Logger, listen, makeHttpServer } from "@sluice/runtime";
import Type from "typebox";
import type { Part } from "./layout.ts";
import { signalProcess } from "./process-table.ts";
import { partsOfSite, type Supervisor } from "./supervisor.ts";

const SiteParams = Type.Object({ site: Type.String({ minLength: 1, maxLength: 63 }) }, { additionalProperties: false });

/** The lab's own little door, on loopback and behind a token: other shells kill and heal sites through it. */
export async function openControl(
  deps: {
    readonly config: Config;
    readonly parts: readonly Part[];
    readonly supervisor: Supervisor;
    readonly logger: Logger;
  },
  hooks: { readonly onChange: () => Promise<void>; readonly stop: () => void; readonly signal: AbortSignal },
): Promise<{ readonly url: string; readonly token: string; close(): Promise<void> }> {
  const token = randomBytes(24).toString("base64url");
  const app = makeHttpServer({ logger: deps.logger, tokens: { operator: token } });
  app.post("/v1/sites/:site/kill", { schema: { params: SiteParams } }, async (request) =>
    signalSite(deps, request.params.site, "SIGKILL"),
  );
  app.post("/v1/sites/:site/pause", { schema: { params: SiteParams } }, async (request) =>
    signalSite(deps, request.params.site, "SIGSTOP"),
  );
  app.post("/v1/sites/:site/heal", { schema: { params: SiteParams } }, async (request) => {
    const ours = partsOfSite(deps.parts, request.params.site, deps.config);
    signalSite(deps, request.params.site, "SIGCONT");
    await deps.supervisor.start(ours, hooks.signal);
    await hooks.onChange();
    return { parts: ours.map((part) => part.name) };
  });
  app.post("/v1/stop", {}, () => {
    hooks.stop();
    return { stopping: true };
  });
  await listen(app, "http://127.0.0.1:0");
  const address = app.server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, token, close: () => app.close() };
}

/** Signals every process of a site; dated before the first signal is sent. */
function signalSite(
  deps: { readonly config: Config; readonly parts: readonly Part[]; readonly supervisor: Supervisor },
  site: string,
  signal: NodeJS.Signals,
): { readonly startedAtMs: number; readonly parts: readonly string[] } {
  const names = new Set(partsOfSite(deps.parts, site, deps.config).map((part) => part.name));
  const running = deps.supervisor.running().filter(({ part }) => names.has(part.name));
  const startedAtMs = Date.now();
  for (const { id } of running) signalProcess(id.pid, signal);
  return { startedAtMs, parts: running.map(({ part }) => part.name) };
}
