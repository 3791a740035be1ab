import type { Hash32 } from "./route.ts";

/** xxh32 in so many lines, for the tests of a core without libraries. Processes use the one in `@sluice/runtime`; both give the same. */
export const testHash: Hash32 = (text, seed) => {
  const bytes = utf8(text);
  let at = 0;
  let hash = seed + p5;
  if (bytes.length >= 16) {
    const lanes = [seed + p1 + p2, seed + p2, seed, seed - p1];
    for (; at + 16 <= bytes.length; at += 16) {
      for (const lane of lanes.keys()) {
        lanes[lane] = Math.imul(turn((lanes[lane] ?? 0) + Math.imul(word(bytes, at + 4 * lane), p2), 13), p1);
      }
    }
    hash = [1, 7, 12, 18].reduce((sum, bits, lane) => sum + turn(lanes[lane] ?? 0, bits), 0);
  }
  hash = (hash + bytes.length) | 0;
  for (; at + 4 <= bytes.length; at += 4) hash = Math.imul(turn(hash + Math.imul(word(bytes, at), p3), 17), p4);
  for (; at < bytes.length; at += 1) hash = Math.imul(turn(hash + Math.imul(bytes[at] ?? 0, p5), 11), p1);
  hash = Math.imul(hash ^ (hash >>> 15), p2);
  hash = Math.imul(hash ^ (hash >>> 13), p3);
  return (hash ^ (hash >>> 16)) >>> 0;
};

const [p1, p2, p3, p4, p5] = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1] as const;

const turn = (value: number, bits: number): number => (value << bits) | ((value | 0) >>> (32 - bits));

const word = (bytes: readonly number[], at: number): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);

const utf8 = (text: string): number[] =>
  (encodeURIComponent(text).match(/%..|./g) ?? []).map((each) =>
    each.length === 3 ? Number.parseInt(each.slice(1), 16) : each.charCodeAt(0),
  );
