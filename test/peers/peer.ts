import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The programs of others that suites run against, with the Debian package each comes in. */
export const peers = {
  dig: { package: "dnsutils" },
  unbound: { package: "unbound" },
  dnsperf: { package: "dnsperf" },
  gdnsd: { package: "gdnsd" },
  haproxy: { package: "haproxy" },
  h2load: { package: "nghttp2-client" },
  nghttpd: { package: "nghttp2-server" },
  curl: { package: "curl" },
  spin: { package: "spin" },
  gcc: { package: "gcc" },
} as const satisfies Record<string, { readonly package: string }>;

export type PeerName = keyof typeof peers;
export const peerNames = Object.keys(peers) as PeerName[];

/** Either where the program is, or the sentence to skip with: `test("…", { skip: dig.skip }, …)`. */
export type Peer =
  | { readonly path: string; readonly skip?: undefined }
  | { readonly skip: string; readonly path?: undefined };

/** Looks on PATH, then in /usr/sbin: Debian puts servers there, and a user's PATH often lacks it. */
export function peer(name: PeerName, path = process.env["PATH"] ?? ""): Peer {
  const folders = [...path.split(delimiter), "/usr/sbin"].filter((folder) => folder !== "");
  const found = folders.map((folder) => join(folder, name)).find(isProgram);
  if (found !== undefined) return { path: found };
  return { skip: `${name} is not installed: apt-get install ${peers[name].package}` };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
