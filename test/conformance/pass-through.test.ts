import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runToEnd } from "../peers/child.ts";
import { peer } from "../peers/peer.ts";
import { until } from "../scenarios/world/until.ts";
import { ask, echoOf, headersOf } from "./clients/http.ts";
import { openHttp2 } from "./clients/http2.ts";
import { openLine, say } from "./clients/raw.ts";
import { openTalk } from "./clients/websocket.ts";
import { inForm } from "./form.ts";
import { onEachPlane } from "./scenario.ts";
import type { Scene } from "./scene.ts";

const curl = peer("curl");
const h2load = peer("h2load");
const mebi = 2 ** 20;

onEachPlane({}, (scenario) => {
  scenario("HTTP: methods, paths, bodies and statuses arrive as they are", [], async (scene) => {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const path = "/a/b%2Fc//d;e=1?x=1&y=%20&x=2&z=%ff";
      const body = method === "GET" ? {} : { body: Buffer.alloc(300_000, method) };
      const echo = echoOf(await scene.ask(path, { method, ...body }));
      const sha256 = createHash("sha256")
        .update(body.body ?? "")
        .digest("hex");
      assert.deepEqual([echo.method, echo.url, echo.bodySha256], [method, path, sha256]);
    }
    for (const status of [200, 204, 302, 304, 404, 418, 451]) {
      assert.equal((await scene.ask(`/status/${status}`)).status, status);
    }
    const head = await scene.ask("/echo", { method: "HEAD" });
    assert.deepEqual([head.status, head.body.length, Number(head.headers["content-length"]) > 0], [200, 0, true]);
  });

  scenario("HTTP: headers arrive as they are", [], async (scene) => {
    const headers = {
      "x-kept": ["one", "two"],
      "accept-encoding": "gzip",
      authorization: "Bearer secret",
      cookie: "a=1; b=2",
      "user-agent": "conformance/1.0",
    };
    const { rawHeaders } = echoOf(await scene.ask("/echo", { headers }));
    assert.equal(headersOf(rawHeaders, "x-kept").join(", "), "one, two");
    for (const name of ["accept-encoding", "authorization", "cookie", "user-agent"] as const)
      assert.deepEqual(headersOf(rawHeaders, name), [headers[name]]);
    assert.deepEqual(headersOf(rawHeaders, "host"), [scene.host]);
  });

  scenario("HTTP: what is between two neighbours only is not passed on", ["connection-options"], async (scene) => {
    const headers = {
      connection: "keep-alive, x-mine",
      "x-mine": "between us",
      "keep-alive": "timeout=5",
      "proxy-connection": "keep-alive",
      "x-other": "passed on",
    };
    const { rawHeaders } = echoOf(await scene.ask("/echo", { headers }));
    for (const name of ["x-mine", "keep-alive", "proxy-connection"])
      assert.deepEqual(headersOf(rawHeaders, name), [], name);
    assert.deepEqual(headersOf(rawHeaders, "x-other"), ["passed on"]);
  });

  scenario("HTTP: traceparent and x-request-id are kept, or made", ["tracing"], async (scene) => {
    const given = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "x-request-id": "mine-1" };
    const kept = echoOf(await scene.ask("/echo", { headers: given })).rawHeaders;
    assert.deepEqual(
      [headersOf(kept, "traceparent"), headersOf(kept, "x-request-id")],
      [[given.traceparent], ["mine-1"]],
    );
    const made = [echoOf(await scene.ask("/echo")).rawHeaders, echoOf(await scene.ask("/echo")).rawHeaders];
    const traces = made.map((raw) => headersOf(raw, "traceparent")[0] ?? "");
    for (const trace of traces) assert.match(trace, /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
    assert.notEqual(traces[0], traces[1]);
    assert.equal(new Set(made.map((raw) => headersOf(raw, "x-request-id")[0])).size, 2);
  });

  scenario("HTTP/1.1: trailers come through, and an upload is answered while it is still coming", [], async (scene) => {
    const answer = await scene.ask("/trailers", { headers: { te: "trailers" } });
    assert.deepEqual([answer.body.toString(), answer.trailers["x-checksum"]], ["the body\n", "abc123"]);
    const upload = request(`${scene.url()}/echo`, {
      method: "POST",
      headers: { host: scene.host, "x-call": "upload" },
    });
    upload.write(Buffer.alloc(100_000, "a"));
    // Nothing is buffered whole: the backend has the first half before the second is sent.
    await until(
      "the backend has the first half",
      () => scene.pools.all.some((one) => one.ledger.bytes("upload") === 100_000) || undefined,
    );
    upload.end(Buffer.alloc(50_000, "a"));
    const [response] = await new Promise<[AsyncIterable<Buffer>]>((done) =>
      upload.once("response", (got) => done([got])),
    );
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    assert.equal((JSON.parse(Buffer.concat(chunks).toString()) as { bodyBytes: number }).bodyBytes, 150_000);
  });

  scenario("HTTP/1.1: slow readers and slow writers cost the plane little", ["memory"], async (scene, t) => {
    const count = 6;
    const before = await scene.plane.residentBytes("site-a");
    const lines = await Promise.all(Array.from({ length: count }, () => openLine(scene.door())));
    for (const [index, line] of lines.entries()) {
      line.pause().on("error", () => undefined);
      line.write(`GET /bytes?count=200000000 HTTP/1.1\r\nhost: ${scene.host}\r\nx-call: read-${index}\r\n\r\n`);
    }
    const uploads = lines.map((_, index) => {
      const headers = { host: scene.host, "x-call": `write-${index}` };
      const upload = request(`${scene.url()}/sink?everyMs=1000`, { method: "POST", headers, agent: false });
      upload.on("error", () => undefined);
      upload.write(Buffer.alloc(16 * mebi));
      return upload;
    });
    const moved = (): number =>
      scene.pools.all.reduce(
        (all, one) => all + lines.reduce((own, _, index) => own + one.ledger.bytes(`read-${index}`), 0),
        0,
      );
    await until("the backends are held back", async () => {
      const now = moved();
      await sleep(300);
      return (now > 0 && moved() === now) || undefined;
    });
    const grown = ((await scene.plane.residentBytes("site-a")) - before) / count / 2;
    t.diagnostic(`the plane grew by ${(grown / mebi).toFixed(1)} MiB a stream`);
    assert.ok(grown < 8 * mebi, `${grown / mebi} MiB a stream`);
    for (const line of lines) line.destroy();
    for (const upload of uploads) upload.destroy();
  });

  scenario("WebSocket: text, binary, subprotocol and close code, over TLS too", ["websocket"], async (scene) => {
    const { host, port, tls } = scene.door();
    const doors = [
      { url: `ws://${host}:${port}/ws` },
      ...(tls ? [{ url: `wss://${host}:${tls.port}/ws`, ca: tls.ca }] : []),
    ];
    for (const { url, ...rest } of doors) {
      const talk = await openTalk(url, { headers: { host: scene.host }, protocols: ["chat"], ...rest });
      assert.deepEqual([talk.servedBy.split("/")[0], talk.socket.protocol], ["site-a", "chat"]);
      assert.equal((await talk.echo("grüße")).data.toString(), "grüße");
      const big = Buffer.alloc(1_000_000, 7);
      const back = await talk.echo(big);
      assert.deepEqual([back.isBinary, back.data.equals(big)], [true, true]);
      assert.deepEqual(await talk.close(4001, "bye"), { code: 4001, reason: "bye" });
    }
  });

  scenario(
    "an upgrade that a backend refuses is its answer, and any other protocol is bytes",
    ["websocket"],
    async (scene) => {
      const upgrade = (path: string) =>
        `GET ${path} HTTP/1.1\r\nhost: ${scene.host}\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n`;
      const echoed = await say(scene.door(), [upgrade("/x"), "ping"], { everyMs: 100 });
      assert.deepEqual([echoed.statuses, echoed.text.endsWith("ping")], [[101], true]);
      const refused = await say(scene.door(), [upgrade("/refuse-upgrade")]);
      assert.deepEqual(refused.statuses, [403]);
    },
  );

  scenario("TLS: HTTP/1.1 and HTTP/2 by ALPN, on one certificate", ["tls"], async (scene) => {
    const { host, tls } = scene.door();
    assert.ok(tls);
    const answer = await ask(`https://${host}:${tls.port}/echo`, { ca: tls.ca, headers: { host: scene.host } });
    assert.equal(answer.status, 200);
    await using h2 = await openHttp2(`https://${host}:${tls.port}`, { ca: tls.ca, servername: scene.host });
    assert.equal(h2.session.alpnProtocol, "h2");
    const crumbs = { ":path": "/echo", ":authority": scene.host, cookie: ["a=1", "b=2"] };
    const echo = JSON.parse((await h2.ask(crumbs)).body.toString()) as { rawHeaders: string[] };
    // A cookie that HTTP/2 may send in crumbs is one header in HTTP/1.1 (RFC 9113 §8.2.3).
    assert.deepEqual(headersOf(echo.rawHeaders, "cookie"), ["a=1; b=2"]);
    await assert.rejects(ask(`https://${host}:${tls.port}/`, { headers: { host: scene.host } }), /certificate/);
  });

  scenario("an unknown host is refused, over HTTP/2 with 421", [], async (scene) => {
    const plain = await scene.ask("/echo", { headers: { host: "nobody.example.org" } });
    assert.ok([404, 421].includes(plain.status), String(plain.status));
    await using h2 = await openHttp2(scene.url());
    assert.equal((await h2.ask({ ":path": "/", ":authority": "nobody.example.org" })).headers[":status"], 421);
    const upper = await scene.ask("/echo", { headers: { host: `${scene.host.toUpperCase()}:8080` } });
    assert.equal(upper.status, 200);
  });

  if (curl.skip === undefined)
    scenario("curl, by HTTP/1.1, by HTTP/2 with and without TLS", ["tls", "h2c"], async (scene) => {
      await withCa(scene, async (ca) => {
        const { host, port, tls } = scene.door();
        const secure = ["--cacert", ca, "--resolve", `${scene.host}:${tls?.port}:${host}`];
        const ways = [
          ["--http1.1", `http://${host}:${port}/echo`],
          ["--http2-prior-knowledge", `http://${host}:${port}/echo`],
          ["--http1.1", ...secure, `https://${scene.host}:${tls?.port}/echo`],
          ["--http2", ...secure, `https://${scene.host}:${tls?.port}/echo`],
        ];
        const versions: string[] = [];
        for (const args of ways) {
          const quiet = ["-sS", "-o", "/dev/null", "-w", "%{http_code} %{http_version}", "-H", `host: ${scene.host}`];
          const { stdout, stderr } = await runToEnd(curl.path, [...quiet, "--max-time", "10", ...args]);
          versions.push(stdout || stderr);
        }
        assert.deepEqual(versions, ["200 1.1", "200 2", "200 1.1", "200 2"]);
      });
    });

  if (h2load.skip === undefined)
    scenario("h2load, many streams on few connections: none fails", ["h2c"], async (scene) => {
      const total = inForm({ short: 1_000, full: 20_000 });
      const args = [
        "-n",
        String(total),
        "-c",
        "4",
        "-m",
        "20",
        "-H",
        `:authority: ${scene.host}`,
        `${scene.url()}/status/200`,
      ];
      const { stdout, stderr } = await runToEnd(h2load.path, args);
      assert.match(stdout, new RegExp(`${total} succeeded, 0 failed, 0 errored`), stdout + stderr);
    });
});

/** The plane's authority in a file, for programs that want one. */
async function withCa(scene: Scene, use: (file: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-ca-"));
  try {
    const file = join(directory, "ca.pem");
    await writeFile(file, scene.door().tls?.ca ?? "");
    await use(file);
  } finally {
    await rm(directory, { recursive: true });
  }
}
