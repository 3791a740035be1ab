import assert from "node:assert/strict";
import { test } from "node:test";
import { zoneFaults } from "./zone-faults.ts";

type ZoneParts = Parameters<typeof zoneFaults>[0];
const good: ZoneParts = {
  name: "t.example",
  contact: "ops@t.example",
  nameservers: [{ name: "ns1", addresses: ["192.0.2.53"] }],
  services: [{ host: "www.t.example", choices: [{ addresses: ["192.0.2.1"] }] }],
  records: [
    { name: "alias", type: "CNAME", ttlSeconds: 30, data: ["www"] },
    { name: "www", type: "TXT", ttlSeconds: 30, data: ["beside a service's addresses"] },
    { name: "@", type: "TXT", ttlSeconds: 30, data: ["at the apex"] },
    { name: "fixed", type: "AAAA", ttlSeconds: 30, data: ["2001:db8::1"] },
  ],
};
const host = (name: string, addresses = ["192.0.2.1"]) => ({ host: name, choices: [{ addresses }] });
const record = (name: string, type: "A" | "AAAA" | "CNAME" | "TXT", data: string[], ttlSeconds = 30) => ({
  ...good,
  records: [...good.records, { name, type, ttlSeconds, data }],
});

test("a zone with one of everything has no faults", () => {
  assert.deepEqual(zoneFaults(good), []);
});

const table: readonly [what: string, parts: ZoneParts, path: string, message: RegExp][] = [
  ["zone", { ...good, name: "t..example" }, "zone.name", /empty label/],
  ["contact", { ...good, contact: "the boss" }, "zone.contact", /no label/],
  ["long label", record("x".repeat(64), "A", ["192.0.2.1"]), "zone.records[4].name", /no label of 1 to 63/],
  [
    "long name",
    record(Array.from({ length: 130 }, () => "x").join("."), "A", ["192.0.2.1"]),
    "zone.records[4].name",
    /longer than 253/,
  ],
  ["wildcard", record("*", "A", ["192.0.2.1"]), "zone.records[4].name", /wildcard/],
  ["outside", record("www.elsewhere.test.", "A", ["192.0.2.1"]), "zone.records[4].name", /outside t\.example/],
  ["the fence's name", record("_sluice-fence", "TXT", ["mine"]), "zone.records[4].name", /fence/],
  ["wrong family", record("x", "A", ["2001:db8::1"]), "zone.records[4].data[0]", /no address for A/],
  ["two targets", record("x", "CNAME", ["www", "alias"]), "zone.records[4].data", /one target/],
  ["two CNAMEs", record("alias", "CNAME", ["fixed"]), "zone.records[4]", /two CNAMEs/],
  ["bad target", record("x", "CNAME", ["a..b"]), "zone.records[4].data[0]", /empty label/],
  ["CNAME at the apex", record("@", "CNAME", ["www"]), "zone.records[4]", /beside other records/],
  ["CNAME beside TXT", record("alias", "TXT", ["x"]), "zone.records[4]", /beside other records/],
  ["CNAME at a service", record("www", "CNAME", ["fixed"]), "zone.records[4]", /beside other records/],
  ["A at a service", record("www", "A", ["192.0.2.1"]), "zone.records[4]", /come from elsewhere/],
  ["A at a nameserver", record("NS1", "A", ["192.0.2.1"]), "zone.records[4]", /come from elsewhere/],
  ["two TTLs", record("fixed", "AAAA", ["2001:db8::2"], 31), "zone.records[4].ttlSeconds", /another TTL/],
  ["one host twice", { ...good, services: [host("a"), host("A.t.example")] }, "services[1].host", /twice/],
  ["a service at the apex", { ...good, services: [host("t.example")] }, "services[0].host", /own/],
  ["no address", { ...good, nameservers: [{ name: "ns1", addresses: ["here"] }] }, "nameservers[0]", /no address/],
];

for (const [what, parts, path, message] of table) {
  test(`refuses a zone for: ${what}`, () => {
    const faults = zoneFaults(parts);
    assert.ok(
      faults.some((fault) => fault.path === path && message.test(fault.message)),
      JSON.stringify(faults),
    );
  });
}
