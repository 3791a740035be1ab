import { readConfigFile } from "@sluice/contract";
import { SluiceError } from "@sluice/core";
import { makeLogger, processFlags, readKeyring, readOwnSigner, readToken, runMain, systemClock } from "@sluice/runtime";
import { makePostgres } from "@sluice/store-postgres";
import { startArbiter } from "./start-arbiter.ts";

await runMain(async (signal) => {
  const flags = processFlags();
  const url = process.env["DATABASE_URL"];
  if (url === undefined) {
    throw new SluiceError("STORE_UNAVAILABLE", "DATABASE_URL is not set", {
      hint: "Set it to postgresql://user@host:port/database.",
    });
  }
  const logger = makeLogger({ service: "arbiter", name: flags.name, level: flags.logLevel });
  const config = await readConfigFile(flags.config);
  const keyring = await readKeyring(flags.keys, flags.state, logger);
  const signer = await readOwnSigner({ keysDir: flags.keys, name: flags.name, keyring, logger });
  const tokens = {
    operator: await readToken(`${flags.keys}/operator.token`),
    node: await readToken(`${flags.keys}/node.token`),
  };
  const postgres = makePostgres({ url, log: (message) => logger.warn({ event: "store" }, message) });
  const { store, lease } = postgres;
  const arbiter = await startArbiter({
    name: flags.name,
    config,
    store,
    lease,
    clock: systemClock,
    logger,
    signer,
    keyring,
    tokens,
    stateDir: flags.state,
  });
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await arbiter.close();
  await postgres.close();
});
