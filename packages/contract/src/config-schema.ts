import { type Config, domainsMax } from "@sluice/core";
import { type Static, type TSchema, Type } from "typebox";
import { servicesMax } from "./bounds.ts";
import { closed, duration, formed, list, member, name, PoolProbe, text } from "./config-parts.ts";
import { Gateway, poolSettings, routeSettings } from "./gateway-schema.ts";

const optionalList = <T extends TSchema>(items: T, description: string, maxItems = 1000) =>
  list(items, description, { maxItems, default: [] });

const Zone = closed(
  {
    name: formed("host-name", "The zone that the nameservers answer for, without a final dot."),
    ttlSeconds: duration("seconds", 3600, "TTL of the zone's own SOA and NS records."),
    negativeTtlSeconds: duration("seconds", 15, "SOA MINIMUM, the lifetime of a negative answer (RFC 2308 §4)."),
    contact: Type.String({
      minLength: 1,
      maxLength: 255,
      format: "owner-name",
      default: "hostmaster.invalid",
      description: "The zone's contact as in SOA RNAME, written as a domain name.",
    }),
    records: optionalList(
      closed(
        {
          name: formed("owner-name", "Owner name: inside the zone, whole, without a final dot."),
          type: Type.Unsafe<"A" | "AAAA" | "CNAME" | "TXT">(
            Type.String({ enum: ["A", "AAAA", "CNAME", "TXT"], description: "Record type." }),
          ),
          ttlSeconds: duration("seconds", 300, "TTL of this record."),
          data: list(text("Record data in text form."), "The record's data, one entry for each record.", {
            minItems: 1,
            maxItems: 100,
          }),
        },
        "A fixed record.",
      ),
      "Fixed records beside the services.",
      10_000,
    ),
  },
  "The DNS zone.",
);

const Site = closed(
  {
    name: name("The site's name."),
    role: Type.Unsafe<"serving" | "witness">(
      Type.String({
        enum: ["serving", "witness"],
        default: "serving",
        description: "Serves traffic, or only observes.",
      }),
    ),
    addresses: optionalList(
      formed("address", "IPv4 or IPv6 address."),
      "What clients are answered when the site serves.",
      16,
    ),
    capacity: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1_000_000_000,
        description:
          "What it can carry of the services' loads, in their unit. Default: none, and nothing is too much for it.",
      }),
    ),
    edge: Type.Optional(
      closed(
        {
          endpoints: list(formed("endpoint", "`host:port`."), "The front door's endpoints.", {
            minItems: 1,
            maxItems: 256,
          }),
          probe: PoolProbe,
        },
        "The site's front door, which agents look at too. Default: none, and the pools alone say how the site is.",
      ),
    ),
  },
  "A place that serves or observes: one failure domain.",
);

const Nameserver = closed(
  {
    ...member("nameserver"),
    name: formed("host-name", "The nameserver's host name, as in the zone's NS records: inside the zone."),
    address: formed("address", "The address it answers DNS on, published as its A or AAAA record."),
    port: Type.Integer({ minimum: 1, maximum: 65_535, default: 53, description: "The port it answers DNS on." }),
  },
  "An authoritative nameserver.",
);

const Policy = Type.Union(
  [
    closed(
      {
        kind: Type.Literal("failover", { description: "All traffic to the first site that can take it." }),
        sites: list(name("A site."), "Sites in order of preference.", { minItems: 1, maxItems: 32 }),
      },
      "All traffic to one site.",
    ),
    closed(
      {
        kind: Type.Literal("weighted", { description: "Traffic spread by share." }),
        sites: list(
          closed(
            {
              site: name("A site."),
              share: Type.Number({ minimum: 0, maximum: 1_000_000, description: "Unit: parts of the sum of shares." }),
            },
            "A site and its share.",
          ),
          "Sites with their shares.",
          { minItems: 1, maxItems: 32 },
        ),
      },
      "Traffic spread over sites by share.",
    ),
  ],
  { description: "Which sites serve, and in what order or proportion." },
);

const Failback = Type.Union(
  [
    closed({ kind: Type.Literal("manual", { description: "An operator says when." }) }, "An operator says when."),
    closed(
      {
        kind: Type.Literal("auto-after", { description: "By itself." }),
        afterMs: duration("milliseconds", 1_800_000, "How long home must have been healthy."),
      },
      "By itself, after a time.",
    ),
  ],
  { default: { kind: "manual" }, description: "How traffic goes home again." },
);

const AllBad = Type.Union(
  [
    closed({ kind: Type.Literal("lastKnownGood", { description: "Keep the last answer." }) }, "Keep the last answer."),
    closed({ kind: Type.Literal("failOpen", { description: "Answer all sites." }) }, "Answer all configured sites."),
    closed(
      {
        kind: Type.Literal("sorry", { description: "Answer a fixed address." }),
        addresses: list(formed("address", "IPv4 or IPv6 address."), "The sorry addresses.", {
          minItems: 1,
          maxItems: 16,
        }),
      },
      "Answer a fixed address.",
    ),
  ],
  { default: { kind: "lastKnownGood" }, description: "What is answered when no site can take the traffic." },
);

const Service = closed(
  {
    name: name("The service's name."),
    host: formed("host-name", "The host name that is steered: inside the zone, without a final dot."),
    ttlSeconds: duration("seconds", 20, "TTL of the host's address records."),
    rtoSeconds: duration(
      "seconds",
      120,
      "The objective: how long a lost site may be felt. Checked against the budget.",
    ),
    load: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1_000_000_000,
        description:
          "What it asks of the sites that carry it, at its busiest. Unit: one for all services and sites, such as requests per second. Default: none, and no capacity is reckoned with.",
      }),
    ),
    policy: Policy,
    failback: Failback,
    allBad: AllBad,
    channels: list(
      closed(
        {
          name: name("The channel's name."),
          weight: Type.Number({ minimum: 0, maximum: 1_000_000, description: "Unit: parts of the sum of weights." }),
        },
        "A release line.",
      ),
      "Release lines. The first steers DNS.",
      { minItems: 1, maxItems: 32, default: [{ name: "stable", weight: 100 }] },
    ),
    pools: list(
      closed(
        {
          channel: name("The channel it serves."),
          site: name("The site it stands in."),
          endpoints: list(formed("endpoint", "`host:port`."), "Where the pool listens.", {
            minItems: 1,
            maxItems: 256,
          }),
          endpointsUpMin: Type.Integer({
            minimum: 1,
            maximum: 256,
            default: 1,
            description: "A look succeeds when this many endpoints answered well. Unit: endpoints.",
          }),
          ...poolSettings,
          probe: PoolProbe,
        },
        "The endpoints of one channel in one site.",
      ),
      "The endpoints of each channel in each site.",
      { minItems: 1 },
    ),
    ...routeSettings,
  },
  "A global host name with a policy.",
);

const count = (value: number, description: string) =>
  Type.Integer({ minimum: 1, maximum: 1000, default: value, description: `${description} Unit: looks.` });

const Probes = closed(
  {
    intervalMs: duration("milliseconds", 1000, "From one look at a target to the next, while all is well.", 100),
    deadlineMs: duration("milliseconds", 1000, "How long a look may take before it counts as failed.", 10),
    fall: count(4, "Failed looks in a row until a target is down."),
    rise: count(5, "Good looks in a row until a target is healthy again."),
    degradedFailures: count(6, "Failed looks among the last `degradedLooks` that make a target degraded."),
    degradedLooks: count(10, "How many last looks `degradedFailures` is counted in."),
    anchors: optionalList(
      formed("endpoint", "`host:port`."),
      "Outside places by which an agent sees that it is not cut off.",
      16,
    ),
    allow: optionalList(
      formed("cidr", "CIDR range."),
      "Loopback ranges that probes may reach. Link-local, metadata and multicast addresses can't be allowed.",
      64,
    ),
  },
  "How agents look.",
);

const Guards = closed(
  {
    cooldownMs: duration("milliseconds", 60_000, "Least time between two automatic moves of a service."),
    movesPerHourMax: Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 2,
      description: "Most automatic moves of a service in an hour. Unit: moves.",
    }),
    readmitAfterMs: duration(
      "milliseconds",
      600_000,
      "How long a quarantined site must be healthy to be a target again. Doubled each time that it is left again.",
    ),
    holdMaxMs: duration(
      "milliseconds",
      14_400_000,
      "The longest that a site which comes and goes is made to wait, to be a target or to get its traffic back.",
    ),
    movedShareMax: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.25,
      description:
        "Most of the services that move by themselves within 10 min, evacuations apart. One always may. Unit: share.",
    }),
    rampStepMs: duration(
      "milliseconds",
      120_000,
      "How long each step of a failback by itself (1, 5, 20, 50 and 100 %) must go well; 0: all at once.",
    ),
  },
  "Brakes on automation.",
);

const Store = closed(
  {
    site: name("The site the database stands in."),
    acceptStoreRisk: Type.Optional(
      text(
        "Why the database may stand in a serving site. Losing both, and the leader with them, stops moves. Default: none, and a store in a serving site is refused.",
      ),
    ),
  },
  "Where the one database is.",
);

export const ConfigSchema = Type.Object(
  {
    installation: name("The installation's name. Fences of different ones never compare."),
    zone: Zone,
    sites: list(Site, "The sites.", { minItems: 1, maxItems: 64 }),
    electorate: list(name("A site."), `Failure domains that vote: 1 to ${domainsMax}.`, {
      minItems: 1,
      maxItems: domainsMax,
    }),
    arbiters: list(closed(member("arbiter"), "An arbiter."), "Arbiters; the first leads when it can.", {
      minItems: 1,
      maxItems: 9,
    }),
    agents: list(closed(member("agent"), "An agent."), "The agents.", { minItems: 1 }),
    nameservers: optionalList(Nameserver, "The nameservers.", 64),
    gateways: optionalList(Gateway, "The gateways. Without any, services are steered by DNS alone.", 64),
    services: optionalList(Service, "The services.", servicesMax),
    probes: Type.Unsafe<Static<typeof Probes>>({ ...Probes, default: {} }),
    guards: Type.Unsafe<Static<typeof Guards>>({ ...Guards, default: {} }),
    store: Store,
  },
  {
    additionalProperties: false,
    title: "Sluice configuration",
    description: "What there is: sites, who votes, processes, the zone and the services.",
  },
);

/** The compiler's promise that the schema has the shape the core relies on. */
type Fits<T extends Config> = T;
export type ConfigDocument = Fits<Static<typeof ConfigSchema>>;
