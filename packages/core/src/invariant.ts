/** Asserts what must hold. A failure is our own mistake, never the caller's, so it carries no code and no hint. */
export function invariant(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new Error(`invariant: ${sentence}`);
}
