import { invariant } from "../invariant.ts";
import type { ChannelName } from "../model.ts";
import { changesIn, ownerNow, type SlotOwner, type SlotTable, type Surplus } from "./slot-table.ts";

/** Neighbouring slots with the same past, by where they begin. Slots are taken off it until none is left. */
type Piece = { start: number; count: number; readonly owners: readonly SlotOwner[] };

/** What is still to be given (above 0) and to be got (below 0), and what has moved so far. */
type Ledger = { readonly account: Map<ChannelName, number>; readonly change: number; readonly moved: Piece[] };

/**
 * Moves as many slots as there are too many, and no more. Whose? Of a channel with too many, those it gained last; among those
 * of one change, the ones that can go home first. Where to? Home, that is to the nearest earlier owner that lacks some; else
 * to whoever lacks some, in the order of the weights.
 */
export function moveSlots(table: SlotTable, surplus: Surplus): SlotTable {
  const change = (changesIn(table).at(-1) ?? 0) + 1;
  const ledger: Ledger = { account: new Map(surplus), change, moved: [] };
  const pieces = piecesOf(table);
  const homeless: Piece[] = [];
  for (const gainedTogether of newestFirst(pieces)) {
    for (const back of depthsOf(gainedTogether)) {
      for (const piece of gainedTogether) goHome(ledger, piece, back);
    }
    for (const piece of gainedTogether) homeless.push(...standUp(ledger, piece, slotsDue(ledger, ownerNow(piece))));
  }
  for (const piece of homeless) {
    for (const channel of ledger.account.keys()) sitDown(ledger, piece, channel);
  }
  const isSettled = [...ledger.account.values()].every((count) => count === 0);
  invariant(isSettled, "what channels give up is what others lack");
  const all = [...pieces, ...ledger.moved].filter(({ count }) => count > 0).sort((a, b) => a.start - b.start);
  return all.map(({ count, owners }) => ({ count, owners }));
}

function piecesOf(table: SlotTable): Piece[] {
  let end = 0;
  return table.map(({ count, owners }) => {
    end += count;
    return { start: end - count, count, owners };
  });
}

/** Slots that channels gained by one change go together, the newest change first. */
function newestFirst(pieces: readonly Piece[]): Piece[][] {
  const groups = new Map<number, Piece[]>();
  for (const piece of [...pieces].sort(byGivingOrder)) {
    const since = sinceAt(piece, 0);
    groups.set(since, [...(groups.get(since) ?? []), piece]);
  }
  return [...groups.values()];
}

/**
 * The order in which a channel gives up its slots: the reverse of the order in which they came, so that a part of a change taken
 * back and made again moves the same users. The last gained go first. Those gained together came in the order in which their
 * owner before gave them up, so of them those which that owner had held the longest, and so on down the stack.
 */
function byGivingOrder(one: Piece, other: Piece): number {
  for (let depth = 0; depth < Math.max(one.owners.length, other.owners.length); depth += 1) {
    const newer = sinceAt(other, depth) - sinceAt(one, depth);
    if (newer !== 0) return depth % 2 === 0 ? newer : -newer;
  }
  return givesFromTop(one) ? other.start - one.start : one.start - other.start;
}

const sinceAt = ({ owners }: Piece, depth: number): number => owners.at(-1 - depth)?.since ?? -1;

/** A first owner gives up its highest slots first. So the next one gets them from high to low, and gives up the lowest first. */
const givesFromTop = ({ owners }: Piece): boolean => owners.length % 2 === 1;

/** How far back homes may be: 1 is the owner before. The nearest first, for all pieces. */
const depthsOf = (pieces: readonly Piece[]): number[] =>
  Array.from({ length: Math.max(...pieces.map(({ owners }) => owners.length)) - 1 }, (_, at) => at + 1);

function goHome(ledger: Ledger, piece: Piece, back: number): void {
  const home = piece.owners.at(-1 - back)?.channel;
  if (home === undefined) return;
  const count = Math.min(slotsDue(ledger, ownerNow(piece)), slotsLacking(ledger, home));
  for (const part of standUp(ledger, piece, count)) sitDown(ledger, part, home);
}

const slotsDue = ({ account }: Ledger, channel: ChannelName): number => Math.max(0, account.get(channel) ?? 0);
const slotsLacking = ({ account }: Ledger, channel: ChannelName): number => Math.max(0, -(account.get(channel) ?? 0));

/** The owner gives up so many slots of a piece, or all of it. The slots as a piece of their own, if there are any. */
function standUp(ledger: Ledger, piece: Piece, count: number): Piece[] {
  const taken = take(piece, count);
  if (taken.count === 0) return [];
  const owner = ownerNow(piece);
  ledger.account.set(owner, slotsDue(ledger, owner) - taken.count);
  return [taken];
}

/** The channel gets as many slots of a piece as it lacks. */
function sitDown(ledger: Ledger, piece: Piece, channel: ChannelName): void {
  const lacking = slotsLacking(ledger, channel);
  const { start, count, owners } = take(piece, lacking);
  if (count === 0) return;
  ledger.account.set(channel, count - lacking);
  ledger.moved.push({ start, count, owners: [...owners, { channel, since: ledger.change }] });
}

/** Takes up to so many slots off a piece, at the end it gives from. */
function take(piece: Piece, wanted: number): Piece {
  const count = Math.min(piece.count, wanted);
  const start = givesFromTop(piece) ? piece.start + piece.count - count : piece.start;
  if (!givesFromTop(piece)) piece.start += count;
  piece.count -= count;
  return { start, count, owners: piece.owners };
}
