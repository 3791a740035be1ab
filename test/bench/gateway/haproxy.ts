import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepRunning } from "../../peers/child.ts";
import { peer } from "../../peers/peer.ts";
import { type Address, port } from "./addresses.ts";
import { untilListening } from "./until-listening.ts";

/** Plain HAProxy, which passes on and does nothing else: the conformance suite's, with its slots and looks, would be slower. */
export const startHaproxy = (host: string, upstream: Address, protocol: "http1" | "h2c"): Promise<Running> =>
  start(
    host,
    `  # As the suite has it too: without it the pieces of a stream wait for one another.
  option http-no-delay
  default_backend service

backend service
  http-reuse always
  option http-no-delay
  server only ${upstream.host}:${upstream.port}${protocol === "h2c" ? " proto h2" : ""}`,
  );

/** The fastest backend there is: it answers every request alike, over HTTP/1.1 and HTTP/2. */
export const startAnswering = (host: string): Promise<Running> =>
  start(host, `  http-request return status 200 content-type application/json string '${smallAnswer}'`);

const smallAnswer = JSON.stringify({
  id: "cmpl-1",
  object: "chat.completion",
  text: "Water flows downhill.",
  stop: true,
});

export type Running = { readonly address: Address; [Symbol.asyncDispose](): Promise<void> };

async function start(host: string, frontend: string): Promise<Running> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-bench-haproxy-"));
  const config = join(directory, "haproxy.cfg");
  await writeFile(config, configOf(host, frontend));
  const running = keepRunning(peer("haproxy").path ?? "haproxy", ["-db", "-f", config]);
  const end = async (): Promise<void> => {
    await running[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await untilListening({ host, port }, running.said);
    return { address: { host, port }, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** One thread: the others run on one too. */
const configOf = (host: string, frontend: string): string => `global
  nbthread 1
  maxconn 5000

defaults
  mode http
  timeout connect 2s
  timeout client 300s
  timeout server 300s
  timeout http-keep-alive 300s

frontend clients
  bind ${host}:${port}
${frontend}
`;
