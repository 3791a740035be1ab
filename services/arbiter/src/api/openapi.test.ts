import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { errorCodes } from "@sluice/core";
import { makeLogger } from "@sluice/runtime";
import { makeHttpServer, makeRegistry } from "@sluice/runtime/server";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { ArbiterContext } from "../context.ts";
import { failsafeRoutes } from "./failsafe-routes.ts";
import { nodeRoutes } from "./node-routes.ts";
import { operatorRoutes } from "./operator-routes.ts";
import { readRoutes } from "./read-routes.ts";
import { openArbiters, tokens, until } from "./test-arbiters.ts";
import { weightsRoutes } from "./weights-routes.ts";

type Operation = {
  readonly operationId?: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly requestBody?: unknown;
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, { schema: object }>> }>
  >;
};
type Document = {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>>; readonly securitySchemes: object };
};

const arbiters = await openArbiters();
after(() => arbiters.close());
const answer = await arbiters.ask("/openapi.json", { token: "" });
const document = answer.body as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, operation })),
);
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(document, "document");

/** What doesn't fit about an answer, by the document itself. */
function misfits(route: string, { status, body }: { status: number; body: unknown }): readonly string[] {
  const [method = "", path = ""] = route.split(" ");
  const operation = document.paths[path]?.[method.toLowerCase()];
  const content = operation?.responses[status]?.content;
  if (!content) return [`${route} has no content for ${status}`];
  const pointer = (text: string): string =>
    text.replaceAll("~", "~0").replaceAll("/", "~1").replaceAll("{", "%7B").replaceAll("}", "%7D");
  const type = Object.keys(content)[0] ?? "";
  const at = ["paths", path, method.toLowerCase(), "responses", String(status), "content", type, "schema"];
  const check = ajv.getSchema(`document#/${at.map(pointer).join("/")}`);
  assert.ok(check, `no schema at ${at.join(" ")}`);
  return check(body)
    ? []
    : (check.errors ?? []).map(
        (error) => `${route} ${status} ${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
      );
}

test("it is a valid OpenAPI 3.1 document, which anybody may read", async () => {
  assert.equal(answer.status, 200);
  assert.equal(document.openapi, "3.1.0");
  const validator = new Validator();
  const result = await validator.validate(structuredClone(document) as never);
  assert.deepEqual(result, { valid: true });
  assert.equal(validator.version, "3.1");
});

test("a document that lacks something is refused, so the check above can fail", async () => {
  const broken: Record<string, unknown> = structuredClone(document);
  delete broken["info"];
  assert.equal((await new Validator().validate(broken as never)).valid, false);
});

test("every route is in it, and nothing else", async () => {
  const logger = makeLogger({ service: "test", name: "test", level: "silent" });
  const app = makeHttpServer({ logger, registry: makeRegistry(), tokens: {}, openapi: { title: "t", version: "1" } });
  const context = { keyring: { onChange: () => undefined } } as unknown as ArbiterContext;
  const registered: string[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    for (const each of [method].flat())
      if (each !== "HEAD") registered.push(`${each} ${url.replaceAll(/:(\w+)/g, "{$1}")}`);
  });
  for (const routes of [readRoutes, operatorRoutes, weightsRoutes, nodeRoutes, failsafeRoutes]) routes(app, context);
  await app.ready();
  await app.close();
  assert.ok(registered.length >= 19, registered.join(", "));
  assert.deepEqual(operations.map(({ route }) => route).sort(), registered.sort());
});

test("docs/api.md has every route, with the token that it takes", async () => {
  const page = await readFile(join(import.meta.dirname, "../../../../docs/api.md"), "utf8");
  const rows = [...page.matchAll(/^\| `([A-Z]+ [^`]+)` \| (\w+) \|/gm)].map((match) => `${match[1]} ${match[2]}`);
  const tokenOf = ({ security = [] }: Operation): string => Object.keys(security[0] ?? { none: [] })[0] ?? "";
  assert.deepEqual(rows.sort(), operations.map(({ route, operation }) => `${route} ${tokenOf(operation)}`).sort());
});

test("every operation says what it is for, who may call, and what it answers", () => {
  const ids = operations.map(({ operation }) => operation.operationId);
  assert.equal(new Set(ids).size, operations.length);
  assert.ok(ids.every((id) => id !== undefined));
  for (const { route, operation } of operations) {
    assert.ok((operation.summary ?? "").length > 5 && operation.tags?.length === 1, route);
    assert.ok(operation.security, `${route} says nothing about tokens`);
    assert.ok(operation.responses["200"]?.content, `${route} has no answer`);
    for (const [status, response] of Object.entries(operation.responses)) {
      assert.ok(response.description.length > 3 && response.description !== "Default Response", `${route} ${status}`);
      const isProblem = Number(status) >= 400 && route !== "GET /readyz";
      if (isProblem)
        assert.deepEqual(Object.keys(response.content ?? {}), ["application/problem+json"], `${route} ${status}`);
    }
    const takesBody = /^(POST|PUT|PATCH) /.test(route);
    assert.equal(operation.requestBody !== undefined, takesBody, route);
    if (route.includes("/v1/")) assert.ok(operation.responses["400"], `${route} may be asked wrongly`);
    if ((operation.security ?? []).length > 0) assert.ok(operation.responses["401"], route);
  }
});

test("who may call stands in it as the door has it", async () => {
  for (const { route, operation } of operations) {
    const [method, path] = route.split(" ") as ["GET" | "POST" | "PUT" | "PATCH", string];
    const url = path.replace(/\{\w+\}/, "chat");
    const asked = async (token: string) =>
      (await arbiters.ask(url, { method, token, ...(method === "GET" ? {} : { body: {} }) })).status;
    const schemes = (operation.security ?? []).flatMap((each) => Object.keys(each));
    const isOpen = schemes.length === 0;
    assert.equal((await asked("nobody")) === 401, !isOpen, `${route} with no good token`);
    assert.equal(
      (await asked(tokens.node)) === 403,
      !isOpen && !schemes.includes("node"),
      `${route} with the node token`,
    );
  }
});

test("what a change of weights must be made on stands in it", () => {
  const { get, patch } = document.paths["/v1/services/{name}/weights"] as Record<
    string,
    Operation & { parameters: { name: string; in: string }[] }
  >;
  assert.ok(patch?.parameters.some(({ name, in: at }) => name === "if-match" && at === "header"));
  for (const operation of [get, patch])
    assert.ok((operation?.responses["200"] as { headers?: { ETag?: object } } | undefined)?.headers?.ETag);
  for (const status of ["412", "422", "428"]) assert.ok(patch?.responses[status], status);
});

test("the problem document's codes are those that there are", () => {
  const { properties } = document.components.schemas["Problem"] as { properties: { code: { enum: string[] } } };
  assert.deepEqual(properties.code.enum, Object.keys(errorCodes));
});

test("what is answered fits the document, by the leader and by a follower, in peace and in trouble", async () => {
  const looks = {
    "GET /v1/status": "/v1/status",
    "GET /v1/explain/{name}": "/v1/explain/chat",
    "GET /v1/events": "/v1/events?limit=1000",
    "GET /v1/config/current": "/v1/config/current",
    "GET /v1/services/{name}/weights": "/v1/services/chat/weights",
  };
  const lookAll = async (): Promise<void> => {
    for (const [route, path] of Object.entries(looks)) {
      for (const name of ["arbiter-w", "arbiter-b"] as const) {
        const given = await arbiters.ask(path, { of: name });
        assert.deepEqual([given.status, misfits(route, given)], [200, []]);
      }
    }
  };
  await lookAll();
  const pin = { kind: "pin", service: "chat", site: "site-b", reason: "a test" };
  const pinned = await arbiters.ask("/v1/overrides", { method: "POST", body: pin });
  assert.deepEqual([pinned.status, misfits("POST /v1/overrides", pinned)], [200, []]);
  await arbiters.vote("down");
  const isDown = async (): Promise<boolean> =>
    JSON.stringify((await arbiters.ask("/v1/events?limit=1000")).body).includes("everything-down");
  await until("everything is down, and told", isDown);
  await lookAll();
  const weights = { weights: { stable: 1 }, reason: "a test" };
  const ask = { method: "PATCH", headers: { "if-match": "*" }, body: weights } as const;
  const weighed = await arbiters.ask("/v1/services/chat/weights", ask);
  assert.deepEqual([weighed.status, misfits("PATCH /v1/services/{name}/weights", weighed)], [200, []]);
  const undone = await arbiters.ask("/v1/undo", { method: "POST", body: { reason: "a test" } });
  assert.deepEqual(misfits("POST /v1/undo", undone), []);
  const traffic = { state: "tripped", because: "12 of 40 requests failed" } as const;
  await arbiters.vote("healthy", { "site-a": traffic, "site-b": traffic });
  await until("somebody is to blame", async () =>
    JSON.stringify((await arbiters.ask("/v1/events?limit=1000")).body).includes('"blamed"'),
  );
  await lookAll();
  await arbiters.vote("healthy", { "site-a": { ...traffic, state: "healthy" } });
  await lookAll();
});

test("what nodes are answered fits the document", async () => {
  const asks = {
    "GET /v1/snapshot": "/v1/snapshot?node=ns",
    "GET /v1/config": "/v1/config",
    "GET /v1/keyset": "/v1/keyset",
    "GET /v1/suspicions": "/v1/suspicions?agent=agent-site-a",
    "GET /healthz": "/healthz",
    "GET /readyz": "/readyz",
  };
  for (const [route, path] of Object.entries(asks)) {
    const given = await arbiters.ask(path, { token: tokens.node });
    assert.deepEqual([given.status, misfits(route, given)], [200, []], route);
  }
  const report = arbiters.report("agent-site-a", "arbiter-w");
  for (const nonce of [report.nonce, "unheard-of"]) {
    const given = await arbiters.send(arbiters.sign("agent-site-a", "report", { ...report, nonce }));
    assert.deepEqual([given.status, misfits("POST /v1/reports", given)], [200, []]);
  }
});

test("an answer with a field too many, or one too few, doesn't fit, so the checks above can fail", async () => {
  const given = await arbiters.ask("/v1/status");
  const { leader: _, ...less } = given.body as Record<string, unknown>;
  assert.equal(misfits("GET /v1/status", { ...given, body: less }).length, 1);
  assert.equal(misfits("GET /v1/status", { ...given, body: { ...less, leader: null, more: 1 } }).length, 1);
});
