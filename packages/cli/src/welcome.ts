import { join } from "node:path";
import type { Lab } from "@sluice/lab";
import { table } from "./table.ts";

/** What a person sees when the lab is up: where everything is, the API's token, and what to try next. */
export function welcome(lab: Lab): readonly string[] {
  const rows = lab.parts.map(({ site, role, name, binds }) => [
    site,
    role,
    name,
    [...new Set(binds.map((bind) => `${bind.host}:${bind.port}`))].join("  "),
  ]);
  const [service] = lab.config.services;
  const [nameserver] = lab.config.nameservers.filter((entry) => entry.site === lab.config.arbiters[0]?.site);
  return [
    ...table(["SITE", "ROLE", "NAME", "ADDRESSES"], rows),
    "",
    `API token   ${join(lab.layout.keys, "operator.token")}`,
    `state       ${lab.layout.root}`,
    "",
    "the lab is up. Try, in another shell:",
    "  pnpm sluice status",
    `  dig @${nameserver?.address} -p ${nameserver?.port} ${service?.host} +short`,
    `  pnpm sluice drill run site-outage --service ${service?.name}`,
  ];
}
