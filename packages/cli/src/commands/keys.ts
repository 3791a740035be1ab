import { join } from "node:path";
import { parseEnvelope, readConfigFile } from "@sluice/contract";
import { type KeyEntry, keysOf, SluiceError, withoutKeys } from "@sluice/core";
import { approve, askToRotate, type Member, readRequest, readSafe, replaceRoot } from "@sluice/keys";
import { readJsonFile } from "@sluice/runtime";
import type { Command } from "commander";
import { exitCodes } from "../exit-codes.ts";
import { readPassphrase } from "../passphrase.ts";
import { connect, globalsOf, print } from "../session.ts";
import { needSiteDirectory } from "./install.ts";
import { keysList } from "./keys-list.ts";

type RootOptions = { readonly root: string; readonly passphraseFile?: string };
type ApproveOptions = RootOptions & { readonly fingerprint: string; readonly config?: string; readonly out?: string };

/** keys list, rotate, approve, revoke, replace-root and publish: who may sign what. docs/keys.md tells when to do which. */
export function keysCommands(program: Command): void {
  const keys = program.command("keys").description("who may sign what: list, rotate, approve, revoke, publish");
  keys
    .command("list")
    .description("the keys in force, and which keyset each process goes by")
    .option("--root <directory>", "the keyset in the root's directory instead, with nobody asked")
    .action(keysList);
  keys
    .command("rotate <name>")
    .description("make an agent's or arbiter's next key, beside its present one, and a request for it")
    .requiredOption("--keys <directory>", "the process's key directory")
    .action(rotate);
  withRoot(keys.command("approve <request>"))
    .description("put the keys of a request into the next keyset, and make what a new site needs")
    .requiredOption("--fingerprint <text>", "as whoever made the request reads it out")
    .option("--config <file>", "the configuration, for names that the keyset doesn't know and for gateways")
    .option("--out <directory>", "where the new site's files go", ".")
    .action(approveRequest);
  withRoot(keys.command("revoke <name>"))
    .description("make the next keyset without a process's keys: what they sign is refused from then on")
    .option("--old", "only the older ones: the end of a rotation")
    .action(revoke);
  keys
    .command("replace-root")
    .description("make another root key, which names the same keys: when the present one may be in wrong hands")
    .requiredOption("--root <directory>", "the root's directory, as `sluice init` made it")
    .option("--passphrase-file <file>", "encrypt the new root key under this file's first line")
    .action(renewRoot);
  keys
    .command("publish <keyset>")
    .description("hand the next keyset to every arbiter; all processes fetch it from there, without a restart")
    .action(publish);
}

const withRoot = (command: Command): Command =>
  command
    .requiredOption("--root <directory>", "the root's directory, as `sluice init` made it")
    .option("--passphrase-file <file>", "what the root key is encrypted under");

async function rotate(name: string, options: { readonly keys: string }, command: Command): Promise<void> {
  const { file, fingerprint } = await askToRotate(name, options.keys);
  print(globalsOf(command), { name, request: file, fingerprint }, [
    `made ${join(options.keys, `${name}.next.key`)}; it is used 10 s after a keyset names it`,
    `send ${file} to the root's keeper, and read out this fingerprint by another way:`,
    `  ${fingerprint}`,
  ]);
}

async function approveRequest(path: string, options: ApproveOptions, command: Command): Promise<void> {
  const { request, fingerprint } = await readRequest(path);
  if (plain(options.fingerprint) !== plain(fingerprint)) {
    throw new SluiceError(
      "REQUEST_REFUSED",
      `the fingerprint of ${path} is ${fingerprint}, not ${options.fingerprint}`,
      {
        hint: "Somebody may have changed it on its way. Nothing was signed.",
      },
    );
  }
  needSiteDirectory(request.site);
  const config = options.config === undefined ? undefined : await readConfigFile(options.config);
  const safe = await readSafe(options.root, await readPassphrase(options.passphraseFile));
  const out = join(options.out ?? ".", request.site);
  const { version, added, members } = await approve(safe, request, {
    ...(config ? { config } : {}),
    directoryOf: (member: Member) => join(out, member.name),
  });
  const ids = added.map(({ id }) => id);
  print(globalsOf(command), { version, added: ids, ...(members.length > 0 ? { out } : {}) }, [
    `keyset ${version} names ${ids.join(", ") || "nobody new"}`,
    ...(members.length > 0 ? [`${out}: copy it to ${request.site}, over the keys that were made there`] : []),
    ...(request.keys.length > 0 ? [publishHint(options.root)] : []),
  ]);
}

async function revoke(name: string, options: RootOptions & { readonly old?: true }, command: Command): Promise<void> {
  const safe = await readSafe(options.root, await readPassphrase(options.passphraseFile));
  const all = keysOf(safe.keyset, name);
  const gone = options.old ? all.slice(0, -1) : all;
  if (gone.length === 0) throw nothingToRevoke(name, all, safe.keyset.keys);
  await safe.seal(withoutKeys(safe.keyset, (entry) => gone.includes(entry)));
  const { version } = safe.keyset;
  const ids = gone.map(({ id }) => id);
  const left = keysOf(safe.keyset, name).map(({ id }) => id);
  print(globalsOf(command), { version, revoked: ids, left }, [
    `keyset ${version} revokes ${ids.join(", ")}; ${name} has ${left.join(", ") || "no key left"}`,
    ...(left.length > 0 ? [] : [`its next key: \`sluice keys rotate ${name} --keys DIR\`, where it runs`]),
    publishHint(options.root),
  ]);
}

async function renewRoot({ root, passphraseFile }: RootOptions, command: Command): Promise<void> {
  const { keyset } = await replaceRoot(root, await readPassphrase(passphraseFile));
  print(globalsOf(command), { version: keyset.version, root }, [
    `keyset ${keyset.version} is signed by a new root key, and names the same ${keyset.keys.length} keys: look through them`,
    `copy ${join(root, "root.pub")} and keyset.json over those of every process, and restart one after the other`,
    "until all have it, whoever has the old root key can still name keys to those that have not",
  ]);
}

function nothingToRevoke(name: string, left: readonly KeyEntry[], keys: readonly KeyEntry[]): SluiceError {
  if (left.length > 0) return new SluiceError("NOTHING_TO_DO", `${name} has one key, ${left[0]?.id}, and no older one`);
  const names = [...new Set(keys.map((entry) => entry.name))].join(", ");
  return new SluiceError("NOT_FOUND", `${name} has no key in the keyset`, { hint: `It names ${names || "nobody"}.` });
}

type Taken = { readonly version: number; readonly isNew: boolean; readonly isKept: boolean };

async function publish(file: string, _options: unknown, command: Command): Promise<void> {
  const globals = globalsOf(command);
  const envelope = parseEnvelope(
    await readJsonFile(file).catch((cause: unknown) => Promise.reject(noKeyset(file, cause))),
  );
  if (!envelope) throw noKeyset(file);
  const outcomes = await (await connect(globals)).sendToAll("PUT", "/v1/keyset", envelope);
  const problem = outcomes.find((outcome) => outcome.kind === "problem");
  if (problem && !outcomes.some(({ kind }) => kind === "answer")) throw problem.error;
  const told = outcomes.map((outcome) => {
    const { url } = outcome;
    if (outcome.kind !== "answer")
      return { url, isTaken: false, isRefused: outcome.kind === "problem", because: outcome.error.message };
    const { version, isKept } = outcome.body as unknown as Taken;
    return { url, isTaken: true, isRefused: false, version, isKept };
  });
  print(globals, { arbiters: told }, told.map(takenLine));
  // One that refuses doesn't take it from the others either: it has another keyset, or another root.
  if (problem) globals.terminal.endWith(exitCodes.failed);
}

const noKeyset = (file: string, cause?: unknown): SluiceError =>
  new SluiceError("KEY_UNREADABLE", `${file} holds no keyset`, {
    hint: "It is the root directory's keyset.json.",
    cause,
  });

function takenLine(told: {
  readonly url: string;
  readonly isTaken: boolean;
  readonly isRefused: boolean;
  readonly [more: string]: unknown;
}): string {
  if (told.isRefused) return `${told.url}: REFUSED: ${String(told["because"])}`;
  if (!told.isTaken) return `${told.url}: ${String(told["because"])}; it takes it from the others when it is back`;
  const kept = told["isKept"] === false ? ", but its disk refused it: a restart forgets it" : "";
  return `${told.url}: keyset ${String(told["version"])} is in force${kept}`;
}

const publishHint = (root: string): string =>
  `put it in force: sluice keys publish ${join(root, "keyset.json")}; the root key isn't needed for that`;

const plain = (fingerprint: string): string => fingerprint.toLowerCase().replaceAll(/[^0-9a-f]/g, "");
