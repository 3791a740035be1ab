import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import type { Envelope } from "@sluice/core";
import { askKeysets, followKeysets } from "./follow-keysets.ts";
import { makeHttpServer } from "./http-server.ts";
import { readKeyring } from "./keyring.ts";
import { listen } from "./listen.ts";
import { logger, makeKeysDir } from "./test-keys.ts";

const token = "node-token-of-the-test";

/** An arbiter of a few lines: it has one keyset, and lets whoever has that wait until it has another. */
async function openArbiter(t: TestContext) {
  let held: { readonly version: number; readonly envelope: Envelope } | undefined;
  const wakes = new Set<() => void>();
  const asked: string[] = [];
  const app = makeHttpServer({ logger, tokens: { node: token } });
  app.get("/v1/keyset", { config: { access: "node" } }, async (request, reply) => {
    asked.push(request.url);
    const after = Number((request.query as { after: string }).after);
    const isWaiting = !request.url.endsWith("waitMs=0");
    while (isWaiting && (held?.version ?? 0) <= after) await new Promise<void>((resolve) => wakes.add(resolve));
    return held && held.version > after ? held.envelope : reply.code(204).send();
  });
  await listen(app, "http://127.0.0.1:0");
  t.after(() => app.close());
  const put = (version: number, envelope: Envelope): void => {
    held = { version, envelope };
    for (const wake of wakes) wake();
    wakes.clear();
  };
  return { name: "arbiter", url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`, asked, put };
}

test("a newer keyset of any arbiter is taken at once, while the others are silent or have nothing", async (t) => {
  const { directory, seal } = await makeKeysDir(t);
  const keyring = await readKeyring(directory);
  const arbiters = [await openArbiter(t), await openArbiter(t), { name: "dead", url: "http://127.0.0.1:1" }] as const;
  const stop = new AbortController();
  const following = followKeysets({ keyring, token, logger }, () => arbiters, stop.signal);
  for (const [version, arbiter] of [
    [2, arbiters[0]],
    [4, arbiters[1]],
  ] as const) {
    const heard = new Promise<void>((resolve) => void keyring.onChange(resolve));
    arbiter.put(version, seal({ version }));
    await heard;
    assert.equal(keyring.keyset.version, version);
  }
  stop.abort();
  await following;
});

test("one question at a start, to which nobody need have an answer", async (t) => {
  const { directory, seal } = await makeKeysDir(t);
  const keyring = await readKeyring(directory);
  const arbiter = await openArbiter(t);
  const ask = () =>
    askKeysets(
      { keyring, token, logger },
      [arbiter, { name: "dead", url: "http://127.0.0.1:1" }],
      new AbortController().signal,
    );
  await ask();
  assert.equal(keyring.keyset.version, 1);
  arbiter.put(3, seal({ version: 3 }));
  await ask();
  assert.deepEqual([keyring.keyset.version, arbiter.asked], [3, Array(2).fill("/v1/keyset?after=1&waitMs=0")]);
});
