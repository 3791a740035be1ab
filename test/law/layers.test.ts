import assert from "node:assert/strict";
import { existsSync, globSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { test } from "node:test";
import { byName, importsOf, isTest, read, readJson, root, sources, withoutComments } from "./house.ts";

/**
 * Who may import whom. The arrows point inward: services → runtime, contract → ports → core → nothing. No service imports a
 * service. A package in brackets may be named in `main.ts` alone: that is where the concrete parts are put together.
 */
const rooms = {
  "packages/core": [],
  "packages/ports": ["core"],
  "packages/contract": ["core", "ports"],
  "packages/runtime": ["core", "ports", "contract"],
  "packages/store-postgres": ["core", "ports"],
  "packages/dns": ["core"],
  "packages/testkit": ["core", "ports"],
  // Whatever holds the root key is in no service.
  "packages/keys": ["core", "contract", "runtime"],
  "packages/cli": ["core", "contract", "runtime", "dns", "store-postgres", "keys", "lab"],
  "services/agent": ["core", "ports", "contract", "runtime", "dns"],
  "services/arbiter": ["core", "ports", "contract", "runtime", "dns", "[store-postgres]"],
  "services/nameserver": ["core", "ports", "contract", "runtime", "dns"],
  "services/gateway": ["core", "ports", "contract", "runtime"],
  "test/lab": [
    "core",
    "ports",
    "contract",
    "runtime",
    "store-postgres",
    "dns",
    "testkit",
    "keys",
    "agent",
    "arbiter",
    "nameserver",
    "gateway",
  ],
} as const satisfies Record<string, readonly string[]>;

type Room = keyof typeof rooms;
const roomNames = Object.keys(rooms) as Room[];
const folderOf = (name: string): string => roomNames.find((room) => room.endsWith(`/${name}`)) ?? `nowhere/${name}`;

const isAllowed = (allowed: readonly string[], name: string, path: string): boolean =>
  allowed.includes(name) || (allowed.includes(`[${name}]`) && path.endsWith("/main.ts"));

type Manifest = { readonly name: string; readonly dependencies?: Readonly<Record<string, string>> };

function inHouseDependencies(room: Room): string[] {
  const { dependencies = {} } = readJson(`${room}/package.json`) as Manifest;
  return Object.keys(dependencies)
    .filter((name) => name.startsWith("@sluice/"))
    .map((name) => name.slice("@sluice/".length))
    .sort(byName);
}

test("the table names every room there is, and no other", () => {
  const exclude = (path: string): boolean => /(^|\/)(node_modules|dist)$/.test(path);
  const patterns = ["packages/**/package.json", "services/**/package.json", "test/**/package.json"];
  const folders = globSync(patterns, { cwd: root, exclude }).map((path) => dirname(path));
  assert.deepEqual(folders.sort(byName), [...roomNames].sort(byName));
  for (const room of roomNames) {
    assert.equal((readJson(`${room}/package.json`) as Manifest).name, `@sluice/${room.split("/")[1]}`);
  }
});

for (const room of roomNames) {
  const allowed: readonly string[] = rooms[room];

  test(`${room} imports only ${allowed.join(", ") || "nothing"}`, () => {
    assert.deepEqual(faultsOf(room, allowed), []);
  });

  test(`${room}: package.json keeps to the table, and tsconfig.json refers to just those`, () => {
    const dependencies = inHouseDependencies(room);
    const names = allowed.map((name) => name.replaceAll(/[[\]]/g, ""));
    assert.deepEqual(
      dependencies.filter((name) => !names.includes(name)),
      [],
    );
    const { references = [] } = readJson(`${room}/tsconfig.json`) as { references?: readonly { path: string }[] };
    const referred = references.map(({ path }) => relative(root, join(root, room, path)));
    assert.deepEqual(referred.sort(byName), dependencies.map(folderOf).sort(byName));
  });
}

/** Every import of the room's own code that breaks a rule, as sentences. */
function faultsOf(room: Room, allowed: readonly string[]): string[] {
  const dependencies = inHouseDependencies(room);
  return sources(room).flatMap((path) => {
    // Tests may look at everything, by each package's one door.
    const names = isTest(path) ? roomNames.map((each) => each.split("/")[1] ?? "") : allowed;
    return importsOf(read(path)).flatMap((specifier) => {
      if (specifier.startsWith(".")) return relativeFault(room, path, specifier);
      if (!specifier.startsWith("@sluice/")) return [];
      const name = specifier.split("/")[1] ?? "";
      if (!isAllowed(names, name, path)) return [`${path} may not import ${specifier}`];
      return isTest(path) || dependencies.includes(name) ? [] : [`${path}: ${specifier} is not in package.json`];
    });
  });
}

function relativeFault(room: Room, path: string, specifier: string): string[] {
  const target = normalize(join(dirname(path), specifier)).replaceAll("\\", "/");
  const isInside = target.startsWith(`${room}/`) || (isTest(path) && target.startsWith("test/"));
  if (!isInside) return [`${path} reaches into another room: ${specifier}`];
  return existsSync(join(root, target)) ? [] : [`${path} imports a file that is not there: ${specifier}`];
}

test("core knows no Node, no clock and no chance", () => {
  const own = sources("packages/core").filter((path) => !isTest(path));
  assert.ok(own.length > 0);
  const foreign = own.flatMap((path) =>
    importsOf(read(path)).filter((specifier) => !specifier.startsWith("./") && !specifier.startsWith("../")),
  );
  assert.deepEqual(foreign, []);
  const forbidden = /\bnew Date\b|\bDate\s*[.(]|\bMath\s*\.\s*random\b|\bglobalThis\b|\bprocess\./;
  assert.deepEqual(
    own.filter((path) => forbidden.test(withoutComments(read(path)))),
    [],
  );
});

test("the text search of imports sees every form, and no comment", () => {
  const text = `import a from "a";\nimport "b";\nexport { c } from 'c';\nconst d = await import("d");\nimport type { e } from "e";
  // from "not-this"\n/* import "nor-this" */\nimport {\n  f,\n} from "./f.ts";`;
  assert.deepEqual(importsOf(text), ["a", "b", "c", "d", "e", "./f.ts"]);
});
