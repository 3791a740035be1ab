import { epochMs, type Snapshot } from "@sluice/core";

const serving = (site: string, share: number, addresses: readonly string[]) => ({ site, share, addresses });

/** A zone that holds one of everything, for tests of whoever answers or asks. */
export const sampleSnapshot: Snapshot = {
  fence: { installation: "lab", epoch: 3, sequence: 41 },
  causes: [],
  configRevision: 1,
  issuedAt: epochMs(0),
  zone: {
    name: "t.example",
    ttlSeconds: 60,
    negativeTtlSeconds: 15,
    contact: "ops.t.example",
    serial: 41,
    nameservers: [
      { name: "ns1", addresses: ["127.0.2.1", "fd00::53"] },
      { name: "ns.elsewhere.test.", addresses: ["127.0.3.1"] },
    ],
    records: [
      { name: "alias", type: "CNAME", ttlSeconds: 30, data: ["www.t.example"] },
      { name: "twice", type: "CNAME", ttlSeconds: 30, data: ["alias"] },
      { name: "loop", type: "CNAME", ttlSeconds: 30, data: ["pool.t.example"] },
      { name: "pool", type: "CNAME", ttlSeconds: 30, data: ["loop.t.example"] },
      { name: "gone", type: "CNAME", ttlSeconds: 30, data: ["none.t.example"] },
      { name: "away", type: "CNAME", ttlSeconds: 30, data: ["www.elsewhere.test"] },
      { name: "bare", type: "CNAME", ttlSeconds: 30, data: ["note.t.example"] },
      ...Array.from({ length: 10 }, (_, at) => ({
        name: `chain${at}`,
        type: "CNAME" as const,
        ttlSeconds: 30,
        data: [at === 9 ? "www.t.example" : `chain${at + 1}.t.example`],
      })),
      { name: "a.b.ent", type: "TXT", ttlSeconds: 30, data: ["x"] },
      { name: "note", type: "TXT", ttlSeconds: 30, data: ["one", "two", "y".repeat(300)] },
      { name: "fixed", type: "A", ttlSeconds: 30, data: ["192.0.2.1", "192.0.2.2", "192.0.2.1"] },
      { name: "fixed", type: "AAAA", ttlSeconds: 30, data: ["::ffff:192.0.2.1", "2001:db8::1"] },
      {
        name: "big",
        type: "TXT",
        ttlSeconds: 30,
        data: Array.from({ length: 100 }, (_, at) => `${at} ${"z".repeat(255)}`),
      },
      {
        name: "huge",
        type: "TXT",
        ttlSeconds: 30,
        data: Array.from({ length: 100 }, (_, at) => `${at} ${"z".repeat(800)}`),
      },
      {
        name: "medium",
        type: "TXT",
        ttlSeconds: 30,
        data: Array.from({ length: 4 }, (_, at) => `${at} ${"z".repeat(180)}`),
      },
    ],
  },
  services: [
    {
      service: "www",
      host: "www.t.example",
      ttlSeconds: 5,
      choices: [serving("a", 1, ["10.0.0.1", "fd00::1"]), serving("b", 3, ["10.0.0.2"]), serving("c", 0, ["10.0.0.3"])],
    },
    {
      service: "even",
      host: "even.t.example",
      ttlSeconds: 5,
      choices: [serving("a", 80, ["10.0.0.1"]), serving("b", 20, ["10.0.0.2"])],
    },
  ],
};
