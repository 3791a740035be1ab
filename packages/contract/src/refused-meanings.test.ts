import { refuses } from "./test-refusals.ts";

const tcp = { kind: "tcp" };
const chat = "services[0]";
const pool = `${chat}.pools[0]`;
const record = (name: string, type: string, ...data: string[]) => ({ name, type, data });
const records = (...list: unknown[]) => ({ "zone.records": list });
const site = (name: string) => ({ name, addresses: ["192.0.2.77"] });

const unknownCanary = Object.fromEntries([1, 3].map((at) => [`${chat}.pools[${at}].channel`, /no channel canary/]));

/** Every endpoint of site-b, when probes may not reach it. */
const siteBForbidden = Object.fromEntries(
  [
    "sites[1].edge.endpoints[0]",
    ...[0, 1].flatMap((at) => [2, 3].map((pool) => `services[${at}].pools[${pool}].endpoints[0]`)),
    ...[0, 1].map((at) => `services[${at}].pools[2].endpoints[1]`),
    "services[0].pools[5].endpoints[0]",
  ].map((path) => [path, /loopback, and probes\.allow does not cover it/]),
);

refuses([
  // Names.
  [
    "two sites of one name",
    { "sites[3]": { ...site("site-a"), role: "witness" } },
    { "sites[3].name": /twice; first at sites\[0\]\.name/ },
  ],
  ["two services of one name", { "services[1].name": "chat" }, { "services[1].name": /chat is there twice/ }],
  ["two agents of one name", { "agents[1].name": "agent-a" }, { "agents[1].name": /agent-a is there twice/ }],
  [
    "an agent named as an arbiter",
    { "agents[0].name": "arbiter-a" },
    { "agents[0].name": /twice; first at arbiters\[1\]\.name/ },
  ],
  [
    "two channels of one name",
    { [`${chat}.channels[1].name`]: "stable" },
    { [`${chat}.channels[1].name`]: /stable is there twice/, ...unknownCanary },
  ],
  // Places.
  ["an unknown site in the electorate", { "electorate[0]": "site-x" }, { "electorate[0]": /there is no site site-x/ }],
  ["an arbiter nowhere", { "arbiters[0].site": "site-x" }, { "arbiters[0].site": /there is no site site-x/ }],
  ["a nameserver nowhere", { "nameservers[0].site": "site-x" }, { "nameservers[0].site": /there is no site site-x/ }],
  ["a store nowhere", { "store.site": "site-x" }, { "store.site": /there is no site site-x/ }],
  ["a store in a serving site", { "store.site": "site-a" }, { "store.site": /a serving site/ }],
  [
    "a domain twice in the electorate",
    { electorate: ["site-a", "site-b", "site-a"] },
    { "electorate[2]": /site-a is there twice/ },
  ],
  ["a domain without an agent", { "agents[2].site": "site-a" }, { "electorate[2]": /no agent stands in site-w/ }],
  ["a serving site without an address", { "sites[0].addresses": [] }, { "sites[0].addresses": /needs an address/ }],
  [
    "an address in two sites",
    { "sites[1].addresses": ["127.0.1.1"] },
    { "sites[1].addresses[0]": /first at sites\[0\]\.addresses\[0\]/ },
  ],
  [
    "an address in two spellings",
    { "sites[0].addresses": ["2001:db8::1", "2001:db8:0::1"] },
    { "sites[0].addresses[1]": /twice/ },
  ],
  [
    "a sorry address twice",
    { [`${chat}.allBad`]: { kind: "sorry", addresses: ["192.0.2.1", "192.0.2.1"] } },
    { [`${chat}.allBad.addresses[1]`]: /twice/ },
  ],
  [
    "two processes at one URL",
    { "agents[0].url": "http://127.0.1.1:7400/" },
    { "agents[0].url": /127\.0\.1\.1:7400 is there twice; first at arbiters\[1\]\.url/ },
  ],
  [
    "HTTP on the port of DNS",
    { "nameservers[0].url": "http://127.0.1.1:5300" },
    { "nameservers[0].port": /127\.0\.1\.1:5300 is there twice/ },
  ],
  // Gateways.
  ["a gateway nowhere", { "gateways[0].site": "site-x" }, { "gateways[0].site": /there is no site site-x/ }],
  ["a gateway at a witness", { "gateways[0].site": "site-w" }, { "gateways[0].site": /site-w is a witness/ }],
  [
    "a gateway named as an agent",
    { "gateways[0].name": "agent-a" },
    { "gateways[0].name": /twice; first at agents\[0\]\.name/ },
  ],
  [
    "two gateways on one port, whichever it is",
    { "gateways[1].address": "127.0.1.1" },
    Object.fromEntries(
      ["port", "tls.port", "hop.port"].map((at) => [`gateways[1].${at}`, /127\.0\.1\.1:8\d+ is there twice/]),
    ),
  ],
  [
    "a gateway's doors on one port",
    { "gateways[0].hop": { port: 8443 }, "gateways[0].url": "http://127.0.1.1:8080" },
    { "gateways[0].port": /first at gateways\[0\]\.url/, "gateways[0].hop.port": /first at gateways\[0\]\.tls\.port/ },
  ],
  [
    "a weight for a channel in no site of the policy",
    { [`${chat}.channels[3]`]: { name: "experiment-v3", weight: 1 } },
    { [`${chat}.channels[3]`]: /experiment-v3 has a weight, but a pool in no site of the policy/ },
  ],
  [
    "a header that is about the connection",
    { [`${chat}.affinityHeaders`]: ["x-user-id", "connection"] },
    { [`${chat}.affinityHeaders[1]`]: /"connection" is about the connection/ },
  ],
  [
    "headers in capitals, of our own, and none at all",
    { [`${chat}.affinityHeaders`]: ["X-User", "x-sluice-user", "x user"] },
    {
      [`${chat}.affinityHeaders[0]`]: /has capital letters/,
      [`${chat}.affinityHeaders[1]`]: /is Sluice's own/,
      [`${chat}.affinityHeaders[2]`]: /is no header's name/,
    },
  ],
  [
    "a header twice",
    { [`${chat}.affinityHeaders`]: ["x-user-id", "x-user-id"] },
    { [`${chat}.affinityHeaders[1]`]: /x-user-id is there twice/ },
  ],
  [
    "a variant by a header of the connection",
    { [`${chat}.variant.header`]: "te" },
    { [`${chat}.variant.header`]: /"te" is about the connection/ },
  ],
  [
    "a variant's value twice, and one for no channel",
    {
      [`${chat}.variant.values`]: [
        { value: "v2", channel: "experiment-v2" },
        { value: "v2", channel: "canray" },
      ],
    },
    {
      [`${chat}.variant.values[1].value`]: /v2 is there twice/,
      [`${chat}.variant.values[1].channel`]: /no channel canray/,
    },
  ],
  [
    "a variant's value that no client can send",
    { [`${chat}.variant.values[0].value`]: "v2 " },
    { [`${chat}.variant.values[0].value`]: /is no header's value/ },
  ],
  // Services.
  [
    "an unknown site in a policy",
    { [`${chat}.policy.sites[1]`]: "site-x" },
    { [`${chat}.policy.sites[1]`]: /there is no site site-x/ },
  ],
  [
    "a witness in a policy",
    { [`${chat}.policy.sites[1]`]: "site-w" },
    { [`${chat}.policy.sites[1]`]: /site-w is a witness/ },
  ],
  [
    "a site twice in a failover policy",
    { [`${chat}.policy.sites[1]`]: "site-a" },
    { [`${chat}.policy.sites[1]`]: /site-a is there twice/ },
  ],
  [
    "a site twice in a weighted policy",
    { "services[1].policy.sites[1].site": "site-a" },
    { "services[1].policy.sites[1].site": /site-a is there twice/ },
  ],
  [
    "shares that sum to zero",
    {
      "services[1].policy.sites": [
        { site: "site-a", share: 0 },
        { site: "site-b", share: 0 },
      ],
    },
    { "services[1].policy.sites": /shares sum to zero/ },
  ],
  [
    "weights that sum to zero",
    { [`${chat}.channels[0].weight`]: 0, [`${chat}.channels[1].weight`]: 0 },
    { [`${chat}.channels`]: /weights sum to zero/ },
  ],
  [
    "an unknown site in a pool",
    { [`${chat}.pools[1].site`]: "site-x" },
    { [`${chat}.pools[1].site`]: /there is no site site-x/ },
  ],
  [
    "a pool in a witness",
    { [`${chat}.pools[1].site`]: "site-w" },
    { [`${chat}.pools[1].site`]: /site-w is a witness/ },
  ],
  [
    "an unknown channel in a pool",
    { [`${chat}.pools[1].channel`]: "canray" },
    { [`${chat}.pools[1].channel`]: /no channel canray/ },
  ],
  [
    "two pools of a channel in a site",
    { [`${chat}.pools[1].channel`]: "stable" },
    { [`${chat}.pools[1]`]: /stable in site-a is there twice/ },
  ],
  [
    "a site of the policy without a pool",
    {
      [`${pool}.channel`]: "canary",
      [`${chat}.pools[1].channel`]: "stable",
      [`${chat}.pools[1].site`]: "site-b",
      [`${chat}.pools[2].channel`]: "canary",
      [`${chat}.pools.3`]: { channel: "stable", site: "site-b", endpoints: ["127.0.2.1:9004"], probe: tcp },
    },
    { [`${chat}.pools[3]`]: /twice/, [`${chat}.policy.sites[0]`]: /site-a has no pool of stable/ },
  ],
  [
    "more endpoints up than there are",
    { [`${pool}.endpointsUpMin`]: 3 },
    { [`${pool}.endpointsUpMin`]: /3 of 2 endpoints can never be up/ },
  ],
  [
    "an endpoint twice in a pool",
    { [`${pool}.endpoints[1]`]: "127.0.1.1:9001" },
    { [`${pool}.endpoints[1]`]: /twice/ },
  ],
  // The zone.
  [
    "a host outside the zone",
    { [`${chat}.host`]: "chat.example.org" },
    { [`${chat}.host`]: /is not inside llm\.example/ },
  ],
  ["a host that is the zone", { [`${chat}.host`]: "llm.example" }, { [`${chat}.host`]: /is not inside llm\.example/ }],
  [
    "a nameserver outside the zone",
    { "nameservers[0].name": "ns.example.org" },
    { "nameservers[0].name": /is not inside llm\.example/ },
  ],
  [
    "two services on one host",
    { "services[1].host": "chat.llm.example" },
    { "services[1].host": /from a service already, at services\[0\]\.host/ },
  ],
  [
    "a service on a nameserver's name",
    { [`${chat}.host`]: "ns-a.llm.example" },
    { [`${chat}.host`]: /from a nameserver already/ },
  ],
  [
    "a fixed record on a service's host",
    records(record("chat.llm.example", "A", "192.0.2.1")),
    { "zone.records[0]": /from a service already/ },
  ],
  [
    "a fixed record on a nameserver's name",
    records(record("ns-a.llm.example", "AAAA", "2001:db8::1")),
    { "zone.records[0]": /from a nameserver already/ },
  ],
  [
    "a fixed record where the fence stands",
    records(record("_sluice-fence.llm.example", "TXT", "x")),
    { "zone.records[0]": /from Sluice's fence already/ },
  ],
  [
    "a record outside the zone",
    records(record("www.example.org", "A", "192.0.2.1")),
    { "zone.records[0].name": /is not inside llm\.example/ },
  ],
  [
    "a name and type twice",
    records(record("www.llm.example", "A", "192.0.2.1"), record("www.llm.example", "A", "192.0.2.2")),
    { "zone.records[1]": /from a fixed record already, at zone\.records\[0\]/ },
  ],
  [
    "a CNAME at the apex",
    records(record("llm.example", "CNAME", "www.example.org")),
    { "zone.records[0]": /can't stand at the apex/ },
  ],
  [
    "a CNAME beside other data",
    records(record("www.llm.example", "CNAME", "a.example.org"), record("www.llm.example", "TXT", "x")),
    { "zone.records[0]": /beside other data/ },
  ],
  [
    "a CNAME on a service's host",
    records(record("chat.llm.example", "CNAME", "a.example.org")),
    { "zone.records[0]": /beside other data: chat\.llm\.example has AAAA? records from a service/ },
  ],
  [
    "a CNAME on a nameserver's name",
    records(record("ns-a.llm.example", "CNAME", "a.example.org")),
    { "zone.records[0]": /beside other data/ },
  ],
  [
    "a CNAME with two targets",
    records(record("www.llm.example", "CNAME", "a.example.org", "b.example.org")),
    { "zone.records[0].data": /just one target/ },
  ],
  [
    "nothing in a TXT record on a service's host",
    records(record("chat.llm.example", "TXT", "a proof of ownership")),
    {},
  ],
  [
    "CNAMEs in a circle",
    records(
      record("c.llm.example", "CNAME", "a.llm.example"),
      record("a.llm.example", "CNAME", "b.llm.example."),
      record("b.llm.example", "CNAME", "a.llm.example"),
      record("d.llm.example", "CNAME", "b.llm.example"),
    ),
    { "zone.records[0].data": /in a circle: a\.llm\.example → b\.llm\.example → a\.llm\.example$/ },
  ],
  [
    "a CNAME to half a name",
    records(record("www.llm.example", "CNAME", "other")),
    { "zone.records[0].data[0]": /is not a whole name/ },
  ],
  [
    "an A record that is none",
    records(record("www.llm.example", "A", "2001:db8::1")),
    { "zone.records[0].data[0]": /is no IPv4 address/ },
  ],
  [
    "an AAAA record that is none",
    records(record("www.llm.example", "AAAA", "192.0.2.1")),
    { "zone.records[0].data[0]": /is no IPv6 address/ },
  ],
  [
    "a record's data twice",
    records(record("www.llm.example", "A", "192.0.2.1", "192.0.2.1")),
    { "zone.records[0].data": /there twice/ },
  ],
  [
    "a record's name that is none",
    records(record("*.llm.example", "A", "192.0.2.1")),
    { "zone.records[0].name": /has the label "\*"/ },
  ],
  // Probe targets.
  ["loopback that is not allowed", { "probes.allow": ["127.0.1.0/24"] }, siteBForbidden],
  [
    "a metadata address",
    { [`${pool}.endpoints[0]`]: "169.254.169.254:80" },
    { [`${pool}.endpoints[0]`]: /169\.254\.169\.254: a metadata address/ },
  ],
  [
    "a link-local address",
    { "sites[0].edge.endpoints[0]": "[fe80::1]:80" },
    { "sites[0].edge.endpoints[0]": /a linkLocal address/ },
  ],
  [
    "an IPv4 address in disguise",
    { [`${pool}.endpoints[0]`]: "[::ffff:127.0.0.1]:80" },
    { [`${pool}.endpoints[0]`]: /ipv4Mapped/ },
  ],
  [
    "a metadata address, and a range that can't be read beside it",
    { [`${pool}.endpoints[0]`]: "169.254.169.254:80", "probes.allow": ["all"] },
    { [`${pool}.endpoints[0]`]: /a metadata address/, "probes.allow[0]": /is no CIDR range/ },
  ],
  [
    "an anchor on a metadata address",
    { "probes.anchors": ["100.100.100.200:80"] },
    { "probes.anchors[0]": /a metadata address/ },
  ],
  // Times.
  [
    "a deadline longer than two intervals",
    { "probes.deadlineMs": 2001 },
    { "probes.deadlineMs": /longer than two intervals/ },
  ],
  ["more failures than looks", { "probes.degradedFailures": 11 }, { "probes.degradedFailures": /11 of 10 looks/ }],
  [
    "an objective that can't be met",
    { [`${chat}.rtoSeconds`]: 10 },
    { [`${chat}.rtoSeconds`]: /11\.75 s in the worst case/ },
  ],
]);
