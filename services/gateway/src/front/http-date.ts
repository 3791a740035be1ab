let [lastSecond, lastText] = [0, ""];

/** Now, as `Date` has it (RFC 9110 §5.6.7); many answers share a second. */
export function httpDate(): string {
  const second = Math.floor(Date.now() / 1_000);
  if (second !== lastSecond) [lastSecond, lastText] = [second, new Date(second * 1_000).toUTCString()];
  return lastText;
}
