import { SluiceError } from "@sluice/core";
import { readKeyFile } from "@sluice/runtime";

const lengthMin = 12;

/** The first line of a file; a passphrase on the command line would stand in every list of processes. */
export async function readPassphrase(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const [line = ""] = (await readKeyFile(file)).split("\n");
  if (line.trim().length >= lengthMin) return line.trim();
  throw new SluiceError("USAGE", `the first line of ${file} is shorter than ${lengthMin} characters`, {
    hint: "Several words will do.",
  });
}
