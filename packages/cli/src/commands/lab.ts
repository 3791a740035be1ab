import { askLab, labDown, needLab } from "@sluice/lab";
import { stopSignal } from "@sluice/runtime";
import type { Command } from "commander";
import { secondSignal } from "../second-signal.ts";
import { globalsOf, print } from "../session.ts";
import { welcome } from "../welcome.ts";
import { faultCommand } from "./lab-fault.ts";
import { loadCommand } from "./lab-load.ts";

/** lab up, down, kill, pause, heal, fault and load: two sites and a witness on loopback, and what may happen to them. */
export function labCommands(program: Command): void {
  const lab = program.command("lab").description("two sites and a witness as real processes on loopback");
  lab
    .command("up")
    .description("start it, and stay until Ctrl-C or `sluice lab down`")
    .option("--config <file>", "the configuration to begin with; the lab keeps a copy in its directory")
    .action((options: { config?: string }, command: Command) => up(command, options.config));
  lab
    .command("down")
    .description("end every process and free every port")
    .action(async (_options: unknown, command: Command) => {
      const globals = globalsOf(command);
      await labDown(globals.dir, stopSignal());
      print(globals, { running: false }, ["the lab is down"]);
    });
  for (const { verb, about } of verbs) {
    lab
      .command(`${verb} <site>`)
      .description(about)
      .action(async (site: string, _options: unknown, command: Command) => {
        const globals = globalsOf(command);
        const done = (await askLab(await needLab(globals.dir), `sites/${encodeURIComponent(site)}/${verb}`)) as {
          readonly parts: readonly string[];
        };
        print(globals, done, [`${verb} ${site}: ${done.parts.join(", ") || "nothing was running there"}`]);
      });
  }
  faultCommand(lab);
  loadCommand(lab);
}

const verbs = [
  { verb: "kill", about: "SIGKILL every process of a site" },
  { verb: "pause", about: "SIGSTOP every process of a site: connections hang" },
  { verb: "heal", about: "start again what was killed, and let what was paused go on" },
] as const;

async function up(command: Command, configFile: string | undefined): Promise<void> {
  const globals = globalsOf(command);
  const beganAt = performance.now();
  const say = (line: string): void => void globals.terminal.err.write(`${line}\n`);
  const signal = stopSignal();
  const databaseUrl = process.env["DATABASE_URL"];
  // Loaded by no other command: it brings a database and a server along.
  const { labUp } = await import("@sluice/lab/up");
  const running = await labUp({
    root: globals.dir,
    signal,
    hurry: secondSignal(),
    say,
    ...(configFile === undefined ? {} : { configFile }),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  });
  const table = running.parts.map(({ name, role, site, binds }) => ({ site, role, name, binds }));
  say(`the lab is up after ${((performance.now() - beganAt) / 1000).toFixed(1)} s`);
  print(globals, { root: running.layout.root, parts: table }, welcome(running));
  await running.ended;
  say("ending the lab …");
  await running.close();
  say("the lab is down");
}
