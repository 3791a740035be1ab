import {
  type Config,
  type Decision,
  type Durable,
  type Envelope,
  type Event,
  epochMs,
  type ServiceState,
} from "@sluice/core";
import type { Store } from "@sluice/ports";
import { migrate } from "./migrate.ts";
import { type Database, toNumber } from "./pool.ts";
import { writeAppend, writeCommit } from "./write-commit.ts";

const eventsMax = 1_000;

/** The durable world in Postgres. */
export function makeStore(database: Database): Store {
  return {
    migrate: () => migrate(database),
    load: () =>
      database.transaction(async (query) => {
        // One statement each, in one transaction with the head locked: a commit can't come in between.
        const world = (await query("SELECT * FROM world WHERE name = 'sluice' FOR UPDATE"))[0];
        if (!world || toNumber(world["config_revision"]) < 0) return undefined;
        const configRevision = toNumber(world["config_revision"]);
        const config = (await query("SELECT config FROM config_revision WHERE revision = $1", [configRevision]))[0];
        const services = await query("SELECT service, state FROM service_state");
        return {
          sequence: toNumber(world["sequence"]),
          configRevision,
          config: config?.["config"] as Config,
          services: Object.fromEntries(services.map((row) => [String(row["service"]), row["state"] as ServiceState])),
          overrides: world["overrides"] as Durable["overrides"],
          snapshotEnvelope: (world["snapshot"] ?? undefined) as Envelope | undefined,
        };
      }),
    async head() {
      const row = (await database.query("SELECT sequence, config_revision FROM world WHERE name = 'sluice'"))[0];
      if (!row || toNumber(row["config_revision"]) < 0) return undefined;
      return { sequence: toNumber(row["sequence"]), configRevision: toNumber(row["config_revision"]) };
    },
    commit: (commit) => database.transaction((query) => writeCommit(query, commit)),
    async committed(id) {
      return (await database.query("SELECT 1 FROM commit_record WHERE id = $1", [id])).length > 0;
    },
    append: (entries) => database.transaction((query) => writeAppend(query, entries)),
    async events(after, limit) {
      const select = "SELECT id, at_ms, by_name, body FROM journal WHERE id > $1 ORDER BY id LIMIT $2";
      const rows = await database.query(select, [after, Math.min(limit, eventsMax)]);
      return rows.map((row) => ({
        id: toNumber(row["id"]),
        at: epochMs(toNumber(row["at_ms"])),
        by: String(row["by_name"]),
        event: JSON.parse(String(row["body"])) as Event,
      }));
    },
    async decisions(limit) {
      const rows = await database.query("SELECT body FROM decision ORDER BY sequence DESC LIMIT $1", [
        Math.min(limit, eventsMax),
      ]);
      return rows.map((row) => row["body"] as Decision);
    },
    close: () => database.close(),
  };
}
