import { join } from "node:path";

export type NodeShape = {
  readonly name: string;
  readonly port: number;
  /** Of Patroni's own API. */
  readonly rest: number;
  readonly etcd: number;
  readonly folder: string;
  readonly programs: string;
};

/**
 * One node as Patroni reads it (JSON is YAML). The shortest lease that Patroni takes is 20 s. Synchronous: a commit is told only
 * when a second node has it, so a failover loses none.
 */
export function patroniConfig({ name, port, rest, etcd, folder, programs }: NodeShape): string {
  const at = `127.0.0.1:${port}`;
  const api = `127.0.0.1:${rest}`;
  const parameters = { max_connections: 60, shared_buffers: "16MB", synchronous_commit: "on" };
  return JSON.stringify({
    scope: "sluice",
    name,
    restapi: { listen: api, connect_address: api },
    etcd3: { hosts: [`127.0.0.1:${etcd}`] },
    bootstrap: {
      dcs: {
        ttl: 20,
        loop_wait: 2,
        retry_timeout: 3,
        synchronous_mode: true,
        postgresql: { use_pg_rewind: true, parameters },
      },
      initdb: [{ encoding: "UTF8" }, "data-checksums"],
    },
    postgresql: {
      listen: at,
      connect_address: at,
      data_dir: join(folder, "data"),
      bin_dir: programs,
      pgpass: join(folder, "pgpass"),
      authentication: {
        superuser: { username: "postgres", password: "super" },
        replication: { username: "replicator", password: "replica" },
        rewind: { username: "rewinder", password: "rewind" },
      },
      pg_hba: [
        "local all all trust",
        "host all all 127.0.0.1/32 scram-sha-256",
        "host replication replicator 127.0.0.1/32 scram-sha-256",
      ],
      parameters: { unix_socket_directories: folder },
    },
  });
}
