export const sites = ["site-a", "site-b", "site-w"] as const;

/** Two serving sites, a witness and one service, as a configuration file has them; with the arbiters and agents of these names and sites. */
export const settingsOf = (
  arbiters: Readonly<Record<string, string>>,
  agents: Readonly<Record<(typeof sites)[number], string>>,
) => ({
  installation: "trial",
  zone: { name: "llm.example" },
  sites: [
    { name: "site-a", addresses: ["192.0.2.1"] },
    { name: "site-b", addresses: ["192.0.2.2"] },
    { name: "site-w", role: "witness" },
  ],
  electorate: sites,
  arbiters: Object.entries(arbiters).map(([name, url]) => ({ name, site: name.replace("arbiter", "site"), url })),
  agents: Object.entries(agents).map(([site, url]) => ({ name: `agent-${site}`, site, url })),
  services: [
    {
      name: "chat",
      host: "chat.llm.example",
      rtoSeconds: 3600,
      policy: { kind: "failover", sites: ["site-a", "site-b"] },
      pools: ["site-a", "site-b"].map((site, index) => ({
        channel: "stable",
        site,
        endpoints: [`127.0.0.1:${index + 1}`],
        probe: { kind: "tcp" },
      })),
    },
  ],
  probes: { allow: ["127.0.0.0/8"] },
  store: { site: "site-w" },
});

/** One serving site and a witness: the least that an arbiter decides about. For tests. */
export const trialSettings = {
  installation: "trial",
  zone: { name: "llm.example" },
  sites: [
    { name: "site-a", addresses: ["192.0.2.1"] },
    { name: "site-w", role: "witness" },
  ],
  electorate: ["site-w"],
  arbiters: [{ name: "arbiter-w", site: "site-w", url: "http://127.0.0.1:1" }],
  agents: [{ name: "agent-w", site: "site-w", url: "http://127.0.0.1:2" }],
  services: [
    {
      name: "chat",
      host: "chat.llm.example",
      rtoSeconds: 3600,
      policy: { kind: "failover", sites: ["site-a"] },
      pools: [{ channel: "stable", site: "site-a", endpoints: ["192.0.2.1:80"], probe: { kind: "tcp" } }],
    },
  ],
  store: { site: "site-w" },
};
