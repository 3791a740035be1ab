import { after, before } from "node:test";
import { testLease, testStore } from "@sluice/ports/laws";
import { makePostgres, type Postgres } from "./index.ts";
import { openTestServer, type TestServer } from "./test-server.ts";

let server: TestServer;
before(async () => {
  server = await openTestServer();
});
after(() => server.stop());

/** A fresh database, opened as often as there are processes that use it. */
async function makeBench(): Promise<{ open: () => Promise<Postgres>; close: () => Promise<void> }> {
  const database = await server.makeDatabase();
  const doors: Postgres[] = [];
  return {
    async open() {
      const door = makePostgres({ url: database.url, log: () => undefined });
      doors.push(door);
      return door;
    },
    async close() {
      await Promise.all(doors.map((door) => door.close()));
      await database.drop();
    },
  };
}

testStore(makeBench);

testLease(async () => {
  const bench = await makeBench();
  await (await bench.open()).store.migrate();
  return { open: async () => (await bench.open()).lease, close: bench.close };
});
