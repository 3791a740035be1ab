import { drawNet } from "../../conformance/draw-net.ts";
import { type Address, addressesOf } from "./addresses.ts";
import { type GroundShape, type ProxyName, startGround } from "./ground.ts";
import { startGrpcBackend, unaryFlags, unaryPath, whyNotUnary } from "./grpc-backend.ts";
import { type Load, requestRate } from "./h2load.ts";
import { type Running, startAnswering } from "./haproxy.ts";
import type { Report } from "./report.ts";
import { playRounds } from "./rounds.ts";
import type { Series, Setting } from "./setting.ts";
import { reportThroughput } from "./throughput.ts";

const connections = 32;

/** Requests a second over kept connections, one at a time on each. */
export const http1: Series = {
  name: "HTTP/1.1",
  play: (setting) =>
    playRequests(setting, {
      name: http1.name,
      names: ["sluice", "haproxy", "@fastify/http-proxy", "http-proxy-middleware", "direct"],
      protocol: "http1",
      startBackend: startAnswering,
      load: { path: "/v1/models", flags: ["--h1", "-c", String(connections)] },
    }),
};

/** HTTP/2 from the client, ten at a time on each connection; HTTP/1.1 to the backend. */
export const http2: Series = {
  name: "HTTP/2",
  play: (setting) =>
    playRequests(setting, {
      name: http2.name,
      names: ["sluice", "haproxy", "direct"],
      protocol: "http1",
      startBackend: startAnswering,
      load: { path: "/v1/models", flags: ["-c", "8", "-m", "10"] },
    }),
};

/** Unary calls, HTTP/2 on both sides, with trailers. */
export const grpc: Series = {
  name: "gRPC unary",
  async play(setting) {
    await using backend = await startGrpcBackend();
    return await playRequests(setting, {
      name: grpc.name,
      names: ["sluice", "haproxy", "direct"],
      protocol: "h2c",
      startBackend: (at) => backend.listenAt(at),
      load: { path: unaryPath, flags: ["-c", "8", "-m", "10", ...unaryFlags, "-d", backend.requestFile] },
      whyNot: whyNotUnary,
    });
  },
};

type Plan = Pick<GroundShape, "names" | "protocol"> & {
  readonly name: string;
  readonly startBackend: (host: string) => Promise<Running>;
  readonly load: Pick<Load, "path" | "flags">;
  /** Looks at one whole answer, of which h2load sees the status only. */
  readonly whyNot?: (at: Address) => Promise<string | undefined>;
};

async function playRequests(setting: Setting, plan: Plan): Promise<Report> {
  const { cores, seconds, warmUpMs } = setting;
  const { names, protocol, load, whyNot = () => Promise.resolve(undefined) } = plan;
  const net = await drawNet();
  await using backend = await plan.startBackend(addressesOf(net).backend);
  await using ground = await startGround({ cores, net, backend: backend.address, protocol, names });
  const rounds = await playRounds<ProxyName>({ ...setting, names }, async (name) => {
    const to = ground.at(name);
    const because = await whyNot(to);
    return because === undefined ? requestRate({ ...load, to, seconds, warmUpMs }) : { kind: "void", because };
  });
  return reportThroughput(plan.name, "requests/s", { names, rounds });
}
