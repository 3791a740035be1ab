import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { readConfigFile } from "@sluice/contract";
import { type Config, SluiceError } from "@sluice/core";
import { askToJoin, install, type Member, membersOf } from "@sluice/keys";
import type { Command } from "commander";
import { readPassphrase } from "../passphrase.ts";
import { globalsOf, print } from "../session.ts";

type InitOptions = { readonly config: string; readonly passphraseFile?: string };
type JoinOptions = { readonly config: string; readonly out: string; readonly only?: readonly string[] };

/** init and join: the keys of a new installation, and of its next site. */
export function installCommands(program: Command): void {
  program
    .command("init <directory>")
    .description("make a new installation's keys: the root's, to be kept offline, and what each site's processes need")
    .requiredOption("--config <file>", "the configuration to begin with")
    .option("--passphrase-file <file>", "encrypt the root key under this file's first line")
    .action(init);
  program
    .command("join <site>")
    .description("make the keys of a further site, at that site, and a request for the root's keeper to approve")
    .requiredOption("--config <file>", "the configuration that names the site and its processes")
    .requiredOption("--out <directory>", "where the keys go, a directory for each process")
    .option("--only <name...>", "of these processes alone: a gateway's next certificate")
    .action(joinSite);
}

async function init(directory: string, options: InitOptions, command: Command): Promise<void> {
  const config = await readConfigFile(options.config);
  for (const { site } of membersOf(config)) needSiteDirectory(site);
  await needEmpty(directory);
  const passphrase = await readPassphrase(options.passphraseFile);
  const safe = join(directory, "root");
  await install(config, {
    safe,
    directoryOf: (member) => join(directory, member.site, member.name),
    ...(passphrase === undefined ? {} : { passphrase }),
  });
  const members = membersOf(config);
  const sites = [...new Set(members.map(({ site }) => site))];
  for (const site of sites) await copyFile(options.config, join(directory, site, "sluice.yaml"));
  const operator = join(directory, "operator");
  await mkdir(operator, { mode: 0o700 });
  for (const file of ["operator.token", "keyset.json", "root.pub"])
    await copyFile(join(safe, file), join(operator, file));
  const starts = members.map((member) => ({ ...member, command: startOf(member, directory) }));
  const told = { installation: config.installation, version: 1, safe, operator, sites, starts };
  print(globalsOf(command), told, [
    `keyset 1 of ${config.installation} names ${config.arbiters.length} arbiters and ${config.agents.length} agents`,
    ...sites.map((site) => `${join(directory, site)}: copy it to ${site}, and to nowhere else`),
    `${operator}: for whoever operates: --token-file ${join(operator, "operator.token")}`,
    `${safe}: the root key. Keep it offline, and a copy of it elsewhere; whoever has it can name any key`,
    "",
    "then start, each at its site:",
    ...starts.map((each) => `  ${each.command}`),
  ]);
}

/** A process as it is started in a checkout; its state is its own, and arbiters find the database in DATABASE_URL. */
function startOf({ name, role, site }: Member, directory: string): string {
  const at = join(directory, site);
  const flags = [`--name ${name}`, `--config ${at}/sluice.yaml`, `--keys ${at}/${name}`, `--state ${at}/state/${name}`];
  return `node services/${role}/src/main.ts ${flags.join(" ")}`;
}

async function joinSite(site: string, options: JoinOptions, command: Command): Promise<void> {
  const config: Config = await readConfigFile(options.config);
  const at = {
    directory: options.out,
    directoryOf: (member: Member) => join(options.out, member.name),
    ...(options.only ? { only: options.only } : {}),
  };
  const { file, fingerprint, members } = await askToJoin(config, site, at);
  const processes = members.map(({ name, role }) => ({ name, role }));
  print(globalsOf(command), { site, request: file, fingerprint, processes }, [
    `made the keys of ${processes.map(({ name }) => name).join(", ")} in ${options.out}; they stay there`,
    `send ${file} to the root's keeper, and read out this fingerprint by another way:`,
    `  ${fingerprint}`,
    `there: sluice keys approve ${site}.request.json --root DIR --config FILE --out DIR --fingerprint ${fingerprint}`,
  ]);
}

/** What goes to a site lies in a directory of its name, beside the safe and the operator's: it must not be one of them. */
export function needSiteDirectory(site: string): void {
  if (site !== "root" && site !== "operator") return;
  throw new SluiceError("USAGE", `a site can't be called ${site}: \`sluice init\` has a directory of that name`, {
    hint: "Give the site another name in the configuration. Nothing was written.",
  });
}

async function needEmpty(directory: string): Promise<void> {
  const found = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new SluiceError("DIRECTORY_READONLY", `cannot look into ${directory}: ${error.message}`, { cause: error });
  });
  if (found.length === 0) return;
  throw new SluiceError("KEYS_EXIST", `${directory} isn't empty; nothing was written`, {
    hint: "Give a directory that is new: an installation's keys are made once.",
  });
}
