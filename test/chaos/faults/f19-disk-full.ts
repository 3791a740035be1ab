import { open, rm } from "node:fs/promises";
import { request } from "@sluice/runtime";
import type { Fault } from "../fault.ts";

const node = "ns-b.llm.example";

async function fill(path: string): Promise<void> {
  await using file = await open(path, "w");
  const piece = Buffer.alloc(65_536);
  for (let size = piece.length; size > 0; ) {
    // The last pieces get smaller, until not a byte more fits.
    size = await file.write(piece, 0, size).then(
      () => size,
      () => Math.floor(size / 2),
    );
  }
}

export const diskFull: Fault = {
  id: "F19",
  about: "A nameserver's disk is full when a new snapshot comes",
  how: "its state is a tmpfs of 4 MB, filled up",
  expect: { kind: "stays", forMs: 3_000 },
  whyWrong: async (scene) => {
    const { nameservers } = await scene.status();
    const { isCurrent } = nameservers.find(({ nameserver }) => nameserver === node) ?? {};
    if (isCurrent) return `${node} took what it can't keep`;
    const url = scene.config.nameservers.find(({ name }) => name === node)?.url ?? "";
    const { body } = await request({ url: `${url}/readyz`, timeoutMs: 2_000 });
    return "warning" in (body as object) ? undefined : `${node} doesn't say that its disk is full`;
  },
  inject: async (scene) => {
    await fill(`${scene.stateOf(node)}/filler`);
    await scene.change();
  },
  heal: async (scene) => {
    await rm(`${scene.stateOf(node)}/filler`);
    await scene.change();
  },
};
