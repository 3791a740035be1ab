import assert from "node:assert/strict";
import { after, test } from "node:test";
import { parseEnvelope } from "@sluice/contract";
import { openArbiters, tokens, until } from "./test-arbiters.ts";

const arbiters = await openArbiters(2_000);
after(() => arbiters.close());

type Problem = {
  readonly code: string;
  readonly detail: string;
  readonly problems?: readonly { readonly path: string }[];
};
const apply = async (extra: object, revisionBefore: number, more: object = {}) => {
  const body = { config: arbiters.settings(extra), revisionBefore, reason: "a test", ...more };
  const answer = await arbiters.ask("/v1/config", { method: "PUT", body });
  return { status: answer.status, ...(answer.body as Problem & { readonly lines: readonly string[] }) };
};
type Status = {
  readonly configRevision: number;
  readonly vantages: readonly { readonly agent: string; readonly isFresh: boolean; readonly because: string | null }[];
};
const status = async (): Promise<Status> => (await arbiters.ask("/v1/status")).body as Status;
/** The revision that a signed envelope of the arbiter's names. */
const named = async (path: string, key: string): Promise<unknown> => {
  const envelope = parseEnvelope((await arbiters.ask(path, { token: tokens.node })).body);
  return envelope && (JSON.parse(envelope.payload) as Record<string, unknown>)[key];
};

test("a configuration with problems is refused with all of them, and nothing changes", async () => {
  const zone = { name: "Llm.example" };
  const answer = await apply({ zone, electorate: ["site-x"], more: 1 }, 0);
  assert.deepEqual([answer.status, answer.code], [400, "CONFIG_INVALID"]);
  assert.deepEqual(answer.problems?.map(({ path }) => path).sort(), ["electorate[0]", "more", "zone.name"]);
  assert.equal((await status()).configRevision, 0);
});

test("one made on another revision is stale", async () => {
  const answer = await apply({}, 5);
  assert.deepEqual([answer.status, answer.code], [409, "CONFIG_STALE"]);
});

test("a rehearsal says what would be done, and does nothing", async () => {
  const answer = await apply({}, 0, { dryRun: true });
  assert.equal(answer.status, 200);
  assert.match(answer.lines.join(" "), /revision 1/);
  assert.equal((await status()).configRevision, 0);
});

test("one in force is named by snapshots, fetched by agents, and carried by their votes", async () => {
  await arbiters.startAgent();
  const eyes = async (): Promise<string | null | undefined> =>
    (await status()).vantages.find(({ agent }) => agent === "agent-site-w")?.because;
  await until("the agent votes by revision 0", async () => (await eyes()) === null);
  assert.equal((await apply({}, 0)).status, 200);
  assert.equal((await status()).configRevision, 1);
  assert.equal(await named("/v1/config", "revision"), 1);
  assert.equal(await named("/v1/snapshot?node=ns", "configRevision"), 1);
  // By revision 0 its votes would not count.
  await until("the agent votes by revision 1", async () => (await eyes()) === null);
  await until("the follower hands out the same", async () => {
    const { body } = await arbiters.ask("/v1/config/current", { of: "arbiter-b" });
    return (body as { revision: number }).revision === 1;
  });
});

test("votes by an earlier revision do not count any more", async () => {
  const late = (): Promise<unknown> =>
    arbiters.send(arbiters.sign("agent-site-a", "report", arbiters.report("agent-site-a", "arbiter-w")));
  // The first may only fetch a nonce.
  await late();
  await late();
  const seen = (await status()).vantages.find(({ agent }) => agent === "agent-site-a");
  assert.deepEqual([seen?.isFresh, seen?.because], [false, "other-revision"]);
});

test("the electorate changes by one domain a revision", async () => {
  const jump = await apply({ electorate: ["site-w"] }, 1);
  assert.deepEqual([jump.status, jump.code], [409, "ELECTORATE_JUMP"]);
  assert.equal((await apply({ electorate: ["site-w", "site-a"] }, 1)).status, 200);
  assert.equal((await apply({ electorate: ["site-w"] }, 2)).status, 200);
  assert.equal((await status()).configRevision, 3);
});
