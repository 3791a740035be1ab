import { readConfigFile } from "@sluice/contract";
import { makeLogger, processFlags, readKeyring, readToken, runMain } from "@sluice/runtime";
import { startNameserver } from "./start-nameserver.ts";

await runMain(async (signal) => {
  const flags = processFlags();
  const logger = makeLogger({ service: "nameserver", name: flags.name, level: flags.logLevel });
  const config = await readConfigFile(flags.config);
  const keyring = await readKeyring(flags.keys, flags.state);
  const tokens = {
    operator: await readToken(`${flags.keys}/operator.token`),
    node: await readToken(`${flags.keys}/node.token`),
  };
  const nameserver = await startNameserver({
    name: flags.name,
    config,
    stateDir: flags.state,
    logger,
    keyring,
    tokens,
  });
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await nameserver.close();
});
