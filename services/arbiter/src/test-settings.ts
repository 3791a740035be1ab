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
