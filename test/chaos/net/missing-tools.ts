import { run } from "./run.ts";

const tools = [
  { what: ["ip", "netns", "list"], package: "iproute2" },
  { what: ["nsenter", "--version"], package: "util-linux" },
  { what: ["nft", "--version"], package: "nftables" },
  { what: ["psql", "--version"], package: "postgresql-client" },
] as const;

/** Why this can't be done here, in a sentence with the cure; undefined when it can. */
export async function missingTools(): Promise<string | undefined> {
  if (process.platform !== "linux") return "chaos needs Linux: its sites are network namespaces";
  if (process.getuid?.() !== 0)
    return "chaos must run as root: it makes network namespaces (sudo env PATH=$PATH pnpm chaos)";
  for (const tool of tools) {
    const isThere = await run(tool.what).then(
      () => true,
      () => false,
    );
    if (!isThere) return `${tool.what[0]} can't be used: apt-get install ${tool.package}`;
  }
  return undefined;
}
