import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { yamlBytesMax } from "./bounds.ts";
import { checkConfig, parseConfig } from "./parse-config.ts";
import { labText, labWith } from "./test-lab.ts";

const problemsOf = (text: string): string[] => {
  const parsed = parseConfig(text);
  return parsed.kind === "invalid" ? parsed.problems.map(({ path, message }) => `${path}: ${message}`) : [];
};

test("the lab's configuration has no problem", () => {
  assert.deepEqual(problemsOf(labText), []);
});

test("defaults are filled in, and what was given is left alone", () => {
  const given = labWith({});
  const before = structuredClone(given);
  const checked = checkConfig(given);
  assert.ok(checked.kind === "ok");
  assert.deepEqual(given, before);
  assert.equal(checked.config.zone.negativeTtlSeconds, 15);
  assert.equal(checked.config.probes.fall, 4);
  assert.deepEqual(checkConfig(checked.config), checked);
});

test("wrong YAML is told by line and column, every fault of it", () => {
  const parsed = parseConfig("a: [1\nb: 2\nc: }\n");
  assert.ok(parsed.kind === "invalid" && !parsed.isYaml);
  assert.ok(parsed.problems.length > 1);
  for (const { path, hint } of parsed.problems) {
    assert.match(path, /^line \d+, column \d+$/);
    assert.ok(hint);
  }
  const spoilt = parseConfig(labText.replace("addresses: [127.0.1.1]", "addresses: [127.0.1]x]"));
  assert.equal(spoilt.kind === "invalid" && spoilt.problems[0]?.path, "line 8, column 25");
});

test("a key that stands twice is told together with what else is wrong", () => {
  assert.deepEqual(problemsOf(`${labText}store: { site: site-x }\n`), [
    `line ${labText.split("\n").length}, column 1: this key stands in its mapping twice`,
    "store.site: there is no site site-x",
  ]);
});

test("a tag that YAML doesn't know, a second document and an alias bomb are refused", () => {
  assert.match(problemsOf("installation: !secret lab\n").join(), /Unresolved tag/);
  assert.match(problemsOf(`${labText}\n---\n${labText}`).join(), /multiple documents/);
  const bomb = [
    "a: &a [x, x]",
    ...Array.from({ length: 9 }, (_, i) => `b${i}: &b${i} [*${i ? `b${i - 1}` : "a"}, *a, *a]`),
  ];
  assert.match(problemsOf(`${bomb.join("\n")}\n`).join(), /alias/);
});

test("an empty file, and one that holds no mapping", () => {
  assert.deepEqual(problemsOf(""), [": must be a mapping, not null"]);
  assert.deepEqual(problemsOf("- a\n"), [": must be a mapping, not a list"]);
});

test("problems of shape and of meaning come together, and none hides another", () => {
  const checked = checkConfig(
    labWith({
      colour: "red",
      "sites[0].addresses[0]": "127.0.1",
      "services[0].ttlSeconds": "5",
      "services[0].policy.sites[1]": "site-x",
      "services[0].pools[1].endpoints[0]": "127.0.1.1",
      "services[0].pools[3].channel": "canray",
      "services[1].host": "chat.llm.example",
      "agents[1].url": "http://127.0.1.1:7401",
      "probes.deadlineMs": 5000,
    }),
  );
  assert.ok(checked.kind === "invalid");
  assert.deepEqual(
    checked.problems.map((problem) => problem.path),
    [
      "colour",
      "sites[0].addresses[0]",
      "services[0].ttlSeconds",
      "services[0].pools[1].endpoints[0]",
      "agents[1].url",
      "services[1].host",
      "services[0].policy.sites[1]",
      "services[0].pools[3].channel",
      "probes.deadlineMs",
    ],
  );
});

test("nothing is said about a name that can't be looked up because its list is broken", () => {
  const checked = checkConfig(labWith({ "sites[0].name": "NO" }));
  assert.deepEqual(checked.kind === "invalid" && checked.problems.map((problem) => problem.path), ["sites[0].name"]);
});

test("too large: as text, and as JSON with its defaults", () => {
  const [problem, ...more] = problemsOf(`${labText}# ${"x".repeat(yamlBytesMax)}\n`);
  assert.match(problem ?? "", /over 1 MiB must be JSON/);
  assert.equal(more.length, 0);
  const data = Array.from({ length: 6 }, (_, at) => String(at).repeat(4000));
  const records = Array.from({ length: 720 }, (_, at) => ({ name: `n${at}.llm.example`, type: "TXT", data }));
  const checked = checkConfig(labWith({ "zone.records": records }));
  assert.match(checked.kind === "invalid" ? (checked.problems[0]?.message ?? "") : "", /as JSON.* over 16 MiB/);
});

test("at most a thousand problems are listed, and the rest counted", () => {
  const records = Array.from({ length: 3000 }, () => ({ name: "x", type: "MX", data: ["x"] }));
  const checked = checkConfig(labWith({ "zone.records": records }));
  assert.ok(checked.kind === "invalid");
  assert.equal(checked.problems.length, 1001);
  assert.match(checked.problems.at(-1)?.message ?? "", /^\d+ more problems/);
});

/** Every path of a value, to put nonsense at. */
const pathsOf = (value: unknown, path = ""): string[] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => {
        const at = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
        return [at, ...pathsOf(inner, at)];
      })
    : [];
const paths = pathsOf(labWith({}));

test("nonsense anywhere is a problem or is taken, and never a crash", () => {
  const nonsense = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constant(undefined),
    fc.constantFrom("", "site-a", -1, "::"),
  );
  fc.assert(
    fc.property(fc.constantFrom(...paths), nonsense, (path, value) => {
      const checked = checkConfig(labWith({ [path]: value }));
      return checked.kind === "ok" || (checked.problems.length > 0 && checked.problems.every(({ message }) => message));
    }),
    { numRuns: 500 },
  );
});
