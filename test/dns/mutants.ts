import { makeQuery, opt } from "./messages.ts";

/** Numbers from a seed, so that a failure can be run again: mulberry32. `next(n)` is a whole number below n. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** The seed of this run: SLUICE_SEED, or another one each time. Tests print it. */
export const seedOfRun = (): number => Number(process.env["SLUICE_SEED"] ?? Date.now() % 2 ** 31);

const names = [
  "www.t.example",
  "alias.t.example",
  "big.t.example",
  "note.t.example",
  "ent.t.example",
  "no.t.example",
  "",
  "x.test",
];
const kinds = [1, 2, 5, 6, 15, 16, 28, 41, 65, 250, 251, 252, 255, 65_535];
const extras = [
  [],
  opt(1232),
  opt(512, { version: 1 }),
  opt(4096, { flags: 0x8000, options: [0xfd, 0xe9, 0, 2, 1, 2] }),
];

const validQuery = (next: (below: number) => number): Buffer =>
  makeQuery({
    name: names[next(names.length)] ?? "",
    type: kinds[next(kinds.length)] ?? 1,
    id: next(65_536),
    rest: extras[next(extras.length)] ?? [],
  });

/** A valid query, hurt one to three times: bits flipped, cut short, a part doubled, or the tail of another query put on. */
export function mutant(next: (below: number) => number): Buffer {
  let bytes = validQuery(next);
  for (let hurt = next(3); hurt >= 0; hurt -= 1) {
    const from = next(bytes.length + 1);
    const to = from + next(bytes.length + 1 - from);
    const other = validQuery(next);
    const ways = [
      () => flipped(bytes, next),
      () => bytes.subarray(0, from),
      () => Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]),
      () => Buffer.concat([bytes.subarray(0, from), other.subarray(next(other.length))]),
    ];
    bytes = ways[next(ways.length)]?.() ?? bytes;
  }
  return bytes;
}

function flipped(bytes: Buffer, next: (below: number) => number): Buffer {
  const hurt = Buffer.from(bytes);
  for (let bits = next(8); bits >= 0 && hurt.length > 0; bits -= 1) {
    const at = next(hurt.length);
    hurt[at] = (hurt[at] ?? 0) ^ (1 << next(8));
  }
  return hurt;
}
