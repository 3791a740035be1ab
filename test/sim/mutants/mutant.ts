/** A planted bug: one piece of one source file replaced. Production code knows nothing of it. */
export type Mutant = {
  readonly name: string;
  /** What somebody got wrong, in a sentence. */
  readonly about: string;
  /** From the root of the repository. */
  readonly file: string;
  /** It must stand in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** It takes more seeds than the short form has for it. */
  readonly isRare?: true;
};

/** The source with the bug in it. It throws when the text isn't there once: the code went on, and the list must follow. */
export function plant(mutant: Mutant, source: string): string {
  const parts = source.split(mutant.find);
  if (parts.length !== 2)
    throw new Error(`${mutant.name}: ${mutant.file} holds ${parts.length - 1} times ${JSON.stringify(mutant.find)}`);
  return parts.join(mutant.replace);
}
