import { connect } from "node:net";

/** One command over HAProxy's admin socket, and what it says. */
export function askHaproxy(socket: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const line = connect(socket, () => line.end(`${command}\n`));
    line.setEncoding("utf8");
    line.on("data", (piece: string) => (said += piece));
    line.on("error", reject);
    line.on("close", () => resolve(said));
  });
}

/** A payload must fit into HAProxy's buffer of 16 KiB, the command included. */
const linesAtOnce = 400;

/** Puts a whole map in place of another, at once: requests see the one or the other. */
export async function swapMap(socket: string, file: string, lines: readonly string[]): Promise<void> {
  const version = Number(/version created: (\d+)/i.exec(await askHaproxy(socket, `prepare map ${file}`))?.[1]);
  if (!Number.isInteger(version)) throw new Error(`HAProxy prepares no new version of ${file}`);
  for (let at = 0; at < lines.length; at += linesAtOnce) {
    const payload = lines.slice(at, at + linesAtOnce).join("\n");
    refuseTrouble(await askHaproxy(socket, `add map @${version} ${file} <<\n${payload}\n`));
  }
  refuseTrouble(await askHaproxy(socket, `commit map @${version} ${file}`));
}

/** It says nothing when all is well. */
function refuseTrouble(said: string): void {
  if (said.trim() !== "") throw new Error(`HAProxy says: ${said.trim()}`);
}

/** Whether it answers on its socket and takes connections; undefined while not. */
export async function isListening(socket: string, host: string, port: number): Promise<true | undefined> {
  const isUp = await new Promise<boolean>((resolve) => {
    const line = connect({ host, port }, () => resolve(true));
    line.on("error", () => resolve(false));
    line.on("connect", () => line.destroy());
  });
  if (!isUp) return undefined;
  return askHaproxy(socket, "show info").then(
    () => true,
    () => undefined,
  );
}
