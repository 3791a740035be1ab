import { spawn } from "node:child_process";
import { join } from "node:path";

// `pnpm postgres`: the store on PostgreSQL as others run it: the laws on the system's server, and an arbiter on three servers under
// Patroni, through the loss of their primary. It takes two minutes, most of it Patroni's leases, so `pnpm test` leaves it out.

const files = ["laws.ts", "failover.ts"].map((name) => join(import.meta.dirname, name));
const child = spawn(process.execPath, ["--test", "--test-concurrency=1", ...files], { stdio: "inherit" });
child.on("close", (code) => {
  process.exitCode = code ?? 1;
});
