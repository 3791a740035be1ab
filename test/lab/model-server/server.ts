import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { makeDoors } from "./doors.ts";
import { makeEngine } from "./engine.ts";
import { makeFaultGate } from "./fault-gate.ts";
import { type Faults, parseFaults } from "./faults.ts";
import { makeHttpSide } from "./http.ts";
import { makeMetrics } from "./metrics.ts";
import { makeWelcome } from "./welcome.ts";

/** How a model server is started. */
export type ModelServerOptions = {
  /** `site`, `channel` and `index` make the name in `x-served-by`: `site-a/stable/1`. */
  readonly site: string;
  readonly channel: string;
  readonly index: number;
  /** Where all its ports listen. */
  readonly host: string;
  /** HTTP/1.1 and gRPC; 0 takes any. */
  readonly port: number;
  /** A second serving port that speaks the same. Default: none. */
  readonly grpcPort?: number | undefined;
  /** The admin door that stays open under every fault. Default 0, any. */
  readonly adminPort?: number | undefined;
  /** Default `llama-3-8b`. */
  readonly model?: string | undefined;
  /** Bearer token for `/admin`. Default: none, and callers from this host only. */
  readonly adminToken?: string | undefined;
  /** Seed of the faults' chances; each change of faults starts it afresh. Default 1. */
  readonly seed?: number | undefined;
  /** Time each token takes. Unit: milliseconds. Default 5, so that 16 tokens take about 80 ms. */
  readonly tokenMs?: number | undefined;
};

/** A running model server. */
export type ModelServer = {
  readonly servedBy: string;
  /** The model's id. */
  readonly model: string;
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  /** `http://host:port/admin` on the port that stays open. */
  readonly adminUrl: string;
  readonly port: number;
  readonly adminPort: number;
  readonly grpcPort: number | undefined;
  faults(): Faults;
  /** Replaces all faults; `{}` heals. Resolves when they hold: with `refuse`, when nobody listens any more. */
  setFaults(faults: Faults): Promise<void>;
  /** Stops listening, lets requests under way finish for `graceMs` (default 800), then cuts them. */
  close(graceMs?: number): Promise<void>;
  /** Stops listening and cuts every connection, at once and without a word, as SIGKILL would. */
  kill(): void;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Resolves when it listens; rejects, leaving nothing open, when a port is taken. */
export async function startModelServer(options: ModelServerOptions): Promise<ModelServer> {
  const { host, port, model = "llama-3-8b", adminToken } = options;
  const servedBy = `${options.site}/${options.channel}/${options.index}`;
  const gate = makeFaultGate(options.seed ?? 1);
  const metrics = makeMetrics(model);
  const parts = { servedBy, model, gate, engine: makeEngine(servedBy, options.tokenMs ?? 5, metrics) };
  const control = { current: () => gate.current(), set: setFaults };
  const http = makeHttpSide({ ...parts, metrics, adminToken, control });
  const welcome = makeWelcome(http, parts);
  const doors = makeDoors({
    host,
    port,
    secondPort: options.grpcPort,
    adminPort: options.adminPort ?? 0,
    onServing: (socket) => welcome.lead(socket),
    onAdmin: (socket) => http.accept(socket, true),
  });
  let moved = Promise.resolve();
  let closing: Promise<void> | undefined;

  /** One after the other, so that a quick `refuse` and heal can't leave a door half open. */
  async function setFaults(faults: Faults, asker?: Socket): Promise<void> {
    const parsed = parseFaults(faults);
    if (parsed.kind === "error") throw new TypeError(parsed.message);
    moved = moved
      .catch(() => undefined)
      .then(async () => {
        gate.set(parsed.faults);
        if (closing !== undefined) return;
        if (parsed.faults.refuse === true) doors.refuse(asker);
        else await doors.welcome();
      });
    await moved;
  }

  async function drain(graceMs: number): Promise<void> {
    doors.shut();
    await welcome.drain(graceMs);
    await Promise.race([doors.emptied(), sleep(graceMs, undefined, { ref: false })]);
    doors.cut();
    await doors.emptied();
  }

  function close(graceMs = 800): Promise<void> {
    closing ??= drain(graceMs);
    return closing;
  }

  function kill(): void {
    doors.shut();
    doors.cut();
    closing ??= doors.emptied();
  }

  await doors.open();
  return {
    servedBy,
    model,
    url: `http://${bracketed(host)}:${doors.serving.port()}`,
    adminUrl: `http://${bracketed(host)}:${doors.admin.port()}/admin`,
    port: doors.serving.port(),
    adminPort: doors.admin.port(),
    grpcPort: doors.second?.port(),
    faults: () => gate.current(),
    setFaults: (faults) => setFaults(faults),
    close,
    kill,
    [Symbol.asyncDispose]: () => close(0),
  };
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
