import assert from "node:assert/strict";
import { test } from "node:test";
import type { Snapshot } from "@sluice/core";
import { Packet } from "dns2";
import { answer, compileZone } from "./index.ts";

const snapshot: Snapshot = {
  fence: { installation: "lab", epoch: 3, sequence: 41 },
  causes: [],
  configRevision: 1,
  issuedAt: 0 as Snapshot["issuedAt"],
  zone: {
    name: "t.example",
    ttlSeconds: 60,
    negativeTtlSeconds: 15,
    contact: "ops.t.example",
    serial: 41,
    nameservers: [{ name: "ns1", addresses: ["127.0.2.1"] }],
    records: [
      { name: "alias", type: "CNAME", ttlSeconds: 30, data: ["www.t.example"] },
      { name: "loop", type: "CNAME", ttlSeconds: 30, data: ["loop.t.example"] },
      { name: "gone", type: "CNAME", ttlSeconds: 30, data: ["none.t.example"] },
      { name: "deep.ent", type: "TXT", ttlSeconds: 30, data: ["x"] },
      { name: "big", type: "TXT", ttlSeconds: 30, data: Array.from({ length: 60 }, (_, i) => `${i}`.repeat(25)) },
    ],
  },
  services: [
    {
      service: "www",
      host: "www.t.example",
      ttlSeconds: 5,
      choices: [
        { site: "a", share: 1, addresses: ["10.0.0.1", "fd00::1"] },
        { site: "b", share: 3, addresses: ["10.0.0.2"] },
      ],
    },
  ],
};
const zone = compileZone(snapshot);

type Asked = { name: string; type: number; class?: number; flags?: number; opt?: number[] };
function ask({ name, type, class: klass = 1, flags = 1, opt = [] }: Asked): Buffer {
  const labels = name === "" ? [] : name.split(".");
  const owner = labels.flatMap((label) => [label.length, ...Buffer.from(label)]);
  const counts = [0, 1, 0, 0, 0, 0, 0, opt.length > 0 ? 1 : 0];
  return Buffer.from([0xab, 0xcd, flags, 0, ...counts, ...owner, 0, type >> 8, type & 255, 0, klass, ...opt]);
}
const opt = (size: number, version = 0): number[] => [0, 0, 41, size >> 8, size & 255, 0, version, 0, 0, 0, 0];
const reply = (query: Uint8Array, draw = 0, transport: "udp" | "tcp" = "udp"): Buffer =>
  Buffer.from(answer(zone, query, { transport, draw }) ?? []);
const table: [string, Asked, { rcode: number; an: number; ns: number; aa: boolean }][] = [
  ["service A", { name: "www.t.example", type: 1 }, { rcode: 0, an: 1, ns: 0, aa: true }],
  ["service AAAA", { name: "www.t.example", type: 28 }, { rcode: 0, an: 1, ns: 0, aa: true }],
  ["ANY is one set", { name: "www.t.example", type: 255 }, { rcode: 0, an: 1, ns: 0, aa: true }],
  ["NODATA", { name: "www.t.example", type: 15 }, { rcode: 0, an: 0, ns: 1, aa: true }],
  ["type 65535", { name: "www.t.example", type: 65535 }, { rcode: 0, an: 0, ns: 1, aa: true }],
  ["NXDOMAIN", { name: "no.t.example", type: 1 }, { rcode: 3, an: 0, ns: 1, aa: true }],
  ["empty non-terminal", { name: "ent.t.example", type: 1 }, { rcode: 0, an: 0, ns: 1, aa: true }],
  ["SOA", { name: "t.example", type: 6 }, { rcode: 0, an: 1, ns: 0, aa: true }],
  ["NS", { name: "t.example", type: 2 }, { rcode: 0, an: 1, ns: 0, aa: true }],
  ["nameserver A", { name: "ns1.t.example", type: 1 }, { rcode: 0, an: 1, ns: 0, aa: true }],
  ["fence", { name: "_sluice-fence.t.example", type: 16 }, { rcode: 0, an: 1, ns: 0, aa: true }],
  ["CNAME chased", { name: "alias.t.example", type: 1 }, { rcode: 0, an: 2, ns: 0, aa: true }],
  ["CNAME asked", { name: "alias.t.example", type: 5 }, { rcode: 0, an: 1, ns: 0, aa: true }],
  ["CNAME loop", { name: "loop.t.example", type: 1 }, { rcode: 0, an: 1, ns: 0, aa: true }],
  ["CNAME to nowhere", { name: "gone.t.example", type: 1 }, { rcode: 3, an: 1, ns: 1, aa: true }],
  ["out of zone", { name: "t.other", type: 1 }, { rcode: 5, an: 0, ns: 0, aa: false }],
  ["root", { name: "", type: 2 }, { rcode: 5, an: 0, ns: 0, aa: false }],
  ["AXFR", { name: "t.example", type: 252 }, { rcode: 5, an: 0, ns: 0, aa: false }],
  ["class CH", { name: "t.example", type: 16, class: 3 }, { rcode: 5, an: 0, ns: 0, aa: false }],
  ["opcode", { name: "t.example", type: 1, flags: 0x29 }, { rcode: 4, an: 0, ns: 0, aa: false }],
  ["label over 63", { name: "x".repeat(64), type: 1 }, { rcode: 1, an: 0, ns: 0, aa: false }],
  ["OPT cut short", { name: "t.example", type: 1, opt: [0, 0, 41] }, { rcode: 1, an: 0, ns: 0, aa: false }],
  ["OPT owner", { name: "t.example", type: 1, opt: [1, 97, ...opt(512)] }, { rcode: 1, an: 0, ns: 0, aa: false }],
];

for (const [what, asked, want] of table) {
  test(`answer: ${what}`, () => {
    const bytes = reply(ask(asked));
    const got = { rcode: (bytes[3] ?? 0) & 15, an: bytes.readUInt16BE(6), ns: bytes.readUInt16BE(8) };
    assert.deepEqual({ ...got, aa: ((bytes[2] ?? 0) & 4) !== 0 }, want);
    assert.equal(bytes.readUInt16BE(0), 0xabcd);
    assert.equal(bytes[3], want.rcode, "RA, Z, AD and CD are 0");
  });
}

test("drops replies and scraps", () => {
  assert.equal(
    answer(zone, ask({ name: "t.example", type: 1, flags: 0x80 }), { transport: "udp", draw: 0 }),
    undefined,
  );
  assert.equal(answer(zone, new Uint8Array(11), { transport: "udp", draw: 0 }), undefined);
});

test("one site per reply, by share", () => {
  const address = (draw: number) => reply(ask({ name: "www.t.example", type: 1 }), draw).at(-1);
  assert.deepEqual([0, 0.24, 0.26, 0.99].map(address), [1, 1, 2, 2]);
});

test("too large: TC and nothing else by UDP, all of it by TCP", () => {
  for (const query of [
    ask({ name: "big.t.example", type: 16 }),
    ask({ name: "big.t.example", type: 16, opt: opt(65535) }),
  ]) {
    const udp = reply(query);
    assert.equal((udp[2] ?? 0) & 2, 2);
    assert.equal(udp.readUInt16BE(6), 0);
    assert.equal(reply(query, 0, "tcp").readUInt16BE(6), 60);
  }
});

test("EDNS: version 1 is BADVERS, and OPT comes back", () => {
  const bytes = reply(ask({ name: "t.example", type: 1, opt: opt(4096, 1) }));
  assert.deepEqual([bytes[3], bytes.readUInt16BE(10), bytes.at(-6)], [0, 1, 1]);
});

test("the case of 1,000 questions comes back, and mutants never throw", () => {
  let seed = 7;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (let round = 0; round < 1000; round += 1) {
    const name = Array.from("www.t.example", (char) => (next(2) ? char.toUpperCase() : char)).join("");
    const query = ask({ name, type: 1 });
    const bytes = reply(query);
    assert.deepEqual(bytes.subarray(12, query.length), query.subarray(12));
    assert.equal(bytes.readUInt16BE(6), 1);
  }
  for (let round = 0; round < 10_000; round += 1) {
    const name = ["www.t.example", "big.t.example", "alias.t.example"][next(3)] ?? "";
    const query = ask({ name, type: [1, 16, 255][next(3)] ?? 1, opt: next(2) ? opt(1232) : [] });
    for (let hit = next(4); hit >= 0; hit -= 1) query[2 + next(query.length - 2)] = next(256);
    const mutant = query.subarray(0, next(4) ? query.length : next(query.length));
    const bytes = answer(zone, mutant, { transport: "udp", draw: 0.5 });
    if (!bytes) continue;
    assert.ok(bytes.length <= 1232);
    assert.deepEqual([...bytes.subarray(0, 2)], [...mutant.subarray(0, 2)]);
    Packet.parse(Buffer.from(bytes));
  }
});
