import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HpackDecoder } from "./hpack-decoder.ts";
import { HpackEncoder } from "./hpack-encoder.ts";
import { decodeHuffman } from "./huffman.ts";
import { noteSensitive } from "./sensitive.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ""), "hex");
const wide = { bytes: 1_000_000, count: 1_000 };

/** What the decoder makes of each block in turn. */
function readAll(blocks: readonly Buffer[]): unknown[] {
  const decoder = new HpackDecoder(wide);
  return blocks.map((block) => {
    const decoded = decoder.decode(block, 0, block.length);
    return decoded === "whole" ? decoder.fields.map(({ name, value }) => `${name}: ${value}`) : decoded;
  });
}

const requests = [
  [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
  [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"],
  [":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com", "custom-key: custom-value"],
];
const shared = ["cache-control: private", "location: https://www.example.com"];
const responses = [
  [":status: 302", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:21 GMT", shared[1]],
  [":status: 307", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:21 GMT", shared[1]],
  [
    ":status: 200",
    "cache-control: private",
    "date: Mon, 21 Oct 2013 20:13:22 GMT",
    shared[1],
    "content-encoding: gzip",
    "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
  ],
];
/** The examples with answers have a table of 256 bytes. */
const small = "3f e1 01";

test("the examples of RFC 7541, appendix C", () => {
  assert.deepEqual(readAll([hex("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572")]), [
    ["custom-key: custom-header"],
  ]);
  assert.deepEqual(readAll([hex("040c 2f73 616d 706c 652f 7061 7468")]), [[":path: /sample/path"]]);
  assert.deepEqual(readAll([hex("1008 7061 7373 776f 7264 0673 6563 7265 74")]), [["password: secret"]]);
  assert.deepEqual(readAll([hex("82")]), [[":method: GET"]]);
  const plain = [
    "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
    "8286 84be 5808 6e6f 2d63 6163 6865",
    "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
  ];
  assert.deepEqual(readAll(plain.map(hex)), requests);
  const coded = [
    "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
    "8286 84be 5886 a8eb 1064 9cbf",
    "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
  ];
  assert.deepEqual(readAll(coded.map(hex)), requests);
  const plainAnswers = [
    `${small} 4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768
     7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
    "4803 3330 37c1 c0bf",
    `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48
     514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`,
  ];
  assert.deepEqual(readAll(plainAnswers.map(hex)), responses);
  const codedAnswers = [
    `${small} 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae
     82ae 43d3`,
    "4883 640e ffc1 c0bf",
    `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af
     2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
  ];
  assert.deepEqual(readAll(codedAnswers.map(hex)), responses);
});

for (const [what, block] of [
  ["an index of nothing", "c0"],
  ["the index 0", "80"],
  ["a string longer than its block", "0005 6162"],
  ["a block that ends within a name", "00"],
  ["an integer without end", "ff ff ff ff ff ff 7f"],
  ["a table greater than was allowed", "3f e2 1f"],
  ["a size in the midst of fields", "82 20"],
  ["Huffman code filled up with zeros", "0081 10 00"],
  ["Huffman code filled up with a whole byte", "0082 1fff 00"],
  ["Huffman code with the end in it", "0084 ffff ffff 00"],
] as const)
  test(`${what} can't be read`, () => assert.deepEqual(readAll([hex(block)]), ["broken"]));

test("more than is wanted is read and not kept, and the table knows it all the same", () => {
  const decoder = new HpackDecoder({ bytes: 100, count: 3 });
  const long = Buffer.concat([hex("40 01 61"), hex("50"), Buffer.alloc(80, "b")]);
  assert.equal(decoder.decode(long, 0, long.length), "too-long");
  assert.equal(decoder.fields.length, 0);
  const four = hex("82 82 82 82");
  assert.equal(decoder.decode(four, 0, four.length), "too-long");
  const again = hex("be");
  assert.equal(decoder.decode(again, 0, 1), "too-long");
});

test("a bomb of references costs no memory", () => {
  const decoder = new HpackDecoder({ bytes: 16_384, count: 200 });
  const entry = Buffer.concat([hex("40 01 61 7f a1 1e"), Buffer.alloc(4_000, "b")]);
  assert.equal(decoder.decode(entry, 0, entry.length), "whole");
  const bomb = Buffer.alloc(32_000, 0xbe);
  assert.equal(decoder.decode(bomb, 0, bomb.length), "too-long");
  assert.ok(decoder.fields.length <= 4);
});

test("a field that is said again costs a byte; of one that always changes the name is remembered", () => {
  const encoder = new HpackEncoder();
  const write = (list: readonly (readonly [string, string])[]): number => {
    encoder.begin();
    for (const [name, value] of list) encoder.field(name, value);
    return encoder.end().length;
  };
  const list = [
    ["content-type", "application/grpc"],
    ["x-own", "same"],
  ] as const;
  assert.ok(write(list) > 20);
  assert.equal(write(list), 2);
  for (let turn = 0; turn < 10; turn += 1) write([["x-request-id", `number ${turn}`]]);
  assert.ok(write([["x-request-id", "number x"]]) <= "number x".length + 3);
  assert.equal(write(list), 2);
});

test("what must never be remembered is passed on so", () => {
  const encoder = new HpackEncoder();
  const first = (name: string): number => {
    encoder.begin();
    encoder.field(name, "secret");
    return encoder.end()[0] as number;
  };
  assert.equal(first("authorization") & 0xf0, 0x10);
  assert.equal(first("x-key") & 0xc0, 0x40);
  assert.equal(first("x-key") & 0x80, 0x80);
  noteSensitive("x-key");
  assert.equal(first("x-key") & 0xf0, 0x10);
  // Also on a connection that has met so many names that it learns no more of them.
  const crowded = new HpackEncoder();
  crowded.begin();
  for (let index = 0; index < 300; index += 1) crowded.field(`x-${index}`, "a");
  crowded.end();
  crowded.begin();
  crowded.field("authorization", "secret");
  assert.equal((crowded.end()[0] as number) & 0xf0, 0x10);
});

const name = fc.oneof(
  fc.constantFrom(":path", "content-type", "x-a", "x-b", "cookie", "date", "accept-encoding", "x-request-id"),
  fc.stringMatching(/^[a-z-]{1,12}$/),
);
const value = fc.oneof(
  fc.constantFrom("", "a", "b", "gzip, deflate", "/"),
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 60 }),
  fc.integer({ min: 1, max: 5_000 }).map((length) => "long ".repeat(length / 5 + 1)),
);
const block = fc.record({
  list: fc.array(fc.tuple(name, value), { maxLength: 20 }),
  resizes: fc.array(fc.constantFrom(0, 40, 100, 500, 4_096, 65_536), { maxLength: 2 }),
});

test("what is written is read as the same, block after block, whatever the table's size", () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 20 }), (blocks) => {
      const encoder = new HpackEncoder();
      const decoder = new HpackDecoder({ bytes: 1_000_000, count: 1_000 });
      for (const { list, resizes } of blocks) {
        for (const size of resizes) encoder.resize(size);
        encoder.begin();
        for (const [one, other] of list) encoder.field(one, other);
        const bytes = encoder.end();
        assert.equal(decoder.decode(bytes, 0, bytes.length), "whole");
        assert.deepEqual(
          decoder.fields.map((field) => [field.name, field.value]),
          list,
        );
      }
    }),
    { numRuns: 500 },
  );
});

test("bytes that mean nothing are read to an end, without a throw and without growth", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (blocks) => {
      const decoder = new HpackDecoder({ bytes: 500, count: 10 });
      for (const bytes of blocks) {
        const decoded = decoder.decode(Buffer.from(bytes), 0, bytes.length);
        assert.ok(decoder.fields.length <= 10);
        if (decoded === "broken") return;
      }
    }),
    { numRuns: 2_000 },
  );
});

test("every byte has its Huffman code", () => {
  // A few that span the lengths, from RFC 7541, appendix B.
  const codes: readonly (readonly [string, string])[] = [
    ["0", "00000"],
    ["e", "00101"],
    [" ", "010100"],
    ["\x00", "1111111111000"],
    ["\xff", "11111111111111111111101110"],
    ["\n", "111111111111111111111111111100"],
  ];
  for (const [byte, bits] of codes) {
    const filled = bits.padEnd(Math.ceil(bits.length / 8) * 8, "1");
    const bytes = Buffer.from(filled.match(/.{8}/g)?.map((eight) => Number.parseInt(eight, 2)) ?? []);
    assert.equal(decodeHuffman(bytes, 0, bytes.length), byte);
  }
});
