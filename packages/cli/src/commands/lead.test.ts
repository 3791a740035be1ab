import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, test } from "node:test";
import { type Answering, json, leading, startFake, statusOf } from "../test-arbiter.ts";
import { makeTemporaryDirectory, sluice, writeInto } from "../test-sluice.ts";

const directory = await makeTemporaryDirectory();
const tokenFile = await writeInto(directory, "operator.token", "operator-of-the-test\n");
after(() => rm(directory, { recursive: true }));

/** It follows, as all do, and takes what is for itself. */
const follower =
  (name: string): Answering =>
  (request, response) =>
    json(
      response,
      request.method === "GET" ? statusOf(name) : { lines: [`${name} may lead`], sequences: [], id: null },
    );

const lead = (urls: readonly string[], ...args: readonly string[]) =>
  sluice("lead", ...args, "--reason", "site-a is gone", "--token-file", tokenFile, "--arbiters", urls.join(","));

test("it goes to the arbiter of that name alone, and says what came of it", async (t) => {
  const arbiters = await Promise.all(["arbiter-a", "arbiter-b"].map((name) => startFake(t, follower(name))));
  const urls = arbiters.map(({ url }) => url);
  const { code, stdout } = await lead(urls, "arbiter-b");
  assert.deepEqual([code, stdout.split("\n").slice(0, 2)], [0, ["done:", "  arbiter-b may lead"]]);
  assert.deepEqual(
    arbiters.map(({ asked }) => asked.filter((each) => each.startsWith("POST"))),
    [[], ["POST /v1/lead"]],
  );
  const inJson = await lead(urls, "arbiter-a", "--json");
  assert.deepEqual(JSON.parse(inJson.stdout), { lines: ["arbiter-a may lead"], sequences: [], id: null });
});

test("while somebody leads, and for a name that nobody has, nothing is sent", async (t) => {
  const [leader, other] = [await startFake(t, leading), await startFake(t, follower("arbiter-b"))];
  const refused = await lead([leader.url, other.url], "arbiter-b");
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /arbiter-w leads/);
  const unknown = await lead([other.url], "arbiter-x");
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /These do: arbiter-b/);
  assert.deepEqual(
    [...leader.asked, ...other.asked].filter((each) => each.startsWith("POST")),
    [],
  );
});
