import { refuses } from "./test-refusals.ts";

const long = "a".repeat(64);
const tcp = { kind: "tcp" };
const chat = "services[0]";
const pool = `${chat}.pools[0]`;

refuses([
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
]);
