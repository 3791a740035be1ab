import { join } from "node:path";
import { commandFor, type Lab } from "@sluice/lab";
import { table } from "./table.ts";

/** What a person sees when the lab is up: where everything is, what to try next, and how to end it. */
export function welcome(lab: Lab): readonly string[] {
  const { layout, config } = lab;
  const rows = lab.parts.map(({ site, role, name, binds }) => [
    site,
    role,
    name,
    [...new Set(binds.map((bind) => `${bind.host}:${bind.port}`))].join("  "),
  ]);
  const [service] = config.services;
  const [nameserver] = config.nameservers.filter((entry) => entry.site === config.arbiters[0]?.site);
  return [
    ...table(["SITE", "ROLE", "NAME", "ADDRESSES"], rows),
    "",
    `API token   ${join(layout.keys, "operator.token")}`,
    `state       ${layout.root}`,
    `logs        ${layout.logs}`,
    "",
    "Try, in another shell:",
    `  ${commandFor(layout, "status")}`,
    `  dig @${nameserver?.address} -p ${nameserver?.port} ${service?.host} +short`,
    `  ${commandFor(layout, `drill run site-outage --service ${service?.name}`)}`,
    "",
    `Ctrl-C here ends it, and so does, elsewhere: ${commandFor(layout, "lab down")}`,
  ];
}
