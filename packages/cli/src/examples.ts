/** What people type, for `--help` and docs/cli.md. A test holds every line to the commands and options that there are. */
export const examples: Readonly<Record<string, readonly string[]>> = {
  status: ["sluice status", "sluice status --json | jq '.services[] | {service, served, standby}'"],
  explain: ["sluice explain chat", "sluice explain chat.llm.example --json"],
  events: ["sluice events", "sluice events --limit 20", "sluice events --follow", "sluice events --after 1200 --json"],
  failover: [
    'sluice failover chat --to site-b --reason "power work in site-a" --dry-run',
    'sluice failover chat --to site-b --reason "power work in site-a"',
  ],
  evacuate: ['sluice evacuate site-a --reason "power work" --for 4h'],
  failback: [
    'sluice failback chat --reason "site-a is well again" --in-steps',
    'sluice failback --reason "all is well again"',
  ],
  drain: ['sluice drain site-a --service chat --reason "new drivers" --for 2h'],
  pin: [
    'sluice pin chat --to site-b --reason "looking into site-a" --for 30m',
    'sluice pin chat --channel stable --reason "looking into the canary" --for 30m',
  ],
  weights: [
    "sluice weights chat",
    'sluice weights chat stable=90 canary=10 --reason "a first step" --dry-run',
    'sluice weights chat stable=90 canary=10 --reason "a first step"',
    'sluice weights chat stable=100 canary=0 --reason "it hurts" --if-match \'"w-41"\' --json',
  ],
  freeze: ['sluice freeze --reason "network work, look before it moves" --for 15m'],
  lead: ['sluice lead arbiter-b --reason "site-a and the witness are gone for good"'],
  undo: [
    'sluice undo --reason "done"',
    'sluice undo 3f2a91c0 --reason "done"',
    'sluice undo --service chat --reason "moved too early"',
  ],
  "config check": ["sluice config check sluice.yaml", "sluice config check sluice.yaml --skip-files --json"],
  "config schema": ["sluice config schema > sluice.schema.json"],
  rto: ["sluice rto sluice.yaml", "sluice rto sluice.yaml --service chat --json"],
  apply: [
    'sluice apply sluice.yaml --reason "a canary of 5 %" --dry-run',
    'sluice apply sluice.yaml --reason "a canary of 5 %" --revision 7',
  ],
  init: [
    "sluice init llm-keys --config sluice.yaml",
    "sluice init llm-keys --config sluice.yaml --passphrase-file root.phrase",
  ],
  join: [
    "sluice join site-c --config sluice.yaml --out site-c",
    "sluice join site-a --config sluice.yaml --out next --only gateway-a",
  ],
  "keys list": ["sluice keys list", "sluice keys list --root llm-keys/root --json"],
  "keys rotate": ["sluice keys rotate agent-a --keys site-a/agent-a"],
  "keys approve": [
    "sluice keys approve site-c.request.json --root llm-keys/root --config sluice.yaml --out llm-keys --fingerprint 09af-11c2-5b7e-02d4-8c1f-77aa-e0b1-6d35",
    "sluice keys approve agent-a.request.json --root llm-keys/root --fingerprint 5d01-88e3-40cc-9a17-f2b6-3c4d-7e90-1b2a",
  ],
  "keys revoke": [
    "sluice keys revoke agent-a --root llm-keys/root",
    "sluice keys revoke agent-a --root llm-keys/root --old --passphrase-file root.phrase",
  ],
  "keys replace-root": ["sluice keys replace-root --root llm-keys/root --passphrase-file root.phrase"],
  "keys publish": ["sluice keys publish llm-keys/root/keyset.json"],
  "lab up": ["sluice lab up", "sluice lab up --config my.yaml --dir /tmp/lab"],
  "lab down": ["sluice lab down"],
  "lab kill": ["sluice lab kill site-a"],
  "lab pause": ["sluice lab pause site-a"],
  "lab heal": ["sluice lab heal site-a"],
  "lab fault": [
    "sluice lab fault --site site-a --status 500 --rate 0.5",
    "sluice lab fault --site site-a --channel stable --latency 600 --for 90s",
    "sluice lab fault site-a-stable-1 --hang",
    "sluice lab fault --site site-a --clear",
  ],
  "lab load": [
    "sluice lab load",
    "sluice lab load --rps 200 --grpc --for 5m",
    "sluice lab load --service embed --gateway site-a --for 30s --json",
  ],
  "drill run": [
    "sluice drill run site-outage --service chat",
    "sluice drill run site-outage --service chat --fault silent --resolver unbound --json",
    "sluice drill run error-spike --service chat",
    "sluice drill run latency-degradation --service chat --rps 20 --json",
  ],
};
