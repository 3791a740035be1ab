// `pnpm bench <name> [flags]`: measurements, which print ratios with their spread. Nothing here is a test.

type Bench = {
  readonly about: string;
  readonly load: () => Promise<{ bench(args: readonly string[]): Promise<number> }>;
};

const benches: Readonly<Record<string, Bench>> = {
  arbiter: {
    about: "what an arbiter costs with ten thousand services, and how soon all of them are moved",
    load: () => import("./arbiter.ts"),
  },
  failover: {
    about: "how long a lost site is answered, beside gdnsd",
    load: () => import("./failover.ts"),
  },
  "false-moves": {
    about: "how often the lab's configuration moves traffic for no reason, in virtual time",
    load: () => import("./false-moves.ts"),
  },
  gateway: {
    about: "what the gateway carries and costs, beside HAProxy and Node's proxies",
    load: () => import("./gateway.ts"),
  },
  rest: {
    about: "what the lab uses while nothing happens: processor time and memory by role",
    load: () => import("./rest.ts"),
  },
  takeover: {
    about: "how long until a follower's first write is taken when the leader dies, stands still or loses its database",
    load: () => import("./takeover.ts"),
  },
};

process.exitCode = await main(process.argv.slice(2).filter((argument) => argument !== "--"));

async function main([name, ...args]: readonly string[]): Promise<number> {
  const found = name === undefined || !Object.hasOwn(benches, name) ? undefined : benches[name];
  if (found) return (await found.load()).bench(args);
  const list = Object.entries(benches).map(([known, { about }]) => `  ${known}  ${about}`);
  const say = name === undefined ? console.log : console.error;
  if (name !== undefined) say(`no bench is called ${name}`);
  say(`pnpm bench <name> [flags]\n${list.join("\n")}`);
  return name === undefined ? 0 : 2;
}
