import assert from "node:assert/strict";
import { test } from "node:test";
import { type Asked, type Message, makeQuery, opt, readMessage, wireName } from "../../../test/dns/messages.ts";
import { seeded, seedOfRun } from "../../../test/dns/mutants.ts";
import { sampleSnapshot } from "../../../test/dns/zone.ts";
import { answer, compileZone } from "./index.ts";

const zone = compileZone(sampleSnapshot);
type Transport = "udp" | "tcp";

function replyTo(query: Buffer, draw = 0, transport: Transport = "udp"): Message {
  const bytes = answer(zone, query, { transport, draw });
  assert.ok(bytes !== undefined, "silence");
  return readMessage(Buffer.from(bytes));
}

const [A, NS, CNAME, SOA, MX, TXT, AAAA, HTTPS] = [1, 2, 5, 6, 15, 16, 28, 65];
const [noerror, formerr, nxdomain, notimp, refused] = [0, 1, 3, 4, 5];
const option = (code: number, ...data: number[]): number[] => [code >> 8, code & 255, 0, data.length, ...data];

/** What came back in short: rcode, the types of the answers, and `soa` for a negative answer of ours. */
const short = (reply: Message): [number, number[], string] => [
  reply.rcode,
  reply.answers.map((record) => record.type),
  reply.authorities
    .map((record) => (record.type === SOA && record.name.toLowerCase() === "t.example" ? "soa" : "?"))
    .join(),
];

// docs/dns.md says why, row by row.
const table: readonly [
  what: string,
  asked: Asked,
  rcode: number,
  answers: readonly (number | undefined)[],
  soa?: "soa",
][] = [
  ["a service's A", { name: "www.t.example" }, noerror, [A]],
  ["a service's AAAA, of the site that has one", { name: "www.t.example", type: AAAA }, noerror, [AAAA]],
  ["a service without IPv6", { name: "even.t.example", type: AAAA }, noerror, [], "soa"],
  ["fixed A, each once", { name: "fixed.t.example" }, noerror, [A, A]],
  ["fixed AAAA", { name: "fixed.t.example", type: AAAA }, noerror, [AAAA, AAAA]],
  ["SOA", { name: "t.example", type: SOA }, noerror, [SOA]],
  ["NS", { name: "t.example", type: NS }, noerror, [NS, NS]],
  ["a nameserver's A", { name: "ns1.t.example" }, noerror, [A]],
  ["TXT", { name: "note.t.example", type: TXT }, noerror, [TXT, TXT, TXT]],
  ["the fence", { name: "_sluice-fence.t.example", type: TXT }, noerror, [TXT]],
  ["ANY is one set", { name: "www.t.example", type: 255 }, noerror, [A]],
  ["ANY of the apex", { name: "t.example", type: 255 }, noerror, [SOA]],
  ["ANY of a CNAME", { name: "alias.t.example", type: 255 }, noerror, [CNAME]],
  ["NODATA", { name: "www.t.example", type: MX }, noerror, [], "soa"],
  ["NODATA for HTTPS", { name: "www.t.example", type: HTTPS }, noerror, [], "soa"],
  ["type 0", { name: "www.t.example", type: 0 }, noerror, [], "soa"],
  ["type 65280", { name: "www.t.example", type: 65_280 }, noerror, [], "soa"],
  ["type 65535", { name: "www.t.example", type: 65_535 }, noerror, [], "soa"],
  ["type 253, MAILB", { name: "www.t.example", type: 253 }, noerror, [], "soa"],
  ["NXDOMAIN", { name: "no.t.example" }, nxdomain, [], "soa"],
  ["below a leaf", { name: "x.note.t.example", type: TXT }, nxdomain, [], "soa"],
  ["empty non-terminal", { name: "ent.t.example" }, noerror, [], "soa"],
  ["empty non-terminal, deeper", { name: "b.ent.t.example", type: TXT }, noerror, [], "soa"],
  ["a literal asterisk", { name: "*.t.example" }, nxdomain, [], "soa"],
  ["CNAME chased", { name: "alias.t.example" }, noerror, [CNAME, A]],
  ["CNAME chased twice", { name: "twice.t.example" }, noerror, [CNAME, CNAME, A]],
  ["CNAME asked for", { name: "alias.t.example", type: CNAME }, noerror, [CNAME]],
  ["CNAME to a name without that type", { name: "bare.t.example" }, noerror, [CNAME], "soa"],
  ["CNAME to a missing name", { name: "gone.t.example" }, nxdomain, [CNAME], "soa"],
  ["CNAME out of the zone", { name: "away.t.example" }, noerror, [CNAME]],
  ["CNAME loop", { name: "loop.t.example" }, noerror, [CNAME, CNAME]],
  ["CNAME chain of ten", { name: "chain0.t.example" }, noerror, Array.from({ length: 8 }, () => CNAME)],
  ["out of the zone", { name: "www.elsewhere.test" }, refused, []],
  ["a name that only ends alike", { name: "xt.example" }, refused, []],
  ["the root", { name: "", type: NS }, refused, []],
  ["AXFR", { name: "t.example", type: 252 }, refused, []],
  ["IXFR", { name: "t.example", type: 251 }, refused, []],
  ["class CH", { name: "version.bind", type: TXT, class: 3 }, refused, []],
  ["class HS", { name: "t.example", class: 4 }, refused, []],
  ["class NONE", { name: "t.example", class: 254 }, refused, []],
  ["class ANY", { name: "t.example", class: 255 }, refused, []],
  ["OPT as question", { name: "t.example", type: 41 }, formerr, []],
  ["TSIG as question", { name: "t.example", type: 250 }, formerr, []],
  ["RCODE in the query", { name: "www.t.example", flags: 0x0105 }, noerror, [A]],
  ["TC, AA and Z in the query", { name: "www.t.example", flags: 0x0640 }, noerror, [A]],
  ["AD and CD in the query", { name: "www.t.example", flags: 0x0130 }, noerror, [A]],
  ["junk behind the question", { name: "www.t.example", counts: [1, 0, 0, 0], rest: [1, 2, 3] }, noerror, [A]],
  [
    "a name of 255 octets",
    { name: `${"x".repeat(63)}.${"x".repeat(63)}.${"x".repeat(63)}.${"x".repeat(51)}.t.example` },
    nxdomain,
    [],
    "soa",
  ],
  ["a NUL in a label", { name: "w\0w.t.example" }, nxdomain, [], "soa"],
  [
    "a dot in a label",
    { name: Uint8Array.from([5, 119, 46, 119, 119, 119, ...wireName("t.example")]) },
    nxdomain,
    [],
    "soa",
  ],
  ["bytes above 0x7f", { name: "w\xffw.t.example" }, nxdomain, [], "soa"],
];

for (const [what, asked, rcode, answers, soa] of table) {
  test(`answers ${what}`, () => {
    const query = makeQuery(asked);
    const reply = replyTo(query);
    assert.deepEqual(short(reply), [rcode, answers, soa ?? ""]);
    const { qr, aa, tc, rd, ...others } = reply.flags;
    const isOurs = rcode === noerror || rcode === nxdomain;
    assert.deepEqual(
      { qr, aa, tc, rd },
      { qr: true, aa: isOurs, tc: false, rd: ((asked.flags ?? 0x100) & 0x100) !== 0 },
    );
    assert.deepEqual(others, { ra: false, z: false, ad: false, cd: false });
    assert.deepEqual(reply.additionals, [], "no OPT without one in the query");
    assert.deepEqual(reply.question, query.subarray(12, 12 + reply.question.length));
    assert.ok(reply.question.length > 0);
    for (const record of reply.authorities) assert.equal(record.ttl, 15, "min(SOA TTL, MINIMUM)");
  });
}

const unreadable: readonly [what: string, query: Buffer][] = [
  ["no question", makeQuery({ name: "t.example", counts: [0, 0, 0, 0] })],
  [
    "two questions",
    makeQuery({ name: "t.example", counts: [2, 0, 0, 0], rest: [...wireName("t.example"), 0, 1, 0, 1] }),
  ],
  ["two questions, one there", makeQuery({ name: "t.example", counts: [2, 0, 0, 0] })],
  ["a pointer to itself", makeQuery({ name: Uint8Array.of(0xc0, 12) })],
  ["a pointer forward", makeQuery({ name: Uint8Array.of(0xc0, 20) })],
  ["a pointer into the header", makeQuery({ name: Uint8Array.of(1, 97, 0xc0, 4) })],
  ["label type 0x40", makeQuery({ name: Uint8Array.of(0x41, ...wireName("t.example")) })],
  ["label type 0x80", makeQuery({ name: Uint8Array.of(0x80, ...wireName("t.example")) })],
  ["a label of 64", makeQuery({ name: "x".repeat(64) })],
  [
    "a name of 256 octets",
    makeQuery({ name: `${"x".repeat(63)}.${"x".repeat(63)}.${"x".repeat(63)}.${"x".repeat(52)}.t.example` }),
  ],
  ["the header alone", makeQuery({ name: "" }).subarray(0, 12)],
];

for (const [what, query] of unreadable) {
  test(`FORMERR without a question: ${what}`, () => {
    const reply = replyTo(query);
    assert.deepEqual([...short(reply), reply.question.length, reply.flags.aa], [formerr, [], "", 0, false]);
  });
}

test("FORMERR at every cut of a query, and silence below a header", () => {
  const whole = makeQuery({ name: "www.t.example", rest: opt(1232, { options: option(65_001, 7) }) });
  const question = 12 + wireName("www.t.example").length + 4;
  for (let length = 0; length < whole.length; length += 1) {
    const cut = whole.subarray(0, length);
    if (length < 12) assert.equal(answer(zone, cut, { transport: "udp", draw: 0 }), undefined);
    else assert.deepEqual([replyTo(cut).rcode, replyTo(cut).question.length > 0], [formerr, length >= question]);
  }
});

const halfRead: readonly [what: string, asked: Asked][] = [
  ["two OPT records", { name: "t.example", counts: [1, 0, 0, 2], rest: [...opt(512), ...opt(512)] }],
  ["an OPT longer than the packet", { name: "t.example", rest: [...opt(512).slice(0, 9), 0, 4] }],
  ["an OPT whose option is longer than it", { name: "t.example", rest: opt(512, { options: [0, 10, 0, 9, 1] }) }],
  ["an OPT with half an option", { name: "t.example", rest: opt(512, { options: [0, 10, 0] }) }],
  ["an OPT that the root does not own", { name: "t.example", rest: [1, 97, ...opt(512)] }],
  ["an OPT among the answers", { name: "t.example", counts: [1, 1, 0, 0], rest: opt(512) }],
  ["ANCOUNT that lies", { name: "t.example", counts: [1, 1, 0, 0] }],
  ["ARCOUNT that lies", { name: "t.example", counts: [1, 0, 0, 65_535] }],
  ["all counts that lie", { name: "t.example", counts: [1, 65_535, 65_535, 65_535], rest: opt(512) }],
];

for (const [what, asked] of halfRead) {
  test(`FORMERR with the question: ${what}`, () => {
    const query = makeQuery(asked);
    const reply = replyTo(query);
    assert.deepEqual([reply.rcode, reply.answers, reply.authorities, reply.additionals], [formerr, [], [], []]);
    assert.deepEqual(reply.question, query.subarray(12, 12 + wireName("t.example").length + 4));
  });
}

test("a thousand records that the header counts, and 65,535 that it does not, cost nothing", () => {
  const record = [0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0];
  const rest = Array.from({ length: 5_000 }, () => record).flat();
  const began = performance.now();
  assert.equal(replyTo(makeQuery({ name: "www.t.example", counts: [1, 5_000, 0, 0], rest }), 0, "tcp").rcode, noerror);
  assert.equal(replyTo(makeQuery({ name: "www.t.example", counts: [1, 65_535, 65_535, 65_535], rest })).rcode, formerr);
  assert.ok(performance.now() - began < 2_000);
});

test("every opcode but QUERY is NOTIMP, and comes back", () => {
  for (let opcode = 1; opcode < 16; opcode += 1) {
    const reply = replyTo(makeQuery({ name: "t.example", flags: (opcode << 11) | 0x100 }));
    assert.deepEqual([reply.rcode, reply.opcode, reply.id, reply.flags.aa], [notimp, opcode, 0xabcd, false]);
  }
});

test("a reply is not answered, whatever else it is", () => {
  for (const flags of [0x8000, 0x8180, 0xffff, 0xa800])
    assert.equal(answer(zone, makeQuery({ name: "t.example", flags }), { transport: "udp", draw: 0 }), undefined);
  assert.equal(answer(zone, new Uint8Array(512).fill(0xff), { transport: "udp", draw: 0 }), undefined);
});

const edns: readonly [what: string, rest: number[], want: { rcode: number; version: number; flags: number }][] = [
  ["version 0", opt(1232), { rcode: 0, version: 0, flags: 0 }],
  ["size 0", opt(0), { rcode: 0, version: 0, flags: 0 }],
  ["version 1", opt(1232, { version: 1 }), { rcode: 16, version: 0, flags: 0 }],
  [
    "version 100 with an unknown option",
    opt(1232, { version: 100, options: option(65_001, 1) }),
    { rcode: 16, version: 0, flags: 0 },
  ],
  ["DO", opt(1232, { flags: 0x8000 }), { rcode: 0, version: 0, flags: 0x8000 }],
  ["unknown Z flags", opt(1232, { flags: 0x7fff }), { rcode: 0, version: 0, flags: 0 }],
  ["an unknown option", opt(1232, { options: option(65_001, 1, 2, 3) }), { rcode: 0, version: 0, flags: 0 }],
  ["a cookie", opt(1232, { options: option(10, 1, 2, 3, 4, 5, 6, 7, 8) }), { rcode: 0, version: 0, flags: 0 }],
  ["client subnet", opt(1232, { options: option(8, 0, 1, 24, 0, 192, 0, 2) }), { rcode: 0, version: 0, flags: 0 }],
  ["NSID and padding", opt(1232, { options: [...option(3), ...option(12, 0, 0)] }), { rcode: 0, version: 0, flags: 0 }],
];

for (const [what, rest, want] of edns) {
  test(`EDNS: ${what}`, () => {
    const reply = replyTo(makeQuery({ name: "www.t.example", rest }));
    const [record, ...more] = reply.additionals;
    assert.deepEqual([more, record?.name, record?.type, record?.class, record?.data.length], [[], "", 41, 1232, 0]);
    const ttl = record?.ttl ?? 0;
    const got = { rcode: ((ttl >>> 24) << 4) | reply.rcode, version: (ttl >> 16) & 255, flags: ttl & 0xffff };
    assert.deepEqual(got, want);
    assert.deepEqual([reply.answers.length, reply.flags.aa], want.rcode === 0 ? [1, true] : [0, false]);
  });
}

test("too large for the client: TC and nothing but the question by UDP, all of it by TCP", () => {
  const asked: readonly [string, number[]][] = [
    ["big.t.example", []],
    ["big.t.example", opt(65_535)],
    ["medium.t.example", []],
    ["medium.t.example", opt(0)],
    ["medium.t.example", opt(511)],
  ];
  for (const [name, rest] of asked) {
    const query = makeQuery({ name, type: TXT, rest });
    const reply = replyTo(query);
    assert.deepEqual([reply.flags.tc, reply.rcode, short(reply)[1]], [true, noerror, []]);
    assert.deepEqual(reply.question, query.subarray(12, 12 + reply.question.length));
    const whole = replyTo(query, 0, "tcp");
    assert.deepEqual([whole.flags.tc, whole.answers.length], [false, name.startsWith("big") ? 100 : 4]);
  }
  assert.equal(replyTo(makeQuery({ name: "medium.t.example", type: TXT, rest: opt(900) })).answers.length, 4);
});

test("too large even for TCP is SERVFAIL there", () => {
  const query = makeQuery({ name: "huge.t.example", type: TXT, rest: opt(1232) });
  assert.equal(replyTo(query).flags.tc, true);
  const reply = replyTo(query, 0, "tcp");
  assert.deepEqual([reply.rcode, reply.flags.tc, reply.flags.aa, reply.additionals.length], [2, false, false, 1]);
});

test("records say what the zone says", () => {
  const data = (name: string, type: number, draw = 0): string[] =>
    replyTo(makeQuery({ name, type }), draw, "tcp").answers.map((record) => record.data.toString("hex"));
  assert.deepEqual(data("fixed.t.example", 1), ["c0000201", "c0000202"]);
  assert.deepEqual(data("fixed.t.example", 28), [
    "00000000000000000000ffffc0000201",
    "20010db8000000000000000000000001",
  ]);
  assert.deepEqual(
    replyTo(makeQuery({ name: "note.t.example", type: 16 })).answers.map((record) => record.data.length),
    [4, 4, 302],
  );
  assert.deepEqual(
    data("t.example", 2),
    ["ns1.t.example", "ns.elsewhere.test"].map((name) => Buffer.from(wireName(name)).toString("hex")),
  );
  const soa = Buffer.from(data("t.example", 6)[0] ?? "", "hex");
  const numbers = [-20, -16, -12, -8, -4].map((at) => soa.readUInt32BE(soa.length + at));
  assert.deepEqual(numbers, [41, 3600, 600, 604_800, 15]);
  const owners = replyTo(makeQuery({ name: "TWICE.t.example" })).answers.map((record) => record.name);
  assert.deepEqual(owners, ["TWICE.t.example", "alias.t.example", "www.t.example"]);
});

test("before the first snapshot a good query is SERVFAIL with its question, and a bad one still FORMERR", () => {
  const ask = (query: Buffer): Message =>
    readMessage(Buffer.from(answer(undefined, query, { transport: "udp", draw: 0 }) ?? []));
  const reply = ask(makeQuery({ name: "www.t.example", rest: opt(1232) }));
  assert.deepEqual([reply.rcode, reply.question.length, reply.additionals.length, reply.flags.aa], [2, 19, 1, false]);
  assert.equal(ask(makeQuery({ name: "x".repeat(64) })).rcode, formerr);
});

test("the case of 1,000 questions comes back, in the question and in the owner", () => {
  const seed = seedOfRun();
  const next = seeded(seed);
  for (let round = 0; round < 1_000; round += 1) {
    const name = Array.from("www.t.example", (char) => (next(2) ? char.toUpperCase() : char)).join("");
    const reply = replyTo(makeQuery({ name }));
    assert.equal(reply.question.toString("latin1").slice(0, -4), Buffer.from(wireName(name)).toString("latin1"));
    assert.deepEqual(
      reply.answers.map((record) => record.name),
      [name],
      `seed ${seed}`,
    );
  }
});

test("10,000 draws of 80 to 20 fit, and no reply holds addresses of two sites", () => {
  const seed = seedOfRun();
  const next = seeded(seed);
  const query = makeQuery({ name: "even.t.example" });
  const seen = { "10.0.0.1": 0, "10.0.0.2": 0 };
  for (let round = 0; round < 10_000; round += 1) {
    const { answers } = replyTo(query, next(2 ** 31) / 2 ** 31);
    assert.equal(answers.length, 1);
    seen[[...(answers[0]?.data ?? [])].join(".") as keyof typeof seen] += 1;
  }
  assert.equal(seen["10.0.0.1"] + seen["10.0.0.2"], 10_000);
  const chiSquare = (seen["10.0.0.1"] - 8_000) ** 2 / 8_000 + (seen["10.0.0.2"] - 2_000) ** 2 / 2_000;
  // One degree of freedom: chance alone goes above 28 once in ten million runs.
  assert.ok(chiSquare < 28, `${JSON.stringify(seen)}: chi-square ${chiSquare.toFixed(1)}, seed ${seed}`);
});

test("each share has its part of the draw, and a share of zero has none", () => {
  const address = (draw: number) => replyTo(makeQuery({ name: "www.t.example" }), draw).answers[0]?.data.at(-1);
  assert.deepEqual([0, 0.24, 0.26, 0.99, 1 - 2 ** -53].map(address), [1, 1, 2, 2, 2]);
});
