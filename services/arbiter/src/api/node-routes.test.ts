import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config, Envelope, Report } from "@sluice/core";
import { generateKeyPair, makeLogger, signerFromPem } from "@sluice/runtime";
import { makeHttpServer } from "@sluice/runtime/server";
import type { ArbiterContext } from "../context.ts";
import { nodeRoutes } from "./node-routes.ts";

/** The routes over a box that takes everything. */
function makeRoutes() {
  const taken: Envelope[] = [];
  const app = makeHttpServer({ logger: makeLogger({ service: "test", name: "test", level: "silent" }), tokens: {} });
  const context = {
    keeper: { durable: () => ({ config: {} as Config, configRevision: 7 }) },
    keyring: { onChange: () => undefined },
    ballots: {
      take: (envelope: Envelope) => {
        taken.push(envelope);
        return { kind: "counted", nonce: "next" };
      },
    },
  };
  nodeRoutes(app, context as unknown as ArbiterContext);
  return { app, taken };
}

function reportOf(votes: number): Envelope {
  const report: Report = {
    agent: "agent-w",
    arbiter: "arbiter-w",
    nonce: "n",
    bootId: "boot",
    seq: 1,
    configRevision: 7,
    selfCheck: { kind: "ok" },
    votes: Array.from({ length: votes }, (_, index) => ({
      target: `pool:service-${index}/stable@site-a`,
      opinion: "down",
      suspect: false,
      failingSince: 1_700_000_000_000 as Report["votes"][number]["failingSince"] & number,
    })),
  };
  return signerFromPem(generateKeyPair().privatePem, "agent-w").sign("report", report);
}

test("a report of fifty thousand votes comes in, and a larger body is refused", async () => {
  const { app, taken } = makeRoutes();
  const full = await app.inject({ method: "POST", url: "/v1/reports", payload: reportOf(50_000) });
  assert.deepEqual([full.statusCode, full.json().configRevision, taken.length], [200, 7, 1]);
  const more = await app.inject({ method: "POST", url: "/v1/reports", payload: reportOf(100_000) });
  assert.deepEqual([more.statusCode, more.json().code, taken.length], [413, "BODY_TOO_LARGE", 1]);
});
