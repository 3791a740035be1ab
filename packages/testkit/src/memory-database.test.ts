import { testLease, testStore } from "@sluice/ports/laws";
import { makeMemoryDatabase } from "./memory-database.ts";
import { makeVirtualClock } from "./virtual-clock.ts";

testStore(async () => {
  const database = makeMemoryDatabase(makeVirtualClock());
  return { open: async () => database.open(), close: async () => {} };
});

testLease(async () => {
  const clock = makeVirtualClock();
  const database = makeMemoryDatabase(clock);
  return { open: async () => database.open().lease, advance: (ms) => clock.advance(ms), close: async () => {} };
});
