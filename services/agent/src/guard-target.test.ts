import assert from "node:assert/strict";
import { test } from "node:test";
import { guardTarget } from "./guard-target.ts";

const own = { addresses: ["127.0.0.9", "::1"], port: 7000 };

const refused = [
  "127.0.0.1:80",
  "169.254.169.254:80",
  "169.254.1.1:80",
  "[fe80::1]:80",
  "[fd00:ec2::254]:80",
  "0.0.0.0:80",
  "[::]:80",
  "[::1]:80",
  "224.0.0.1:80",
  "[ff02::1]:80",
  "[::ffff:127.0.0.1]:80",
  "[::ffff:10.0.0.1]:80",
  "[::7f00:1]:80",
  "[64:ff9b::7f00:1]:80",
  "[64:ff9b:1::a9fe:a9fe]:80",
  "168.63.129.16:80",
  "100.100.100.200:80",
  "192.0.0.192:80",
  "[fe80::1%1]:80",
  "0x7f.1:80",
  "2130706433:80",
  "0177.0.0.1:80",
  "127.1:80",
  "user@10.0.0.1:80",
  "http://10.0.0.1:80@169.254.169.254:80",
  "10.0.0.1",
  "10.0.0.1:0",
  "10.0.0.1:70000",
];

for (const endpoint of refused) {
  test(`refuses ${endpoint}`, async () => {
    assert.equal((await guardTarget(endpoint, { allow: [] })).kind, "refused");
  });
}

for (const endpoint of ["169.254.169.254:80", "[::ffff:127.0.0.1]:80", "127.0.0.9:7000", "[::1]:7000"]) {
  test(`refuses ${endpoint} whatever is allowed`, async () => {
    assert.equal((await guardTarget(endpoint, { allow: ["0.0.0.0/0", "::/0"], own })).kind, "refused");
  });
}

test("reaches private addresses, and loopback that is allowed", async () => {
  for (const endpoint of ["10.0.0.1:80", "http://127.0.0.1:8000", "[2001:db8::1]:443"]) {
    assert.equal((await guardTarget(endpoint, { allow: ["127.0.0.0/8"], own })).kind, "ok", endpoint);
  }
});

test("resolves a name once and judges what it resolved to", async () => {
  const answers = ["10.0.0.7", "169.254.169.254"];
  const rules = { allow: [], resolve: async () => answers.shift() ?? "" };
  const first = await guardTarget("rebind.test:80", rules);
  assert.deepEqual(first, { kind: "ok", pinned: { host: "rebind.test", address: "10.0.0.7", port: 80 } });
  assert.equal(answers.length, 1);
  assert.equal((await guardTarget("rebind.test:80", rules)).kind, "refused");
});
