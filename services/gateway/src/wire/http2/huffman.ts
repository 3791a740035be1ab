/*
 * Strings of HPACK may be written in a Huffman code (RFC 7541 §5.2, appendix B). It is canonical: codes of one length follow on one
 * another in the order of what they stand for, and each length goes on where the one before it ended. So the lengths tell all of it.
 */

/** By byte: how many bits its code has. */
const codeBits: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26,
];

/** A place in the tree of codes: two ways on, or the byte that ends there. */
type Node = {
  zero: Node | undefined;
  one: Node | undefined;
  byte: number;
  index: number;
  depth: number;
  isOnes: boolean;
};

/**
 * By state (a place in the tree that is no end) and half a byte: the next state, whether a byte came out (no code is so short that two
 * could), and which. `noWay`: the code for the end of a string, which must not be in it.
 */
const stateShift = 9;
const hasByte = 0x1_00;
const noWay = 0xff_ff_ff;
const { steps, isEnd } = buildSteps();

const scratchBytes = 4_096;
let scratch = Buffer.allocUnsafeSlow(scratchBytes);

/** The bytes from there to there as text with a character for each byte. Undefined: that is no Huffman code. */
export function decodeHuffman(bytes: Buffer, from: number, to: number): string | undefined {
  // The shortest codes have five bits.
  const most = Math.ceil(((to - from) * 8) / 5);
  if (most > scratch.length) scratch = Buffer.allocUnsafeSlow(most * 2);
  const out = scratch;
  let state = 0;
  let length = 0;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] as number;
    const high = steps[(state << 4) | (byte >> 4)] as number;
    if (high === noWay) return undefined;
    if ((high & hasByte) !== 0) out[length++] = high & 0xff;
    const low = steps[((high >> stateShift) << 4) | (byte & 0xf)] as number;
    if (low === noWay) return undefined;
    if ((low & hasByte) !== 0) out[length++] = low & 0xff;
    state = low >> stateShift;
  }
  return isEnd[state] === 1 ? out.toString("latin1", 0, length) : undefined;
}

function buildSteps(): { readonly steps: Int32Array; readonly isEnd: Uint8Array } {
  const inner: Node[] = [];
  const root = buildTree(inner);
  const table = new Int32Array(inner.length * 16).fill(noWay);
  for (const from of inner)
    for (let half = 0; half < 16; half += 1) {
      let [node, byte]: [Node | undefined, number] = [from, -1];
      for (let bit = 3; bit >= 0 && node !== undefined; bit -= 1) {
        node = (half >> bit) & 1 ? node.one : node.zero;
        if (node === undefined || node.byte < 0) continue;
        byte = node.byte;
        node = root;
      }
      if (node !== undefined) {
        table[from.index * 16 + half] = (node.index << stateShift) | (byte < 0 ? 0 : hasByte | byte);
      }
    }
  // What fills the last byte is the beginning of the end's code, all ones, and less than a byte of it.
  return { steps: table, isEnd: Uint8Array.from(inner, ({ depth, isOnes }) => (isOnes && depth < 8 ? 1 : 0)) };
}

function buildTree(inner: Node[]): Node {
  const grow = (depth: number, isOnes: boolean): Node => ({
    zero: undefined,
    one: undefined,
    byte: -1,
    index: -1,
    depth,
    isOnes,
  });
  const root = grow(0, true);
  let code = 0;
  for (let bits = 5; bits <= 30; bits += 1) {
    code *= 2;
    for (let byte = 0; byte < 256; byte += 1) {
      if (codeBits[byte] !== bits) continue;
      let node = root;
      for (let bit = bits - 1; bit >= 0; bit -= 1) {
        const isOne = ((code >>> bit) & 1) === 1;
        const depth = node.depth + 1;
        if (isOne) node = node.one ??= grow(depth, node.isOnes);
        else node = node.zero ??= grow(depth, false);
      }
      node.byte = byte;
      code += 1;
    }
  }
  // The end's own code, 30 ones, is a way that leads nowhere; all that leads there is a state.
  number(root, inner);
  return root;
}

function number(node: Node, inner: Node[]): void {
  if (node.byte >= 0) return;
  node.index = inner.length;
  inner.push(node);
  if (node.zero !== undefined) number(node.zero, inner);
  if (node.one !== undefined) number(node.one, inner);
}
