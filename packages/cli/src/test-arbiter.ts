import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { type ErrorCode, errorCodes, SluiceError } from "@sluice/core";
import { problemDocument } from "@sluice/runtime";

/** A small server in the place of an arbiter: it answers as it is told, and remembers what it was asked. */
export type FakeArbiter = { readonly url: string; readonly asked: string[] };
export type Answering = (request: IncomingMessage, response: ServerResponse) => void;

export async function startFake(t: Pick<TestContext, "after">, answer: Answering): Promise<FakeArbiter> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** An address where nobody listens. */
export async function nobody(): Promise<string> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}`;
}

export const json = (response: ServerResponse, body: unknown, status = 200): void =>
  void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

export const problem = (response: ServerResponse, code: ErrorCode, hint = "do this"): void =>
  void response
    .writeHead(errorCodes[code].status, { "content-type": "application/problem+json" })
    .end(JSON.stringify(problemDocument(new SluiceError(code, `it is ${code}`, { hint }))));

/** The status of an arbiter in a world where all is well, apart from what is changed. */
export const statusOf = (arbiter: string, changes: object = {}) => ({
  installation: "trial",
  arbiter,
  isLeading: false,
  whyNotReady: null,
  leader: "arbiter-w",
  epoch: 3,
  fence: "trial:3.7",
  configRevision: 2,
  quorum: { domains: 3, fresh: 3, needed: 2 },
  vantages: ["a", "b", "w"].map((site) => ({
    agent: `agent-${site}`,
    site: `site-${site}`,
    isFresh: true,
    because: null,
  })),
  sites: [],
  blamed: [],
  services: [],
  nameservers: [],
  gateways: [],
  overrides: [],
  ...changes,
});

/** It follows: it answers reads, and refuses commands. */
export const following: Answering = (request, response) =>
  request.method === "GET" ? json(response, statusOf("arbiter-a")) : problem(response, "NOT_LEADER");
/** It leads: it answers reads, and does what it is told. */
export const leading: Answering = (request, response) =>
  json(response, request.method === "GET" ? statusOf("arbiter-w", { isLeading: true }) : { lines: ["done"], id: null });
/** It takes connections and never answers, like a process that was stopped. */
export const hung: Answering = () => undefined;
