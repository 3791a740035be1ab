import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Command } from "commander";
import { stringify } from "yaml";
import { examples } from "./examples.ts";
import { exitCodeByError, exitCodes } from "./exit-codes.ts";
import { makeProgram, pathOf, runnable } from "./program.ts";
import { makeTemporaryDirectory, sluice, writeInto } from "./test-sluice.ts";

const page = await readFile(join(import.meta.dirname, "../../../docs/cli.md"), "utf8");
const program = makeProgram();
const commands = runnable(program);

/** The page's part about one command. */
function partOf(command: Command): string {
  const args = command.registeredArguments.map((each) => (each.required ? ` <${each.name()}>` : ` [${each.name()}]`));
  const heading = `### \`sluice ${pathOf(command)}${args.join("")}\`\n`;
  const at = page.indexOf(heading);
  assert.ok(at >= 0, `docs/cli.md has no ${heading}`);
  const rest = page.slice(at + heading.length);
  return rest.slice(0, /^##/m.exec(rest)?.index);
}

const optionsIn = (text: string): readonly string[] =>
  [...text.matchAll(/^\| `(--[^`]+)` \|/gm)].map((match) => match[1] ?? "");
const flagsOf = (command: Command): readonly string[] => command.options.map(({ flags }) => flags);

test("the page has every command, with its options and examples, and no other", () => {
  for (const command of commands) {
    const part = partOf(command);
    assert.deepEqual(optionsIn(part), flagsOf(command), pathOf(command));
    for (const { flags, mandatory } of command.options) {
      const row = part.split("\n").find((line) => line.startsWith(`| \`${flags}\``));
      assert.equal(row?.includes("Needed."), mandatory, `${pathOf(command)} ${flags}`);
    }
    assert.ok(
      part.includes(["```sh", ...(examples[pathOf(command)] ?? []), "```"].join("\n")),
      `the examples of ${pathOf(command)}`,
    );
  }
  assert.equal([...page.matchAll(/^### /gm)].length, commands.length);
});

test("the page has the options of every command", () => {
  const part = page.slice(page.indexOf("## Options of every command"), page.indexOf("## Exit codes"));
  assert.deepEqual(optionsIn(part), [...flagsOf(program), "--help"]);
});

test("the page has every exit code, with the errors that end so", () => {
  const rows = [...page.matchAll(/^\| (\d) \| `(\w+)` \| .+ \| (.*)\|$/gm)].map(([, code, name, errors = ""]) => {
    return [Number(code), name, [...errors.matchAll(/`(\w+)`/g)].map((match) => match[1])] as const;
  });
  const real = Object.entries(exitCodes).map(([name, code]) => {
    return [
      code,
      name,
      Object.entries(exitCodeByError).flatMap(([error, ends]) => (ends === code ? [error] : [])),
    ] as const;
  });
  assert.deepEqual(rows, real);
});

/** An example's words, as a shell would split them; what follows a pipe or an arrow is the shell's affair. */
const wordsOf = (line: string): readonly string[] =>
  [...(/^[^|>]*/.exec(line)?.[0] ?? "").matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? "");

test("every command has examples, and these are of that command, with options that it has", () => {
  assert.deepEqual(Object.keys(examples).sort(), commands.map(pathOf).sort());
  for (const command of commands) {
    const lines = examples[pathOf(command)] ?? [];
    assert.ok(lines.length > 0, pathOf(command));
    const known = [...command.options, ...program.options].map(({ long }) => long);
    for (const line of lines) {
      assert.ok(line.startsWith(`sluice ${pathOf(command)}`), line);
      const words = wordsOf(line);
      const unknown = words.filter((word) => word.startsWith("--") && !known.includes(word));
      assert.deepEqual(unknown, [], line);
      const missing = command.options.filter(({ mandatory, long }) => mandatory && !words.includes(long ?? ""));
      assert.deepEqual(
        missing.map(({ long }) => long),
        [],
        line,
      );
    }
  }
});

const directory = await makeTemporaryDirectory();
after(() => rm(directory, { recursive: true }));

test("the examples that need nothing but a file do what they say", async () => {
  const agentIn = (site: string) => ({ name: `agent-${site}`, site, url: "http://127.0.0.1:1" });
  const sites = ["site-a", "site-b"];
  const config = {
    installation: "trial",
    zone: { name: "llm.example" },
    sites: [
      ...sites.map((name, index) => ({ name, addresses: [`192.0.2.${index + 1}`] })),
      { name: "site-w", role: "witness" },
    ],
    electorate: [...sites, "site-w"],
    arbiters: [{ name: "arbiter-w", site: "site-w", url: "http://127.0.0.1:2" }],
    agents: [...sites, "site-w"].map((site, index) => ({ ...agentIn(site), url: `http://127.0.0.1:${index + 10}` })),
    services: [
      {
        name: "chat",
        host: "chat.llm.example",
        policy: { kind: "failover", sites },
        pools: sites.map((site) => ({
          channel: "stable",
          site,
          endpoints: [site === "site-a" ? "192.0.2.1:80" : "192.0.2.2:80"],
          probe: { kind: "tcp" },
        })),
      },
    ],
    store: { site: "site-w" },
  };
  const file = await writeInto(directory, "sluice.yaml", stringify(config));
  const lines = ["config check", "config schema", "rto"].flatMap((path) => examples[path] ?? []);
  await Promise.all(
    lines.map(async (line) => {
      const words = wordsOf(line)
        .slice(1)
        .map((word) => (word === "sluice.yaml" ? file : word));
      const { code, stdout, stderr } = await sluice(...words);
      assert.deepEqual([code, stderr], [0, ""], `${line}\n${stdout}`);
      if (words.includes("--json") || words.includes("schema")) assert.ok(JSON.parse(stdout), line);
    }),
  );
  assert.equal(lines.length, 5);
});
