import { isIP } from "node:net";
import type { Problem, RecordConfig } from "@sluice/core";
import { isInZone, nameFault, ownerName, plainName, targetName } from "./zone-name.ts";

type ZoneParts = {
  readonly name: string;
  readonly contact: string;
  readonly records: readonly RecordConfig[];
  readonly nameservers: readonly { readonly name: string; readonly addresses: readonly string[] }[];
  readonly services: readonly {
    readonly host: string;
    readonly choices: readonly { readonly addresses: readonly string[] }[];
  }[];
};

/**
 * Everything that keeps a zone from being served. The configuration is checked more strictly before it is taken; this is the
 * receiver's own hold, so that a snapshot which says nonsense is refused whole and the last good one stays.
 */
export function zoneFaults(parts: ZoneParts): readonly Problem[] {
  const apex = plainName(parts.name);
  const named = [
    { path: "zone.name", name: apex },
    { path: "zone.contact", name: plainName(parts.contact.replace("@", ".")) },
    ...parts.nameservers.map(({ name }, at) => ({ path: `nameservers[${at}].name`, name: ownerName(name, apex) })),
    ...parts.services.map(({ host }, at) => ({ path: `services[${at}].host`, name: ownerName(host, apex) })),
    ...parts.records.map(({ name }, at) => ({ path: `zone.records[${at}].name`, name: ownerName(name, apex) })),
  ];
  const misnamed = named.flatMap(({ path, name }) => problem(path, nameFault(name)));
  if (misnamed.length > 0) return misnamed;
  return [
    ...parts.records.flatMap((record, at) => recordFaults(record, `zone.records[${at}]`, apex)),
    ...parts.nameservers.flatMap((server, at) => addressFaults(server.addresses, `nameservers[${at}]`)),
    ...parts.services.flatMap((service, at) =>
      service.choices.flatMap((choice) => addressFaults(choice.addresses, `services[${at}]`)),
    ),
    ...togetherFaults(parts, apex),
  ];
}

/** 4, 6, or 0 for what is no address. */
export const familyOf = (text: string): number => (text.includes("%") ? 0 : isIP(text));

const addressFaults = (addresses: readonly string[], path: string): readonly Problem[] =>
  addresses.flatMap((text) => problem(path, familyOf(text) === 0 ? `${text} is no address` : undefined));

const problem = (path: string, message: string | undefined): readonly Problem[] =>
  message === undefined ? [] : [{ path, message }];

function recordFaults(record: RecordConfig, path: string, apex: string): readonly Problem[] {
  const name = ownerName(record.name, apex);
  const family = { A: 4, AAAA: 6 } as const;
  const owner = (): string | undefined => {
    if (!isInZone(name, apex)) return `${name} is outside ${apex}`;
    return name === `_sluice-fence.${apex}` ? "the fence's own name is taken" : undefined;
  };
  const data = (text: string): string | undefined => {
    if (record.type === "TXT") return undefined;
    if (record.type === "CNAME") return nameFault(targetName(text, apex));
    return familyOf(text) === family[record.type] ? undefined : `${text} is no address for ${record.type}`;
  };
  const many = record.type === "CNAME" && record.data.length !== 1 ? "a CNAME has one target" : undefined;
  return [
    ...problem(`${path}.name`, owner()),
    ...problem(`${path}.data`, many),
    ...record.data.flatMap((text, at) => problem(`${path}.data[${at}]`, data(text))),
  ];
}

/** What no record can be blamed for alone. A CNAME stands alone at its name (RFC 2181 §10.1); a set has one TTL (§5.2). */
function togetherFaults(parts: ZoneParts, apex: string): readonly Problem[] {
  const faults: Problem[] = [];
  const hosts = parts.services.map(({ host }) => ownerName(host, apex));
  const servers = parts.nameservers.map(({ name }) => ownerName(name, apex));
  const taken = new Set([...hosts, ...servers]);
  const before = new Set<string>();
  for (const [at, host] of hosts.entries()) {
    if (before.has(host)) faults.push({ path: `services[${at}].host`, message: `${host} is there twice` });
    const isTaken = host === apex || servers.includes(host);
    if (isTaken) faults.push({ path: `services[${at}].host`, message: `${host} is the zone's or a nameserver's own` });
    before.add(host);
  }
  const typesAt = new Map<string, Set<string>>();
  const first = new Map<string, RecordConfig>();
  for (const [at, record] of parts.records.entries()) {
    const name = ownerName(record.name, apex);
    const path = `zone.records[${at}]`;
    const isAddress = record.type === "A" || record.type === "AAAA";
    if (isAddress && taken.has(name))
      faults.push({ path, message: `the addresses of ${name} come from elsewhere in the configuration` });
    const types = typesAt.get(name) ?? new Set(taken.has(name) || name === apex ? ["others"] : []);
    typesAt.set(name, types.add(record.type));
    if (types.has("CNAME") && types.size > 1)
      faults.push({ path, message: `${name} has a CNAME beside other records` });
    const earlier = first.get(`${record.type} ${name}`) ?? record;
    first.set(`${record.type} ${name}`, earlier);
    if (record.type === "CNAME" && earlier !== record) faults.push({ path, message: `${name} has two CNAMEs` });
    if (earlier.ttlSeconds !== record.ttlSeconds)
      faults.push({ path: `${path}.ttlSeconds`, message: `another ${record.type} of ${name} has another TTL` });
  }
  return faults;
}
