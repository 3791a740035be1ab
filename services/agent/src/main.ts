import { readConfigFile } from "@sluice/contract";
import { makeLogger, processFlags, readKeyring, readSigner, readToken, runMain, systemClock } from "@sluice/runtime";
import { startAgent } from "./start-agent.ts";

await runMain(async (signal) => {
  const flags = processFlags();
  const logger = makeLogger({ service: "agent", name: flags.name, level: flags.logLevel });
  const config = await readConfigFile(flags.config);
  const keyring = await readKeyring(flags.keys, flags.state);
  const signer = await readSigner(`${flags.keys}/${flags.name}.key`, flags.name);
  const tokens = {
    operator: await readToken(`${flags.keys}/operator.token`),
    node: await readToken(`${flags.keys}/node.token`),
  };
  const agent = await startAgent({
    name: flags.name,
    config,
    stateDir: flags.state,
    clock: systemClock,
    logger,
    signer,
    keyring,
    tokens,
  });
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await agent.close();
});
