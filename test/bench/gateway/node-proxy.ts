import { Agent, createServer } from "node:http";
import fastifyProxy from "@fastify/http-proxy";
import { fastify } from "fastify";
import { createProxyMiddleware } from "http-proxy-middleware";

// `node node-proxy.ts KIND HOST PORT UPSTREAM`: one of the proxies that people would take in Node, as its README sets it up,
// with connections to the backend kept. Runs until it is killed.

const kinds = {
  async fastify(upstream: string, host: string, port: number): Promise<void> {
    const app = fastify();
    // Its default is 128 connections, and more streams than that wait for one another.
    await app.register(fastifyProxy, { upstream, undici: { connections: 512, pipelining: 1 } });
    await app.listen({ host, port });
  },
  async middleware(upstream: string, host: string, port: number): Promise<void> {
    // Its default opens a connection for every request.
    const agent = new Agent({ keepAlive: true });
    const proxy = createProxyMiddleware({ target: upstream, agent });
    createServer((request, response) => void proxy(request, response)).listen(port, host);
  },
} as const;

export type NodeProxyKind = keyof typeof kinds;

const [kind = "", host = "", port = "", upstream = ""] = process.argv.slice(2);
if (!Object.hasOwn(kinds, kind)) throw new Error(`${kind} is none of ${Object.keys(kinds).join(", ")}`);
await kinds[kind as NodeProxyKind](upstream, host, Number(port));
