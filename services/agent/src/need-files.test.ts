import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { checkConfig } from "@sluice/contract";
import { SluiceError } from "@sluice/core";
import { generateKeyPair, makeLogger, readKeyring, signerFromPem, systemClock } from "@sluice/runtime";
import { startAgent } from "./start-agent.ts";

const directory = await mkdtemp(join(tmpdir(), "sluice-agent-"));
after(() => rm(directory, { recursive: true }));

const root = generateKeyPair();
const own = generateKeyPair();
const keyset = { installation: "trial", version: 1, keys: [] };
const envelope = signerFromPem(root.privatePem, "root").sign("keyset", keyset);
await writeFile(join(directory, "root.pub"), root.publicPem);
await writeFile(join(directory, "keyset.json"), JSON.stringify(envelope));
await writeFile(join(directory, "empty.pem"), "no certificate\n");

const edge = (caFile: string) => ({
  endpoints: ["192.0.2.1:443"],
  probe: { kind: "http", tls: { serverName: "edge.example.org", caFile: join(directory, caFile) } },
});

test("an agent whose probes name authorities that can't be used doesn't start, and says all of them", async () => {
  const checked = checkConfig({
    installation: "trial",
    zone: { name: "example.test" },
    sites: [
      { name: "site-a", addresses: ["192.0.2.1"], edge: edge("missing.pem") },
      { name: "site-b", addresses: ["192.0.2.2"], edge: edge("empty.pem") },
      { name: "site-w", role: "witness" },
    ],
    electorate: ["site-w"],
    arbiters: [{ name: "arbiter-w", site: "site-w", url: "http://127.0.0.1:1" }],
    agents: [{ name: "agent-w", site: "site-w", url: "http://127.0.0.1:2" }],
    store: { site: "site-w" },
  });
  assert.ok(checked.kind === "ok");
  const starting = startAgent({
    name: "agent-w",
    config: checked.config,
    stateDir: directory,
    clock: systemClock,
    logger: makeLogger({ service: "agent", name: "agent-w", level: "silent" }),
    signer: signerFromPem(own.privatePem, "agent-w"),
    keyring: await readKeyring(directory),
    tokens: { node: "node" },
  });
  await assert.rejects(starting, (error) => {
    assert.ok(error instanceof SluiceError && error.code === "CONFIG_INVALID");
    assert.deepEqual(
      error.problems.map(({ path, message }) => [path, message.replace(directory, "")]),
      [
        ["sites[0].edge.probe.tls.caFile", "/missing.pem: cannot be read (ENOENT)"],
        ["sites[1].edge.probe.tls.caFile", "/empty.pem: holds no certificate"],
      ],
    );
    return true;
  });
});
