import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import type { Config } from "@sluice/core";
import { encodeQuestion, type Question } from "@sluice/dns";
import { readToken, request } from "@sluice/runtime";
import type { Layout } from "../../lab/up/layout.ts";

const timeoutMs = 2_000;
/** Ids are asked to be the same, and are left out of the comparison all the same. */
const id = 4_711;
const users = 50;

/** A hash of everything that a node answers: the bytes of a nameserver's replies but for their ids, a gateway's routing of fifty users. */
export async function hashOfAnswers(config: Config, layout: Layout, node: string): Promise<string> {
  const nameserver = config.nameservers.find(({ name }) => name === node);
  const hash = createHash("sha256");
  if (nameserver)
    for (const question of questionsOf(config))
      for (const ask of [askUdp, askTcp])
        hash.update((await ask(nameserver, encodeQuestion(id, question))).subarray(2));
  const gateway = config.gateways.find(({ name }) => name === node);
  if (gateway) hash.update(await routingOf(gateway.url, config, layout));
  return hash.digest("hex");
}

/** Names that are steered, data that isn't, and what there is not. */
function questionsOf({ zone, services, nameservers }: Config): readonly Question[] {
  const steered = services.filter(({ policy }) => policy.kind === "failover").map(({ host }) => host);
  return [
    ...steered.flatMap((name) => [
      { name, type: "A" } as const,
      { name, type: "AAAA" } as const,
      { name, type: "TXT" } as const,
    ]),
    ...nameservers.map(({ name }) => ({ name, type: "A" }) as const),
    { name: zone.name, type: "SOA" },
    { name: zone.name, type: "NS" },
    { name: `nobody.${zone.name}`, type: "A" },
    { name: "elsewhere.example", type: "A" },
  ];
}

async function routingOf(url: string, { services }: Config, { keys }: Layout): Promise<string> {
  const token = await readToken(`${keys}/node.token`);
  const said: unknown[] = [];
  for (const { name } of services) {
    for (let user = 0; user < users; user += 1) {
      const asked = `${url}/v1/explain?service=${name}&user=user-${user}`;
      const { status, body } = await request({ url: asked, token, timeoutMs });
      // A refusal is the same every time, too.
      if (status !== 200) throw new Error(`${asked} answers ${status}`);
      const { fence, decision } = body as { readonly fence: string; readonly decision: unknown };
      said.push([fence, decision]);
    }
  }
  return JSON.stringify(said);
}

type At = { readonly address: string; readonly port: number };

function askUdp({ address, port }: At, bytes: Buffer): Promise<Buffer> {
  const socket = createSocket("udp4");
  return new Promise<Buffer>((settle, fail) => {
    AbortSignal.timeout(timeoutMs).addEventListener("abort", () => fail(new Error(`${address}:${port} is silent`)));
    socket.on("error", fail).on("message", settle);
    socket.connect(port, address, () => socket.send(bytes));
  }).finally(() => socket.close());
}

function askTcp({ address, port }: At, bytes: Buffer): Promise<Buffer> {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  const socket = connect(port, address, () => void socket.write(Buffer.concat([length, bytes])));
  let received = Buffer.alloc(0);
  return new Promise<Buffer>((settle, fail) => {
    AbortSignal.timeout(timeoutMs).addEventListener("abort", () => fail(new Error(`${address}:${port} is silent`)));
    socket.on("error", fail).on("close", () => fail(new Error(`${address}:${port} hung up`)));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) settle(received.subarray(2));
    });
  }).finally(() => socket.destroy());
}
