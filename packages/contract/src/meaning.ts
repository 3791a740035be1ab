import { type Config, defaultChannel, domainsMax, type Problem, policySites, rtoBudget } from "@sluice/core";
import ipaddr from "ipaddr.js";

/** What the shape can't say: names that must exist, sums, places. */
export function meaning(config: Config): {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
} {
  const problems = [...names(config), ...places(config), ...services(config), ...addresses(config)];
  return { problems, warnings: config.services.flatMap((service) => rtoBudget(config, service).warnings) };
}

function names(config: Config): Problem[] {
  const lists = { sites: config.sites, services: config.services, agents: config.agents, arbiters: config.arbiters };
  const all = { ...lists, nameservers: config.nameservers };
  return Object.entries(all).flatMap(([path, entries]) =>
    twice(
      entries.map((entry) => entry.name),
      path,
      ".name",
    ),
  );
}

function twice(values: readonly string[], path: string, field = ""): Problem[] {
  return values.flatMap((value, index) =>
    values.indexOf(value) < index ? [{ path: `${path}[${index}]${field}`, message: `${value} is there twice` }] : [],
  );
}

function places(config: Config): Problem[] {
  const role = new Map(config.sites.map((site) => [site.name, site.role]));
  const processes = { agents: config.agents, arbiters: config.arbiters, nameservers: config.nameservers };
  const used = [
    ...config.electorate.map((site, index) => ({ path: `electorate[${index}]`, site })),
    ...Object.entries(processes).flatMap(([key, list]) =>
      list.map(({ site }, index) => ({ path: `${key}[${index}].site`, site })),
    ),
    { path: "store.site", site: config.store.site },
  ];
  const problems: Problem[] = used.flatMap(({ path, site }) =>
    role.has(site) ? [] : [{ path, message: `unknown site ${site}`, hint: `Known: ${[...role.keys()].join(", ")}.` }],
  );
  problems.push(...twice(config.electorate, "electorate"));
  if (config.electorate.length > domainsMax) problems.push({ path: "electorate", message: `at most ${domainsMax}` });
  for (const [index, site] of config.electorate.entries()) {
    if (config.agents.some((agent) => agent.site === site)) continue;
    problems.push({
      path: `electorate[${index}]`,
      message: `no agent in ${site}`,
      hint: "Add one, or it never votes.",
    });
  }
  if (role.get(config.store.site) === "serving" && !config.store.acceptStoreRisk) {
    const hint = "Move it to a witness, or give a reason in acceptStoreRisk.";
    problems.push({ path: "store.site", message: "the store stands in a serving site", hint });
  }
  return problems;
}

function services(config: Config): Problem[] {
  return config.services.flatMap((service, index) => {
    const path = `services[${index}]`;
    const problems: Problem[] = [
      ...twice(
        service.channels.map((channel) => channel.name),
        `${path}.channels`,
        ".name",
      ),
    ];
    problems.push(
      ...twice(
        service.pools.map((pool) => `${pool.channel}@${pool.site}`),
        `${path}.pools`,
      ),
    );
    const shares = service.policy.kind === "weighted" ? service.policy.sites.map((entry) => entry.share) : [1];
    if (total(shares) === 0) problems.push({ path: `${path}.policy.sites`, message: "the shares sum to zero" });
    if (total(service.channels.map((channel) => channel.weight)) === 0)
      problems.push({ path: `${path}.channels`, message: "the weights sum to zero" });
    for (const [at, name] of policySites(service.policy).entries()) {
      const site = config.sites.find((entry) => entry.name === name);
      const has = service.pools.some((pool) => pool.site === name && pool.channel === defaultChannel(service));
      const where = `${path}.policy.sites[${at}]`;
      if (!site) problems.push({ path: where, message: `unknown site ${name}` });
      else if (site.role === "witness") problems.push({ path: where, message: `${name} is a witness` });
      else if (!has) problems.push({ path: where, message: `no ${defaultChannel(service)} pool in ${name}` });
    }
    if (!service.host.endsWith(`.${config.zone.name}`))
      problems.push({ path: `${path}.host`, message: `${service.host} is outside ${config.zone.name}` });
    return [...problems, ...rtoBudget(config, service).problems];
  });
}

function addresses(config: Config): Problem[] {
  return config.sites.flatMap((site, index) => {
    const path = `sites[${index}].addresses`;
    if (site.role === "serving" && site.addresses.length === 0) return [{ path, message: "a serving site needs one" }];
    return site.addresses.flatMap((address, at) =>
      ipaddr.isValid(address) ? [] : [{ path: `${path}[${at}]`, message: `${address} is no address` }],
    );
  });
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
