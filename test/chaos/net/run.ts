import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Runs a program of the system's to its end, and says what it said when it failed. */
export async function run(command: readonly string[]): Promise<string> {
  const [program = "", ...args] = command;
  try {
    return (await promisify(execFile)(program, args)).stdout;
  } catch (error) {
    const { stderr, message } = error as Error & { readonly stderr?: string };
    throw new Error(`${command.join(" ")}: ${stderr?.trim() || message}`);
  }
}
