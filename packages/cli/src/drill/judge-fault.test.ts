import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange } from "@sluice/lab";
import { faultComplaints, firstRun, requestsRow } from "./judge-fault.ts";

const faultAt = 50_000;
const about = { faultAt, site: "site-a", target: "site-b", rps: 10 };
const a = "site-a/stable/1";
const b = "site-b/stable/2";

const exchange = (ms: number, servedBy: string | undefined, error?: string): Exchange => ({
  kind: "unary",
  startedAt: faultAt + ms,
  endedAt: faultAt + ms + 40,
  servedBy,
  ttftMs: error === undefined ? 40 : undefined,
  error,
});
/** Ten a second from then on. */
const many = (fromMs: number, count: number, ...by: [string | undefined, string?]): readonly Exchange[] =>
  Array.from({ length: count }, (_, index) => exchange(fromMs + index * 100, ...by));

test("requests have moved from the first of a second's worth that the target served all", () => {
  const spike = [...many(0, 12, a, "500"), exchange(1_200, b), exchange(1_300, a, "500"), ...many(1_400, 200, b)];
  assert.deepEqual(requestsRow(spike, about), { sent: 214, lost: 13, firstMs: 1_200, movedMs: 1_400, strayed: 0 });
});

test("the order in which requests ended doesn't matter, only when they began", () => {
  const all = [...many(1_000, 30, b), ...many(0, 10, a, "500")];
  assert.equal(requestsRow(all, about).movedMs, 1_000);
  assert.deepEqual(requestsRow(all.toReversed(), about), requestsRow(all, about));
});

test("before the fault nothing counts, and lost is what was lost in the first minute", () => {
  const all = [
    ...many(-5_000, 50, b, "500"),
    ...many(0, 20, b),
    exchange(59_999, b, "503"),
    exchange(60_000, b, "503"),
  ];
  assert.deepEqual(requestsRow(all, about), { sent: 21, lost: 1, firstMs: 0, movedMs: 0, strayed: 2 });
});

test("what the site serves after the move strayed, be it well or not, and so did what nobody served", () => {
  const all = [
    ...many(0, 20, b),
    exchange(2_000, a),
    exchange(2_100, a, "500"),
    exchange(2_200, undefined, "ECONNRESET"),
  ];
  assert.equal(requestsRow(all, about).strayed, 3);
});

test("a site that only slows down loses nothing, and requests move all the same", () => {
  const all = [...many(0, 600, a), ...many(60_000, 40, b)];
  assert.deepEqual(requestsRow(all, about), { sent: 600, lost: 0, firstMs: 60_000, movedMs: 60_000, strayed: 0 });
});

const never: readonly (readonly [what: string, all: readonly Exchange[]])[] = [
  ["nothing was sent", []],
  ["the target never served", many(0, 100, a, "500")],
  ["it served less than a second's worth in a row", [...many(0, 9, b), ...many(900, 1, a), ...many(1_000, 9, b)]],
  ["it served them badly", many(0, 100, b, "503")],
];

for (const [what, all] of never) {
  test(`requests never moved: ${what}`, () => {
    assert.equal(requestsRow(all, about).movedMs, undefined);
    assert.equal(requestsRow(all, about).strayed, 0);
  });
}

test("a run is found where it begins", () => {
  const of = (text: string): readonly boolean[] => text.split("").map((each) => each === "+");
  assert.deepEqual(
    ["", "+++", "-+++", "++-+++", "++-++"].map((text) => firstRun(of(text), 3)),
    [undefined, 0, 1, 3, undefined],
  );
});

const well = {
  site: "site-a",
  target: "site-b",
  objective: { movedMs: 10_000, lostMax: 30, lostShareMax: 0.01 },
  requests: { sent: 3_000, lost: 30, firstMs: 900, movedMs: 10_000, strayed: 0 },
  dnsMovedMs: 6_000,
  homeMs: 4_000,
};

test("a drill passes at its bounds, and each thing beyond them is told", () => {
  assert.deepEqual(faultComplaints(well), []);
  const worse = (requests: Partial<typeof well.requests>) => ({ ...well, requests: { ...well.requests, ...requests } });
  const told = [
    worse({ movedMs: 10_001 }),
    worse({ lost: 31 }),
    worse({ sent: 100, lost: 31 }),
    worse({ sent: 6_000, lost: 61 }),
    { ...well, dnsMovedMs: undefined },
    { ...well, homeMs: undefined },
  ].map(faultComplaints);
  assert.deepEqual(told, [
    ["site-b served new requests after 10.00 s, the objective is 10.00 s"],
    ["31 of 3000 requests were lost in the first minute, 30 may be"],
    ["31 of 100 requests were lost in the first minute, 30 may be"],
    ["61 of 6000 requests were lost in the first minute, 60 may be"],
    ["not every nameserver came to answer only site-b"],
    ["site-a was healed, and the answers did not come home"],
  ]);
  const never_ = faultComplaints({ ...well, requests: { ...well.requests, movedMs: undefined as never } });
  assert.deepEqual(never_, ["requests never came to be served by site-b alone"]);
});
