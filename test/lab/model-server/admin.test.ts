import assert from "node:assert/strict";
import { test } from "node:test";
import { isSameHost } from "./admin.ts";
import { ask, put, start } from "./test-client.ts";

test("shows, replaces and heals faults on both ports", async () => {
  await using server = await start();
  for (const door of [server.adminUrl, `${server.url}/admin`]) {
    assert.deepEqual(JSON.parse((await ask(`${door}/faults`)).text), {});
    assert.equal((await put(door, { latencyMs: 5, alternate: true })).status, 200);
    assert.deepEqual(JSON.parse((await put(door, { latencyMs: 7 })).text), { latencyMs: 7 }, "replaced, not merged");
    assert.deepEqual(server.faults(), { latencyMs: 7 });
    assert.deepEqual(JSON.parse((await ask(`${door}/faults`, { method: "DELETE" })).text), {});
    assert.deepEqual(server.faults(), {});
  }
});

test("refuses bad input by name and keeps the faults it had", async () => {
  await using server = await start();
  await server.setFaults({ latencyMs: 1 });
  const table: readonly (readonly [string | object, number, RegExp])[] = [
    [{ latency: 1 }, 400, /unknown key "latency"/],
    [{ status: { code: 503, rate: 2 } }, 400, /"status.rate" must be a number from 0 to 1/],
    ["{", 400, /"faults" must be an object/],
    ["[]", 400, /"faults" must be an object/],
    [`"${"x".repeat(20_000)}"`, 413, /at most 16384 bytes/],
  ];
  for (const [body, status, message] of table) {
    const answer = await put(server.adminUrl, body as string);
    assert.equal(answer.status, status);
    assert.match((JSON.parse(answer.text) as { error: { message: string } }).error.message, message);
    assert.equal(answer.headers["x-served-by"], "site-a/stable/1");
  }
  assert.deepEqual(server.faults(), { latencyMs: 1 });
  await assert.rejects(server.setFaults({ latencyMs: -1 }), /"latencyMs" must be a number/);
});

test("wants its token on both ports, whoever asks", async () => {
  await using server = await start({ adminToken: "open-sesame" });
  for (const door of [server.adminUrl, `${server.url}/admin`]) {
    for (const authorization of [undefined, "Bearer wrong", "Bearer open-sesame-and-more", "Basic open-sesame"]) {
      const answer = await put(door, { hang: true }, authorization === undefined ? {} : { authorization });
      assert.equal(answer.status, 401);
      assert.match(answer.headers["www-authenticate"] ?? "", /^Bearer /);
    }
    assert.deepEqual(server.faults(), {});
    const headers = { authorization: "Bearer open-sesame" };
    assert.equal((await put(door, { latencyMs: 1 }, headers)).status, 200);
    assert.equal((await ask(`${door}/faults`, { method: "DELETE", headers })).status, 200);
  }
});

test("the admin port serves nothing else, and the door has one room", async () => {
  await using server = await start();
  const root = server.adminUrl.replace("/admin", "");
  assert.equal((await ask(`${root}/health`)).status, 404);
  assert.equal((await ask(`${server.adminUrl}/nothing`)).status, 404);
  const patched = await ask(`${server.adminUrl}/faults`, { method: "PATCH", body: {} });
  assert.deepEqual([patched.status, patched.headers.allow], [405, "GET, PUT, DELETE"]);
});

test("without a token only this host counts as the same host", () => {
  const table: readonly (readonly [string | undefined, string, boolean])[] = [
    ["127.0.0.1", "127.0.1.1", true],
    ["::1", "::1", true],
    ["::ffff:127.0.0.1", "::ffff:127.0.1.1", true],
    ["192.0.2.7", "192.0.2.7", true],
    ["192.0.2.8", "192.0.2.7", false],
    ["::ffff:192.0.2.8", "::ffff:192.0.2.7", false],
    [undefined, "192.0.2.7", false],
  ];
  for (const [remoteAddress, localAddress, expected] of table) {
    assert.equal(isSameHost({ remoteAddress, localAddress }), expected, `${remoteAddress} to ${localAddress}`);
  }
});
