import { setFlagsFromString } from "node:v8";

// A nameserver waits most of the time, on a machine that has better uses for memory. V8's nursery would grow to 32 MB while the
// sources load and never shrink, and its last optimizer brings in megabytes of itself; answering is as fast without, for most of
// it is the kernel's. It must be said before anything is loaded.
setFlagsFromString("--semi-space-growth-factor=1");
setFlagsFromString("--no-opt");

const { readConfigFile } = await import("@sluice/contract");
const { makeLogger, processFlags, readKeyring, readToken, runMain } = await import("@sluice/runtime");
const { startNameserver } = await import("./start-nameserver.ts");

await runMain(async (signal) => {
  const flags = processFlags();
  const logger = makeLogger({ service: "nameserver", name: flags.name, level: flags.logLevel });
  const nameserver = await startNameserver({
    name: flags.name,
    config: await readConfigFile(flags.config),
    stateDir: flags.state,
    logger,
    keyring: await readKeyring(flags.keys, flags.state, logger),
    tokens: { node: await readToken(`${flags.keys}/node.token`) },
  });
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await nameserver.close();
});
