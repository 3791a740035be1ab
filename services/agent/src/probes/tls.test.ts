import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { lookAtEndpoint } from "../look-target.ts";
import { tlsOptions } from "./tls.ts";

/** A server with a self-signed certificate for `good.test`; with fewer than 0 days it has expired already. */
async function serve(t: TestContext, days: string): Promise<{ at: string; caFile: string }> {
  const dir = mkdtempSync(join(tmpdir(), "sluice-tls-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const [caFile, keyFile, csrFile, extFile] = ["cert", "key", "csr", "ext"].map((name) => join(dir, name)) as [
    string,
    string,
    string,
    string,
  ];
  writeFileSync(extFile, "subjectAltName=DNS:good.test\n");
  const ask = "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=good.test";
  execFileSync("openssl", [...ask.split(" "), "-keyout", keyFile, "-out", csrFile], { stdio: "ignore" });
  const sign = ["x509", "-req", "-in", csrFile, "-signkey", keyFile, "-days", days, "-extfile", extFile];
  execFileSync("openssl", [...sign, "-out", caFile], { stdio: "ignore" });
  const server = createServer({ cert: readFileSync(caFile), key: readFileSync(keyFile) }, (_request, response) =>
    response.end("fine"),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return { at: `127.0.0.1:${(server.address() as AddressInfo).port}`, caFile };
}

const look = (at: string, serverName: string, caFile?: string) =>
  lookAtEndpoint(
    at,
    { kind: "http", path: "/", statuses: [200], tls: { serverName, ...(caFile === undefined ? {} : { caFile }) } },
    {
      rules: { allow: ["127.0.0.0/8"] },
      options: { deadlineMs: 5000, signal: new AbortController().signal },
    },
  );

test("TLS is verified: right name passes; wrong name and unknown CA fail", async (t) => {
  const { at, caFile } = await serve(t, "30");
  assert.equal((await look(at, "good.test", caFile)).kind, "ok");
  assert.match(JSON.stringify(await look(at, "other.test", caFile)), /altnames/i);
  assert.match(JSON.stringify(await look(at, "good.test")), /self-signed/i);
});

test("an expired certificate fails", async (t) => {
  const { at, caFile } = await serve(t, "-1");
  assert.match(JSON.stringify(await look(at, "good.test", caFile)), /expired/i);
});

test("an authority that was read stays when its file goes away: that is not the target's fault", async (t) => {
  const { at, caFile } = await serve(t, "30");
  const tls = { serverName: "good.test", caFile };
  const first = await tlsOptions(tls);
  rmSync(caFile);
  const later = await tlsOptions(tls, performance.now() + 60_000);
  assert.equal(later.secureContext, first.secureContext);
  assert.equal((await look(at, "good.test", caFile)).kind, "ok");
  assert.match(JSON.stringify(await look(at, "good.test", `${caFile}.other`)), /ENOENT/);
});

test("a renewed authority is taken up", async (t) => {
  const [old, renewed] = [await serve(t, "30"), await serve(t, "30")];
  const tls = { serverName: "good.test", caFile: old.caFile };
  const first = await tlsOptions(tls);
  writeFileSync(old.caFile, readFileSync(renewed.caFile));
  const later = await tlsOptions(tls, performance.now() + 60_000);
  assert.notEqual(later.secureContext, first.secureContext);
  assert.equal((await look(renewed.at, "good.test", old.caFile)).kind, "ok");
});
