import { setFlagsFromString } from "node:v8";

// An agent waits most of the time, on a machine that has better uses for memory. V8's nursery would grow to 32 MB while the sources
// load and never shrink, though the garbage is a few hundred kilobytes a second, and its last optimizer brings in 5 MB of itself to
// hasten what the one before has made fast enough. Without both, some 100 MB instead of 150. It must be said before anything is loaded.
for (const flag of ["--semi-space-growth-factor=1", "--no-opt"]) setFlagsFromString(flag);

const { readConfigFile } = await import("@sluice/contract");
const { makeLogger, processFlags, readKeyring, readOwnSigner, readToken, runMain, systemClock } = await import(
  "@sluice/runtime"
);
const { startAgent } = await import("./start-agent.ts");

await runMain(async (signal) => {
  const flags = processFlags();
  const logger = makeLogger({ service: "agent", name: flags.name, level: flags.logLevel });
  const keyring = await readKeyring(flags.keys, flags.state, logger);
  const agent = await startAgent({
    name: flags.name,
    config: await readConfigFile(flags.config),
    stateDir: flags.state,
    clock: systemClock,
    logger,
    signer: await readOwnSigner({ keysDir: flags.keys, name: flags.name, keyring, logger }),
    keyring,
    tokens: { node: await readToken(`${flags.keys}/node.token`) },
  });
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await agent.close();
});
