import { connect } from "node:net";
import { until } from "../../scenarios/world/until.ts";
import type { Address } from "./addresses.ts";

/** Resolves when somebody takes connections there; rejects with what the program said when nobody ever does. */
export async function untilListening(address: Address, said: () => string): Promise<void> {
  await until(`something listens at ${address.host}:${address.port}`, () => isListening(address)).catch(
    (error: Error) => {
      throw new Error(`${error.message}: ${said().slice(-2_000)}`, { cause: error });
    },
  );
}

function isListening({ host, port }: Address): Promise<true | undefined> {
  return new Promise((resolve) => {
    const line = connect({ host, port }, () => {
      line.destroy();
      resolve(true);
    });
    line.on("error", () => resolve(undefined));
  });
}
