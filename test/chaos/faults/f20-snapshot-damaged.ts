import { readFile, writeFile } from "node:fs/promises";
import type { Fault } from "../fault.ts";
import type { Scene } from "../scene.ts";

const node = "ns-b.llm.example";

const truncate = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length / 2);

function flip(bytes: Buffer): Buffer {
  const at = Math.floor(bytes.length / 2);
  bytes.writeUInt8((bytes[at] ?? 0) ^ 1, at);
  return bytes;
}

async function isCurrent(scene: Scene): Promise<boolean> {
  const { nameservers } = await scene.status();
  return nameservers.find(({ nameserver }) => nameserver === node)?.isCurrent === true;
}

export const snapshotDamaged: Fault = {
  id: "F20",
  about: "A nameserver starts on a snapshot that is truncated, flipped in a bit, or of long ago",
  how: "SIGKILL, and its file is rewritten; three times",
  expect: { kind: "stays", forMs: 1_000 },
  whyWrong: async (scene) => {
    const log = await readFile(`${scene.installation.layout.logs}/${node}.log`, "utf8");
    const alarms = log.split('"event":"damaged"').length - 1;
    return alarms >= 2 ? undefined : `${alarms} alarms for two damaged files`;
  },
  inject: async (scene) => {
    const file = `${scene.stateOf(node)}/snapshot.json`;
    const old = await readFile(file);
    await scene.change();
    await scene.until(`${node} has the change`, () => isCurrent(scene));
    for (const damage of [truncate, flip, () => old]) {
      scene.kill(node);
      scene.observer.damaged(node);
      await writeFile(file, damage(await readFile(file)));
      await scene.bringBack(node);
      await scene.until(`${node} is current again`, () => isCurrent(scene));
    }
  },
  heal: async () => undefined,
};
