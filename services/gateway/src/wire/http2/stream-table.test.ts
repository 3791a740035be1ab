import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Http2Stream, type StreamHost } from "./stream.ts";
import { StreamTable } from "./stream-table.ts";

const host = { nowMs: 0 } as StreamHost;

test("it finds what a map would, whatever comes and goes", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(400), fc.boolean()), { maxLength: 400 }), (steps) => {
      const table = new StreamTable();
      const map = new Map<number, Http2Stream>();
      for (const [number, isOpened] of steps) {
        const id = number * 2 + 1;
        const there = map.get(id);
        if (isOpened && there === undefined) {
          const stream = new Http2Stream(id, host, { receive: 0, send: 0 });
          map.set(id, stream);
          table.add(stream);
        } else if (!isOpened && there !== undefined) {
          map.delete(id);
          table.delete(there);
          // A second time changes nothing.
          table.delete(there);
        }
        assert.equal(table.get(id), map.get(id));
      }
      const byId = (one: Http2Stream, other: Http2Stream): number => one.id - other.id;
      assert.deepEqual([table.size, table.all().sort(byId)], [map.size, [...map.values()].sort(byId)]);
    }),
  );
});
