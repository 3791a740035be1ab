import assert from "node:assert/strict";
import { test } from "node:test";
import { checkConfig } from "./parse-config.ts";
import { labWith } from "./test-lab.ts";

const long = "a".repeat(64);
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
  ].map((path) => [path, /loopback, and probes\.allow does not cover it/]),
);

/** What is changed in the lab's configuration, and the problems that come of it: all of them, by path and words. */
const rows: readonly (readonly [string, Readonly<Record<string, unknown>>, Readonly<Record<string, RegExp>>])[] = [
  // Shape.
  ["an unknown key", { colour: "red" }, { colour: /unknown key "colour"/ }],
  ["an unknown key deep down", { [`${pool}.prob`]: tcp }, { [`${pool}.prob`]: /unknown key "prob"/ }],
  ["a missing section", { store: undefined }, { store: /is missing/ }],
  ["a missing setting", { [`${chat}.host`]: undefined }, { [`${chat}.host`]: /is missing/ }],
  ["a mapping where a list belongs", { sites: {} }, { sites: /must be a list, not a mapping/ }],
  ["a text where a mapping belongs", { [chat]: "chat" }, { [chat]: /must be a mapping, not "chat"/ }],
  ["a number where a text belongs", { installation: 7 }, { installation: /must be a text, not 7/ }],
  ["a text where a number belongs", { [`${chat}.ttlSeconds`]: "5" }, { [`${chat}.ttlSeconds`]: /must be a number/ }],
  ["a fraction of seconds", { [`${chat}.ttlSeconds`]: 1.5 }, { [`${chat}.ttlSeconds`]: /must be a whole number/ }],
  ["a negative TTL", { [`${chat}.ttlSeconds`]: -1 }, { [`${chat}.ttlSeconds`]: /-1 is below 0/ }],
  ["infinity", { [`${chat}.ttlSeconds`]: Infinity }, { [`${chat}.ttlSeconds`]: /must be a number/ }],
  [
    "an unknown kind of policy",
    { [`${chat}.policy`]: { kind: "random" } },
    { [`${chat}.policy.kind`]: /"random" is not a kind/ },
  ],
  ["a probe without a kind", { [`${pool}.probe`]: {} }, { [`${pool}.probe.kind`]: /needs a kind/ }],
  ["an unknown role", { "sites[0].role": "standby" }, { "sites[0].role": /not one of serving, witness/ }],
  [
    "an HTTP status that is none",
    { [`${pool}.probe`]: { kind: "http", statuses: [99] } },
    { [`${pool}.probe.statuses[0]`]: /99 is below 100/ },
  ],
  ["a service with no pools", { [`${chat}.pools`]: [] }, { [`${chat}.pools`]: /needs at least 1/ }],
  ["a service with no site", { [`${chat}.policy.sites`]: [] }, { [`${chat}.policy.sites`]: /needs at least 1/ }],
  ["no agents", { agents: [] }, { agents: /needs at least 1/ }],
  ["an empty electorate", { electorate: [] }, { electorate: /needs at least 1/ }],
  ["an electorate of ten", { electorate: Array.from({ length: 10 }, () => "site-a") }, { electorate: /at most 9/ }],
  // Forms.
  ["a name with capitals", { "sites[0].name": "Site-A" }, { "sites[0].name": /"Site-A" is no name/ }],
  ["a name that is too long", { "sites[0].name": long }, { "sites[0].name": /is no name/ }],
  [
    "a site's address that is none",
    { "sites[0].addresses[0]": "127.0.1" },
    { "sites[0].addresses[0]": /is no IPv4 or IPv6/ },
  ],
  [
    "an odd form of an address",
    { "sites[0].addresses[0]": "0x7f.0.0.1" },
    { "sites[0].addresses[0]": /is no IPv4 or IPv6/ },
  ],
  [
    "an address with a zone index",
    { "sites[0].addresses[0]": "fe80::1%eth0" },
    { "sites[0].addresses[0]": /is no IPv4 or IPv6/ },
  ],
  [
    "an address of nobody",
    { "sites[0].addresses[0]": "0.0.0.0" },
    { "sites[0].addresses[0]": /nobody can be reached/ },
  ],
  [
    "a sorry address that is none",
    { [`${chat}.allBad`]: { kind: "sorry", addresses: ["sorry"] } },
    { [`${chat}.allBad.addresses[0]`]: /is no IPv4/ },
  ],
  [
    "a nameserver's address that is none",
    { "nameservers[0].address": "ns-a" },
    { "nameservers[0].address": /is no IPv4/ },
  ],
  [
    "an endpoint without a port",
    { [`${pool}.endpoints[0]`]: "127.0.1.1" },
    { [`${pool}.endpoints[0]`]: /has no port/ },
  ],
  [
    "an endpoint's port out of range",
    { [`${pool}.endpoints[0]`]: "127.0.1.1:65536" },
    { [`${pool}.endpoints[0]`]: /not in 1 to 65535/ },
  ],
  [
    "an endpoint's port of nothing",
    { [`${pool}.endpoints[0]`]: "127.0.1.1:0" },
    { [`${pool}.endpoints[0]`]: /not in 1 to 65535/ },
  ],
  [
    "IPv6 without brackets",
    { [`${pool}.endpoints[0]`]: "2001:db8::1:80" },
    { [`${pool}.endpoints[0]`]: /without brackets/ },
  ],
  [
    "brackets without IPv6",
    { [`${pool}.endpoints[0]`]: "[1.2.3.4]:80" },
    { [`${pool}.endpoints[0]`]: /no IPv6 address in its brackets/ },
  ],
  [
    "an endpoint that is a URL",
    { [`${pool}.endpoints[0]`]: "http://a.example.org:80" },
    { [`${pool}.endpoints[0]`]: /is a URL/ },
  ],
  [
    "an endpoint with a user",
    { [`${pool}.endpoints[0]`]: "me@a.example.org:80" },
    { [`${pool}.endpoints[0]`]: /is not host:port/ },
  ],
  [
    "an endpoint's host that is none",
    { [`${pool}.endpoints[0]`]: "a_b.example.org:80" },
    { [`${pool}.endpoints[0]`]: /has a host that has the label "a_b"/ },
  ],
  [
    "an endpoint with an odd address",
    { [`${pool}.endpoints[0]`]: "2130706433:80" },
    { [`${pool}.endpoints[0]`]: /odd form of an address/ },
  ],
  ["an anchor without a port", { "probes.anchors": ["192.0.2.1"] }, { "probes.anchors[0]": /has no port/ }],
  ["a range that is none", { "probes.allow[0]": "127.0.0.0" }, { "probes.allow[0]": /prefix length of 0 to 32/ }],
  [
    "a range that is too narrow",
    { "probes.allow[0]": "127.0.0.0/33" },
    { "probes.allow[0]": /prefix length of 0 to 32/ },
  ],
  ["a range of nothing", { "probes.allow[0]": "local/8" }, { "probes.allow[0]": /is no CIDR range/ }],
  ["a process URL that is none", { "agents[0].url": "127.0.1.1:7401" }, { "agents[0].url": /is not http:\/\// }],
  [
    "a process URL with a path",
    { "agents[0].url": "http://127.0.1.1:7401/x" },
    { "agents[0].url": /is not host:port/ },
  ],
  ["a process URL without a port", { "agents[0].url": "http://127.0.1.1" }, { "agents[0].url": /has no port/ }],
  [
    "a process URL with the scheme's port",
    { "agents[0].url": "http://127.0.1.1:80" },
    { "agents[0].url": /scheme's own port/ },
  ],
  ["a process URL of no host", { "agents[0].url": "http://0.0.0.0:7401" }, { "agents[0].url": /names no host/ }],
  ["a host with a final dot", { [`${chat}.host`]: "chat.llm.example." }, { [`${chat}.host`]: /ends in a dot/ }],
  ["a host with capitals", { [`${chat}.host`]: "Chat.llm.example" }, { [`${chat}.host`]: /has capital letters/ }],
  [
    "a host with a label of 64 octets",
    { [`${chat}.host`]: `${long}.llm.example` },
    { [`${chat}.host`]: /label longer than 63/ },
  ],
  ["nothing in a host of 253 characters", { [`${chat}.host`]: `${"a.".repeat(121)}llm.example` }, {}],
  [
    "a host of 254 characters",
    { [`${chat}.host`]: `${"a.".repeat(120)}aa.llm.example` },
    { [`${chat}.host`]: /longer than 253 characters, 255 octets/ },
  ],
  ["a host with an empty label", { [`${chat}.host`]: "chat..llm.example" }, { [`${chat}.host`]: /empty label/ }],
  [
    "a host with an underscore",
    { [`${chat}.host`]: "my_chat.llm.example" },
    { [`${chat}.host`]: /has the label "my_chat"/ },
  ],
  [
    "a host that begins with a hyphen",
    { [`${chat}.host`]: "-chat.llm.example" },
    { [`${chat}.host`]: /has the label "-chat"/ },
  ],
  ["a zone that is an address", { "zone.name": "127.0.0.1" }, { "zone.name": /is an address, not a name/ }],
  ["a contact with an @", { "zone.contact": "me@llm.example" }, { "zone.contact": /has the label "me@llm"/ }],
  [
    "a server name that is none",
    { [`${pool}.probe`]: { kind: "http", tls: { serverName: "*.a" } } },
    { [`${pool}.probe.tls.serverName`]: /has the label/ },
  ],
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
    {
      [`${chat}.channels`]: [
        { name: "stable", weight: 0 },
        { name: "canary", weight: 0 },
      ],
    },
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
];

for (const [name, changes, expected] of rows) {
  test(`refuses ${name}`, () => {
    const checked = checkConfig(labWith(changes));
    const problems = checked.kind === "invalid" ? checked.problems : [];
    assert.deepEqual(
      problems.map((problem) => problem.path).sort(),
      Object.keys(expected).sort(),
      JSON.stringify(problems, null, 1),
    );
    for (const { path, message, hint } of problems) {
      assert.match(message, expected[path] ?? /^$/);
      assert.ok(hint !== undefined && hint.length > 5, `${path} has no hint`);
    }
  });
}
