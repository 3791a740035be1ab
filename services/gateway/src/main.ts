import { readConfigFile } from "@sluice/contract";
import { makeLineWriter, makeLogger, processFlags, readKeyring, readToken, runMain } from "@sluice/runtime";
import { xxh32 } from "@sluice/runtime/hash";
import { makeDataPath } from "./make-data-path.ts";
import { startGateway } from "./start-gateway.ts";

// Unlike the nameserver this process works all the time, so V8 keeps its optimizer, and its nursery may grow: every relayed
// piece is garbage a moment later, and a nursery that holds a few thousand of them is swept without copying any.

await runMain(async (signal) => {
  const flags = processFlags();
  const logger = makeLogger({ service: "gateway", name: flags.name, level: flags.logLevel });
  const requestLog = logger.isLevelEnabled("info") ? makeLineWriter() : undefined;
  const gateway = await startGateway({
    name: flags.name,
    config: await readConfigFile(flags.config),
    keysDir: flags.keys,
    stateDir: flags.state,
    logger,
    keyring: await readKeyring(flags.keys, flags.state, logger),
    tokens: {
      operator: await readToken(`${flags.keys}/operator.token`),
      node: await readToken(`${flags.keys}/node.token`),
    },
    dataPath: (deps) => makeDataPath({ ...deps, requestLog }, xxh32),
  });
  const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await Promise.race([ended, gateway.failed]);
  // A second signal is somebody who can't wait for the last stream.
  const hurry = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => hurry.abort());
  await gateway.drain(hurry.signal);
  await gateway.close();
});
