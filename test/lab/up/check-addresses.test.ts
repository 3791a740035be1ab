import assert from "node:assert/strict";
import { type AddressInfo, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import type { SluiceError } from "@sluice/core";
import { checkAddresses } from "./check-addresses.ts";
import type { Part, PartRole } from "./layout.ts";

const part = (name: string, role: PartRole, binds: Part["binds"]): Part => ({
  name,
  role,
  site: "site-a",
  binds,
  args: [],
});

const refusal = (parts: readonly Part[]): Promise<SluiceError> =>
  checkAddresses(parts).then(
    () => assert.fail("nothing was refused"),
    (error: SluiceError) => error,
  );

/** A port that somebody listens on, and after the test nobody. */
async function takenPort(t: TestContext): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

test("a taken port is told with its address, and with every process that needs it", async (t) => {
  const port = await takenPort(t);
  const bind = { host: "127.0.0.1", port, protocol: "tcp" } as const;
  const free = { host: "127.0.0.1", port: 0, protocol: "udp" } as const;
  const error = await refusal([
    part("arbiter-w", "arbiter", [free]),
    part("ns-a", "nameserver", [bind, free]),
    part("agent-a", "agent", [bind]),
  ]);
  assert.equal(error.code, "PORT_TAKEN");
  assert.equal(error.message, `127.0.0.1:${port} is in use by another process`);
  assert.deepEqual(error.problems, [
    { path: `tcp 127.0.0.1:${port}`, message: "the nameserver ns-a cannot listen there: EADDRINUSE" },
    { path: `tcp 127.0.0.1:${port}`, message: "the agent agent-a cannot listen there: EADDRINUSE" },
  ]);
  assert.match(error.hint ?? "", new RegExp(`ss -lptun 'sport = :${port}'.*--dir.*--config`));
});

// RFC 5737: an address that no machine has.
const nobody = "192.0.2.1";

test("an address that this machine lacks is told with what to do on macOS, whatever else is wrong", async (t) => {
  const port = await takenPort(t);
  const error = await refusal([
    part("agent-a", "agent", [{ host: "127.0.0.1", port, protocol: "tcp" }]),
    part("ns-a", "nameserver", [
      { host: nobody, port: 0, protocol: "tcp" },
      { host: nobody, port: 0, protocol: "udp" },
    ]),
  ]);
  assert.equal(error.code, "ADDRESS_MISSING");
  assert.equal(error.message, `this machine lacks ${nobody}`);
  assert.ok(error.hint?.includes(`sudo ifconfig lo0 alias ${nobody} up`), String(error.hint));
  assert.deepEqual(
    error.problems.map(({ path, message }) => `${path} ${message}`),
    [
      `tcp 127.0.0.1:${port} the agent agent-a cannot listen there: EADDRINUSE`,
      `tcp ${nobody}:0 the nameserver ns-a cannot listen there: EADDRNOTAVAIL`,
      `udp ${nobody}:0 the nameserver ns-a cannot listen there: EADDRNOTAVAIL`,
    ],
  );
});

test("free addresses are let go again", async (t) => {
  const port = await takenPort(t);
  const other = { host: "127.0.0.2", port, protocol: "tcp" } as const;
  await checkAddresses([part("agent-a", "agent", [other])]);
  await checkAddresses([part("agent-a", "agent", [other])]);
});
