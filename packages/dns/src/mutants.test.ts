import assert from "node:assert/strict";
import { test } from "node:test";
import { Packet } from "dns2";
import { readMessage } from "../../../test/dns/messages.ts";
import { mutant, seeded, seedOfRun } from "../../../test/dns/mutants.ts";
import { sampleSnapshot } from "../../../test/dns/zone.ts";
import { answer, compileZone } from "./index.ts";

const zone = compileZone(sampleSnapshot);

test("10,000 mutants: silence or a well-formed reply to that very query, in bounded time", (t) => {
  const seed = seedOfRun();
  t.diagnostic(`SLUICE_SEED=${seed}`);
  const next = seeded(seed);
  const rcodes = new Map<number, number>();
  let slowestMs = 0;
  for (let round = 0; round < 10_000; round += 1) {
    const query = mutant(next);
    const where = `seed ${seed}, round ${round}, ${query.toString("hex")}`;
    const transport = next(2) === 0 ? "udp" : "tcp";
    const began = performance.now();
    const bytes = answer(next(10) === 0 ? undefined : zone, query, { transport, draw: next(1_000) / 1_000 });
    slowestMs = Math.max(slowestMs, performance.now() - began);
    const isSilent = query.length < 12 || ((query[2] ?? 0) & 0x80) !== 0;
    assert.equal(bytes === undefined, isSilent, where);
    if (!bytes) continue;
    const reply = readMessage(Buffer.from(bytes));
    assert.equal(reply.id, query.readUInt16BE(0), where);
    assert.ok(reply.flags.qr && bytes.length <= (transport === "udp" ? 1232 : 65_535), where);
    assert.deepEqual(Packet.parse(Buffer.from(bytes)).errors, [], where);
    // What goes back as the question is the query's own, byte for byte.
    assert.deepEqual(reply.question, query.subarray(12, 12 + reply.question.length), where);
    rcodes.set(reply.rcode, (rcodes.get(reply.rcode) ?? 0) + 1);
  }
  // The mutants reach everything: good answers, FORMERR, NXDOMAIN, NOTIMP, REFUSED and, without a zone, SERVFAIL.
  for (const rcode of [0, 1, 2, 3, 4, 5]) assert.ok((rcodes.get(rcode) ?? 0) > 10, `rcode ${rcode}, seed ${seed}`);
  // A busy machine may stop us for long; a loop in the parser would for ever.
  assert.ok(slowestMs < 1_000, `${slowestMs} ms, seed ${seed}`);
});
