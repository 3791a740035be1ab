import assert from "node:assert/strict";
import { test } from "node:test";
import { serversOf } from "./servers.ts";

test("a URL that names several servers is one for each, with the same user, database and settings", () => {
  assert.deepEqual(
    serversOf("postgresql://sluice:p%40ss@a:5432,[::1]:5433,c/db?sslmode=require&target_session_attrs=read-write"),
    [
      "postgresql://sluice:p%40ss@a:5432/db?sslmode=require",
      "postgresql://sluice:p%40ss@[::1]:5433/db?sslmode=require",
      "postgresql://sluice:p%40ss@c/db?sslmode=require",
    ],
  );
});

test("one server is left as it is, and so is a socket's path", () => {
  for (const url of [
    "postgres://u@127.0.0.1:5432/db",
    "postgresql://u:x@/db?host=/run/postgresql",
    "postgresql://h/db",
  ])
    assert.equal(serversOf(url)[0]?.replace("%2Frun%2Fpostgresql", "/run/postgresql"), url);
});

test("what can't be used is refused, and the password isn't told", () => {
  const wrong = [
    "mysql://u:secret@h/db",
    "postgresql://u:secret@a:5432,b/db?target_session_attrs=standby",
    "postgresql://u:secret@a:5432,,b/db",
    "postgresql://u:secret@a:99999/db",
    `postgresql://u:secret@${Array.from({ length: 17 }, (_, at) => `h${at}`).join(",")}/db`,
  ];
  for (const url of wrong)
    assert.throws(
      () => serversOf(url),
      (error: Error) => /DATABASE_URL can't be used/.test(error.message) && !/secret/.test(error.message),
    );
});
