-- One installation per database. Plain tables and compare-and-swap only: no advisory locks, no LISTEN, no triggers, so that
-- the same statements run on CockroachDB and YugabyteDB. Numbers are given out by the application, under the lease row.
CREATE TABLE lease (
  name text PRIMARY KEY,
  holder text NOT NULL,
  epoch bigint NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE TABLE world (
  name text PRIMARY KEY,
  sequence bigint NOT NULL,
  config_revision bigint NOT NULL,
  overrides jsonb NOT NULL,
  snapshot jsonb,
  snapshot_epoch bigint,
  snapshot_sequence bigint,
  last_event_id bigint NOT NULL,
  last_hash text NOT NULL
);

CREATE TABLE service_state (
  service text PRIMARY KEY,
  state jsonb NOT NULL
);

CREATE TABLE config_revision (
  revision bigint PRIMARY KEY,
  config jsonb NOT NULL,
  at_ms bigint NOT NULL,
  by_name text NOT NULL
);

CREATE TABLE decision (
  sequence bigint PRIMARY KEY,
  epoch bigint NOT NULL,
  body jsonb NOT NULL
);

CREATE TABLE commit_record (
  id text PRIMARY KEY,
  epoch bigint NOT NULL,
  sequence bigint NOT NULL,
  at_ms bigint NOT NULL
);

-- The journal is a hash chain: hash = sha256(hash before, entry). Text, so that what was hashed is what is kept.
CREATE TABLE journal (
  id bigint PRIMARY KEY,
  epoch bigint NOT NULL,
  at_ms bigint NOT NULL,
  by_name text NOT NULL,
  body text NOT NULL,
  hash text NOT NULL
);
