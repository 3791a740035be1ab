import { setTimeout as pause } from "node:timers/promises";
import { drawNet } from "../../conformance/draw-net.ts";
import { type Address, addressesOf } from "./addresses.ts";
import { listenToEvents } from "./event-client.ts";
import { type EventServer, startEventServer } from "./event-server.ts";
import { type ProxyName, startGround } from "./ground.ts";
import { type Measured, playRounds } from "./rounds.ts";
import type { Series, Setting } from "./setting.ts";
import { reportThroughput } from "./throughput.ts";

const streams = 200;
const names: readonly ProxyName[] = ["sluice", "haproxy", "@fastify/http-proxy", "http-proxy-middleware", "direct"];

/** Events a second, in all, of many streams that each go on as fast as they are read. */
export const fanOut: Series = {
  name: "SSE fan-out",
  async play(setting) {
    const { cores } = setting;
    const net = await drawNet();
    await using server = await startEventServer(addressesOf(net).backend);
    await using ground = await startGround({ cores, net, backend: server.address, protocol: "http1", names });
    const rounds = await playRounds<ProxyName>({ ...setting, names }, (name) =>
      eventRate(server, ground.at(name), setting),
    );
    return reportThroughput(fanOut.name, "events/s", { names, rounds });
  },
};

async function eventRate(server: EventServer, to: Address, { seconds, warmUpMs }: Setting): Promise<Measured> {
  const flows = Array.from({ length: streams }, () => server.newFlow());
  await using listeners = await listenToEvents({
    to,
    paths: flows.map(({ path }) => path),
    onEvents: (at, events) => flows[at]?.arrived(events),
  });
  await pause(warmUpMs);
  const [before, begun] = [listeners.events(), performance.now()];
  await pause(seconds * 1_000);
  const rate = ((listeners.events() - before) * 1_000) / (performance.now() - begun);
  const open = listeners.open();
  if (open < streams) return { kind: "void", because: `${open} of ${streams} streams were open at the end` };
  return { kind: "measured", value: rate };
}
