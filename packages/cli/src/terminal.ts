/** Where a command line writes, and the exit code it ends with: those of this process, or of a test that runs many in one. */
export interface Terminal {
  out(text: string): void;
  readonly err: Screen;
  /** Without a call it ends with 0. */
  endWith(code: number): void;
}

export type Screen = { readonly isTTY?: boolean; write(text: string): unknown };

export const processTerminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: process.stderr,
  endWith(code) {
    process.exitCode = code;
  },
};
