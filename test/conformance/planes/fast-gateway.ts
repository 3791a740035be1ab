import { join } from "node:path";
import { readConfigFile } from "@sluice/contract";
import { monoMs } from "@sluice/core";
import { startGateway } from "@sluice/gateway";
import { makeLogger, processFlags, readKeyring, readToken, runMain } from "@sluice/runtime";
import { xxh32 } from "@sluice/runtime/hash";
import { makeDataPath } from "../../../services/gateway/src/make-data-path.ts";

// The gateway as `main.ts` starts it, save for the clock that pools are judged by: it runs so many times faster. Windows, holds
// and steps pass quickly, and latencies are what they are. `node fast-gateway.ts 30 --name …`

const [speed = "1", ...args] = process.argv.slice(2);
const judgeNow = () => monoMs(performance.now() * Number(speed));

await runMain(async (signal) => {
  const flags = processFlags(args);
  const logger = makeLogger({ service: "gateway", name: flags.name, level: flags.logLevel });
  const gateway = await startGateway({
    name: flags.name,
    config: await readConfigFile(flags.config),
    keysDir: flags.keys,
    stateDir: flags.state,
    logger,
    keyring: await readKeyring(flags.keys, flags.state),
    tokens: {
      operator: await readToken(join(flags.keys, "operator.token")),
      node: await readToken(join(flags.keys, "node.token")),
    },
    dataPath: (deps) => makeDataPath({ ...deps, requestLog: undefined, judgeNow }, xxh32),
  });
  const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await Promise.race([ended, gateway.failed]);
  await gateway.drain(AbortSignal.timeout(1_000));
  await gateway.close();
});
