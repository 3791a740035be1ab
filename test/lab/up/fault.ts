import { readConfigFile } from "@sluice/contract";
import { SluiceError } from "@sluice/core";
import { readToken, request } from "@sluice/runtime";
import type { Faults } from "../model-server/faults.ts";
import { type Layout, type Part, partsOf } from "./layout.ts";

/** A model server, or those of a site, or of them those of one channel. */
export type FaultWhom = { readonly name: string; readonly channel?: string };

/** Sets the faults of model servers; `{}` heals them. Answers the names of those it reached. */
export async function setFaults(layout: Layout, whom: FaultWhom, faults: Faults): Promise<readonly string[]> {
  const servers = await modelServers(layout);
  const named = servers.filter((part) => part.name === whom.name || part.site === whom.name);
  if (named.length === 0) {
    const hint = `Known: ${[...new Set(servers.map((part) => part.site)), ...servers.map((part) => part.name)].join(", ")}.`;
    throw new SluiceError("NOT_FOUND", `no model server or site is called ${whom.name}`, { hint });
  }
  const chosen = named.filter((part) => whom.channel === undefined || channelOf(part) === whom.channel);
  if (chosen.length === 0) {
    const hint = `Known: ${[...new Set(named.map(channelOf))].join(", ")}.`;
    throw new SluiceError("NOT_FOUND", `${whom.name} has no channel ${whom.channel}`, { hint });
  }
  const token = await readToken(layout.adminToken);
  await Promise.all(chosen.map((part) => put(part, faults, token)));
  return chosen.map((part) => part.name);
}

async function modelServers(layout: Layout): Promise<readonly Part[]> {
  const parts = partsOf(await readConfigFile(layout.config), layout);
  return parts.filter((part) => part.role === "model-server");
}

/** As it was told on its command line. */
const channelOf = ({ args }: Part): string => args[args.indexOf("--channel") + 1] ?? "";

/** The admin door is the last address that a model server binds. It stays open under every fault. */
async function put(part: Part, faults: Faults, token: string): Promise<void> {
  const door = part.binds.at(-1);
  const url = `http://${door?.host}:${door?.port}/admin/faults`;
  const answer = await request({ url, method: "PUT", body: faults, token, timeoutMs: 5_000 });
  if (answer.status === 200) return;
  const { error } = answer.body as { readonly error?: { readonly message?: string } };
  throw new SluiceError("BODY_INVALID", `${part.name} refused the faults: ${error?.message ?? answer.status}`);
}
