import type { Problem, RecordConfig } from "@sluice/core";
import { whyNotAddress } from "../address.ts";
import { whyNotTarget } from "../host-name.ts";
import type { Parts, Piece } from "../parts.ts";

type Owner = {
  readonly path: string;
  readonly name: string;
  readonly type: RecordConfig["type"];
  readonly whose: string;
};

/** Who owns which name in the zone. No (name, type) belongs to two, and a CNAME stands alone (RFC 1034 §3.6.2). */
export function zone(parts: Parts): readonly Problem[] {
  const { config } = parts;
  const records = parts.pieces("zone.records", config.zone?.records, ["name", "type"]);
  const whole = parts.pieces("zone.records", config.zone?.records, ["name", "type", "data"]);
  return [
    ...whyNotInZone(parts),
    ...clashes(parts, records),
    ...aliasesAlone(parts, records),
    ...circles(whole),
    ...recordData(parts),
  ];
}

function whyNotInZone(parts: Parts): readonly Problem[] {
  const { config } = parts;
  if (!parts.isSound("zone.name")) return [];
  const apex = config.zone.name;
  const below = [
    ...parts.leaves("nameservers", config.nameservers, "name"),
    ...parts.leaves("services", config.services, "host"),
  ].filter(({ value }) => !value.endsWith(`.${apex}`));
  const outside = parts
    .leaves("zone.records", config.zone.records, "name")
    .filter(({ value }) => value !== apex && !value.endsWith(`.${apex}`));
  const hint = `Write a whole name that ends in .${apex}.`;
  return [...below, ...outside].map(({ path, value }) => ({ path, message: `${value} is not inside ${apex}`, hint }));
}

type Named = Piece<Pick<RecordConfig, "name" | "type">>;

/** Every set of records that the zone will hold. Nameservers and services own the addresses at their names. */
function owners(parts: Parts, records: readonly Named[]): readonly Owner[] {
  const { config } = parts;
  const addresses = ["A", "AAAA"] as const;
  const own = (pieces: readonly Piece<string>[], whose: string): readonly Owner[] =>
    pieces.flatMap(({ path, value }) => addresses.map((type) => ({ path, name: value, type, whose })));
  const fence: readonly Owner[] = parts.isSound("zone.name")
    ? [{ path: "zone.name", name: `_sluice-fence.${config.zone.name}`, type: "TXT", whose: "Sluice's fence" }]
    : [];
  return [
    ...fence,
    ...own(parts.leaves("nameservers", config.nameservers, "name"), "a nameserver"),
    ...own(parts.leaves("services", config.services, "host"), "a service"),
    ...records.map(({ path, value }) => ({ path, name: value.name, type: value.type, whose: "a fixed record" })),
  ];
}

function clashes(parts: Parts, records: readonly Named[]): readonly Problem[] {
  const first = new Map<string, Owner>();
  const told = new Set<string>();
  return owners(parts, records).flatMap((owner) => {
    const key = `${owner.name} ${owner.type}`;
    const before = first.get(key);
    if (!before) first.set(key, owner);
    // A service and a nameserver clash in A and in AAAA; one telling is enough.
    if (!before || told.has(owner.path)) return [];
    told.add(owner.path);
    const message = `${owner.name} has its ${owner.type} records from ${before.whose} already, at ${before.path}`;
    return [{ path: owner.path, message, hint: "Give each name and type to one owner; a record takes several data." }];
  });
}

function aliasesAlone(parts: Parts, records: readonly Named[]): readonly Problem[] {
  const all = owners(parts, records);
  const apex = parts.isSound("zone.name") ? parts.config.zone.name : undefined;
  const others = new Map(all.filter(({ type }) => type !== "CNAME").map((owner) => [owner.name, owner]));
  return records.flatMap(({ path, value }): readonly Problem[] => {
    if (value.type !== "CNAME") return [];
    if (value.name === apex) {
      const hint = "Write its addresses as A and AAAA: the apex has SOA and NS records (RFC 1034 §3.6.2).";
      return [{ path, message: "a CNAME can't stand at the apex", hint }];
    }
    const other = others.get(value.name);
    if (!other) return [];
    const message = `a CNAME can't stand beside other data: ${value.name} has ${other.type} records from ${other.whose}, at ${other.path}`;
    return [{ path, message, hint: "Take one of the two away (RFC 1034 §3.6.2)." }];
  });
}

/** A chain of aliases that comes back to where it was has no end to answer. Told once for each circle, each name walked once. */
function circles(records: readonly Piece<Pick<RecordConfig, "name" | "type" | "data">>[]): readonly Problem[] {
  const aliases = new Map(
    records.filter(({ value }) => value.type === "CNAME").map((piece) => [piece.value.name, piece]),
  );
  const settled = new Set<string>();
  return [...aliases.values()].flatMap(({ path, value }): readonly Problem[] => {
    const chain: string[] = [];
    let name = value.name;
    while (aliases.has(name) && !settled.has(name)) {
      settled.add(name);
      chain.push(name);
      name = aliases.get(name)?.value.data[0]?.replace(/\.$/, "") ?? "";
    }
    const from = chain.indexOf(name);
    if (from < 0) return [];
    const message = `CNAMEs in a circle: ${[...chain.slice(from), name].slice(0, 10).join(" → ")}`;
    return [{ path: `${path}.data`, message, hint: "Let it end at a name with addresses." }];
  });
}

function recordData(parts: Parts): readonly Problem[] {
  return parts.pieces("zone.records", parts.config.zone?.records, ["type", "data"]).flatMap(({ path, value }) => {
    const wrong = value.data.flatMap((data, index): readonly Problem[] => {
      const because = whyNotData(value.type, data);
      return because ? [{ path: `${path}.data[${index}]`, ...because }] : [];
    });
    const repeats = new Set(value.data).size < value.data.length;
    const many = { path: `${path}.data`, message: "a CNAME has just one target", hint: "Leave one (RFC 2181 §10.1)." };
    const twice = { path: `${path}.data`, message: "some data is there twice", hint: "A set holds each record once." };
    return [...wrong, ...(value.type === "CNAME" && value.data.length > 1 ? [many] : repeats ? [twice] : [])];
  });
}

function whyNotData(type: RecordConfig["type"], data: string): { message: string; hint: string } | undefined {
  switch (type) {
    case "A":
    case "AAAA": {
      const isRight = whyNotAddress(data) === undefined && data.includes(":") === (type === "AAAA");
      const version = type === "A" ? "IPv4" : "IPv6";
      const hint = `Write ${type === "A" ? "192.0.2.1" : "2001:db8::1"}, or change the type.`;
      return isRight ? undefined : { message: `${data} is no ${version} address`, hint };
    }
    case "CNAME": {
      const because = whyNotTarget(data);
      const hint = "Write the whole name that it stands for: www.example.org.";
      return because === undefined ? undefined : { message: `${data} ${because}`, hint };
    }
    case "TXT":
      return undefined;
    default:
      return type satisfies never;
  }
}
