-- Who leads. One row, made by the first acquisition; its epoch only grows.
CREATE TABLE IF NOT EXISTS sluice_lease (
  name text PRIMARY KEY,
  holder text NOT NULL,
  epoch bigint NOT NULL CHECK (epoch >= 1),
  expires_at timestamptz NOT NULL
);

-- Where world and journal stand. One small row that every write changes; sequence is null before the first commit.
CREATE TABLE IF NOT EXISTS sluice_head (
  name text PRIMARY KEY,
  sequence bigint,
  config_revision bigint,
  journal_id bigint NOT NULL,
  journal_hash text NOT NULL
);

INSERT INTO sluice_head (name, journal_id, journal_hash)
VALUES ('world', 0, '0000000000000000000000000000000000000000000000000000000000000000')
ON CONFLICT (name) DO NOTHING;

-- JSON is kept as text: signed and hashed bytes must come back as they were, and jsonb refuses NULs.
CREATE TABLE IF NOT EXISTS sluice_world (
  name text PRIMARY KEY,
  overrides text NOT NULL,
  snapshot text,
  snapshot_epoch bigint,
  snapshot_sequence bigint
);

CREATE TABLE IF NOT EXISTS sluice_services (
  name text PRIMARY KEY,
  state text NOT NULL
);

CREATE TABLE IF NOT EXISTS sluice_configs (
  revision bigint PRIMARY KEY,
  config text NOT NULL,
  written_at_ms double precision NOT NULL,
  written_by text NOT NULL
);

CREATE TABLE IF NOT EXISTS sluice_commits (
  id text PRIMARY KEY,
  epoch bigint NOT NULL,
  sequence bigint NOT NULL,
  written_at_ms double precision NOT NULL,
  written_by text NOT NULL
);

CREATE TABLE IF NOT EXISTS sluice_decisions (
  commit_sequence bigint NOT NULL,
  place bigint NOT NULL,
  decision text NOT NULL,
  PRIMARY KEY (commit_sequence, place)
);

-- hash = sha256(hash of the row before, then entry), in hexadecimal; row 0 would have 64 zeros.
CREATE TABLE IF NOT EXISTS sluice_journal (
  id bigint PRIMARY KEY,
  entry text NOT NULL,
  hash text NOT NULL
);
