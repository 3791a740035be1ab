import { type Config, type Durable, type Envelope, invariant, type ServiceName, type ServiceState } from "@sluice/core";
import type { StoredWorld } from "@sluice/ports";
import type { Db } from "../connect.ts";
import { jsonOf, textOf } from "../rows.ts";
import { readHead } from "./read-head.ts";

/** The whole world. Its statements must see one state of the database, so the caller gives a transaction that does. */
export async function loadWorld(db: Db): Promise<StoredWorld | undefined> {
  const head = await readHead(db);
  if (!head) return undefined;
  const [world] = await db.query("SELECT overrides, snapshot FROM sluice_world WHERE name = 'world'");
  const [config] = await db.query("SELECT config FROM sluice_configs WHERE revision = $1", [head.configRevision]);
  const services = await db.query("SELECT name, state FROM sluice_services ORDER BY name");
  invariant(world && config, "what the head points to was committed with it");
  return {
    sequence: head.sequence,
    configRevision: head.configRevision,
    config: jsonOf<Config>(config, "config"),
    services: Object.fromEntries(
      services.map((row): [ServiceName, ServiceState] => [textOf(row, "name"), jsonOf(row, "state")]),
    ),
    overrides: jsonOf<Durable["overrides"]>(world, "overrides"),
    snapshotEnvelope: world["snapshot"] === null ? undefined : jsonOf<Envelope>(world, "snapshot"),
  };
}
