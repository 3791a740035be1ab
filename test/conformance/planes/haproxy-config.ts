import { addressOf, ports } from "../draw-net.ts";
import type { PlaneShape, PoolName } from "../plane.ts";

/** Where the files of one site's HAProxy lie. */
export type HaproxyFiles = {
  readonly config: string;
  readonly socket: string;
  readonly slots: string;
  readonly variants: string;
  /** Certificate and key in one file, as HAProxy wants them. */
  readonly pem: string;
};

/**
 * One site's HAProxy, as reference/l7.md §1.7 sketches it: the channel comes from a map of slots that is swapped at run time,
 * and not from server weights, which know 256 steps. Each channel has a backend for HTTP/1.1 and one for gRPC; the other
 * site's endpoints stand by as backup servers.
 */
export function haproxyConfig(shape: PlaneShape, site: string, files: HaproxyFiles): string {
  const address = addressOf(shape.net, shape.sites, site);
  const channels = Object.keys(shape.weights);
  const user = shape.affinityHeaders[0] ?? "x-user-id";
  return `global
  stats socket ${files.socket} mode 600 level admin
  maxconn 4000

defaults
  mode http
  timeout connect 1s
  timeout http-request 10s
  timeout client 300s
  timeout server 300s
  timeout tunnel 3600s
  retries 1
  option redispatch
  # Without it each piece of a stream waits in the kernel, up to 200 ms, for more to be sent with it.
  option http-no-delay

frontend clients
  bind ${address}:${ports.http}
  bind ${address}:${ports.tls} ssl crt ${files.pem} alpn h2,http/1.1
  http-request return status 421 unless { req.hdr(host),field(1,:) -i ${shape.host} }
  http-request set-var(txn.slot) req.fhdr(${user}),xxh32(${saltOf(shape)}),mod(10000) if { req.fhdr(${user}) -m found }
  http-request set-var(txn.slot) rand(10000) unless { req.fhdr(${user}) -m found }
  http-request set-var(txn.channel) var(txn.slot),map_int(${files.slots})
${variantLines(shape, files)}
  use_backend %[var(txn.channel)]-grpc if { req.hdr(content-type) -m beg application/grpc }
  use_backend %[var(txn.channel)]

${channels.map((channel) => backends(shape, site, channel)).join("\n")}`;
}

/** `fhdr`: the whole value, commas and all. The header's value, exactly, names the channel; `map_str` is exact, and so is what is in the file. */
function variantLines({ variant }: PlaneShape, { variants }: HaproxyFiles): string {
  if (!variant) return "";
  const found = `req.fhdr(${variant.header}),map_str(${variants})`;
  return `  http-request set-var(txn.channel) ${found} if { ${found} -m found }`;
}

// No hash-balance-factor: with few requests at once it lends every other user to another server.
function backends(shape: PlaneShape, site: string, channel: string): string {
  const others = shape.sites.filter((other) => other !== site);
  const servers = (protocol: string): string =>
    [
      ...lines(shape, `${channel}@${site}`, protocol),
      ...others.flatMap((other) => lines(shape, `${channel}@${other}`, `${protocol} backup`)),
    ].join("\n");
  const balance = `  balance hash req.fhdr(${shape.affinityHeaders[0] ?? "x-user-id"})
  hash-type consistent
  option allbackups`;
  return `backend ${channel}
${balance}
${servers(shape.protocol === "h2c" ? "proto h2" : "")}

backend ${channel}-grpc
  balance roundrobin
  option allbackups
${servers("proto h2")}
`;
}

/** Looked at twice a second, by connecting: a server whose requests all fail is still up, as far as HAProxy is told here. */
const lines = (shape: PlaneShape, pool: PoolName, more: string): readonly string[] =>
  (shape.pools.get(pool) ?? []).map((endpoint, index) =>
    `  server ${pool.replace("@", "-")}-${index + 1} ${endpoint} check inter 500ms fall 2 rise 2 ${more}`.trimEnd(),
  );

/** The seed of the users' hash, which for Sluice is derived from the service's name; any fixed one does. */
const saltOf = (_shape: PlaneShape): number => 7;
