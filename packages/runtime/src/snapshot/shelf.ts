import { readFile } from "node:fs/promises";
import { parseEnvelope, parseSnapshot } from "@sluice/contract";
import { type AcceptResult, acceptSnapshot, type Envelope, formatFence, type Snapshot } from "@sluice/core";
import { writeFileAtomic } from "../files.ts";
import type { Keyring } from "../keyring.ts";
import type { Logger } from "../logger.ts";

/** The snapshot this node serves, on disk before it is served, and the last good one for as long as it takes. */
export interface Shelf<T> {
  current(): Held<T> | undefined;
  /** Takes what was left on disk by an earlier run. What is torn or doesn't verify is left aside, with an alarm. */
  load(): Promise<LoadResult>;
  /** Takes an offered snapshot if it is signed, newer, and no floor or budget forbids it. */
  offer(value: unknown): Promise<OfferResult>;
  /** Why the last good offer could not be kept on disk, and so is not served either; undefined while all is well. */
  whyNotKept(): string | undefined;
}

export type LoadResult = "loaded" | "nothing-left" | "damaged";

/** A snapshot, the envelope it came in, and what the node made of it to serve by: a zone, routes. */
export type Held<T> = { readonly snapshot: Snapshot; readonly envelope: Envelope; readonly compiled: T };

/**
 * `unservable` can't be compiled into what the node serves by; `not-kept` could not be written to disk. Serving what isn't on
 * disk would bring an older answer back with the next restart, so both leave everything as it was.
 */
export type OfferResult =
  | "accept"
  | "repeat"
  | Extract<AcceptResult, { kind: "refuse" }>["because"]
  | "unsigned"
  | "malformed"
  | "unservable"
  | "not-kept";

export type ShelfDeps<T> = {
  readonly file: string;
  readonly keyring: Keyring;
  readonly logger: Logger;
  /** Makes what the node serves by; it throws when the snapshot can't be served. */
  readonly compile: (snapshot: Snapshot) => T;
  /** Where the file lies. Default: on this machine's disk. */
  readonly disk?: Disk;
  /** Called in the turn in which a snapshot begins to be served, one from disk included. */
  readonly onAccept?: (held: Held<T>) => void;
};

/** One file, read whole and written so that a crash leaves the old one or the new one. */
export interface Disk {
  read(file: string): Promise<string>;
  writeAtomic(file: string, text: string): Promise<void>;
}

const machineDisk: Disk = { read: (file) => readFile(file, "utf8"), writeAtomic: writeFileAtomic };

type Refusal = { readonly because: Exclude<OfferResult, "accept" | "repeat">; readonly detail: string };
type Opened = Pick<Held<unknown>, "snapshot" | "envelope">;

/** The order is the law: a snapshot is verified, accepted, compiled, written, and only then served. */
export function makeShelf<T>(deps: ShelfDeps<T>): Shelf<T> {
  let held: Held<T> | undefined;
  let notKept: string | undefined;
  /** Offers are settled one after the other: two at once could write the older one last. */
  let turn: Promise<unknown> = Promise.resolve();

  function serve(next: Held<T>): void {
    held = next;
    deps.onAccept?.(next);
  }

  async function take(value: unknown): Promise<OfferResult> {
    const opened = open(deps.keyring, value, "open");
    if ("because" in opened) return refuse(deps.logger, opened);
    const accepted = accept(deps.keyring, held, opened.snapshot);
    if (accepted.kind === "repeat") return "repeat";
    if (accepted.kind === "refuse") return refuse(deps.logger, accepted);
    const ready = compiled(deps, opened);
    if ("because" in ready) return refuse(deps.logger, ready);
    try {
      await (deps.disk ?? machineDisk).writeAtomic(deps.file, `${JSON.stringify(ready.envelope)}\n`);
    } catch (error) {
      notKept = (error as Error).message;
      return refuse(deps.logger, { because: "not-kept", detail: notKept });
    }
    notKept = undefined;
    serve(ready);
    deps.logger.info({ event: "applied" }, `serves ${formatFence(ready.snapshot.fence)}`);
    return "accept";
  }

  return {
    current: () => held,
    whyNotKept: () => notKept,
    async load() {
      const kept = await readKept(deps);
      if (kept === undefined) return "nothing-left";
      if (!("because" in kept)) {
        const { keyId } = kept.envelope;
        if (deps.keyring.standing(keyId) === "revoked")
          deps.logger.warn(
            { event: "revoked-key", keyId },
            `serves what ${keyId} signed, whose key is revoked, until there is a newer one`,
          );
        serve(kept);
        return "loaded";
      }
      const { because, detail } = kept;
      deps.logger.error({ event: "damaged", because }, `${deps.file} can't be served, ${because}: ${detail}`);
      return "damaged";
    },
    offer(value) {
      const result = turn.then(() => take(value));
      turn = result.catch(() => undefined);
      return result;
    },
  };
}

function refuse(logger: Logger, { because, detail }: Refusal): OfferResult {
  // Older fences come with every poll of a lagging relay; only the rest deserves a warning.
  const level = because === "older-fence" ? "debug" : "warn";
  logger[level]({ event: "refused", because }, `refused a snapshot, ${because}: ${detail}`);
  return because;
}

/** What is on disk; undefined when there is nothing. */
async function readKept<T>(deps: ShelfDeps<T>): Promise<Held<T> | Refusal | undefined> {
  try {
    const text = await (deps.disk ?? machineDisk).read(deps.file);
    const opened = open(deps.keyring, JSON.parse(text), "openKept");
    return "because" in opened ? opened : compiled(deps, opened);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    return { because: "malformed", detail: (error as Error).message };
  }
}

/**
 * What is served under a key that has been revoked since may be a thief's. It stays, until something comes that is signed well and
 * is newer, and that isn't measured by it: only floors may refuse that.
 */
function accept(keyring: Keyring, held: Opened | undefined, next: Snapshot): AcceptResult {
  const accepted = acceptSnapshot(held?.snapshot, next);
  if (accepted.kind !== "refuse" || !held || keyring.standing(held.envelope.keyId) !== "revoked") return accepted;
  return measuredByContent.includes(accepted.because) ? acceptSnapshot(undefined, next) : accepted;
}

const measuredByContent: readonly string[] = ["empty-answer", "unroutable", "change-budget"];

/** The snapshot in an envelope, if a known arbiter of our own installation signed it. */
function open(keyring: Keyring, value: unknown, how: "open" | "openKept"): Opened | Refusal {
  const envelope = parseEnvelope(value);
  if (!envelope) return { because: "malformed", detail: "it is no envelope" };
  const opened = keyring[how]("snapshot", envelope, "arbiter");
  if (opened.kind === "refused") return { because: "unsigned", detail: opened.because };
  const snapshot = parseSnapshot(opened.value);
  if (!snapshot) return { because: "malformed", detail: "what it holds is no snapshot" };
  const { installation } = keyring.keyset;
  if (snapshot.fence.installation !== installation)
    return { because: "diverged", detail: `${formatFence(snapshot.fence)} is not of ${installation}` };
  return { snapshot, envelope };
}

function compiled<T>({ compile }: ShelfDeps<T>, opened: Opened): Held<T> | Refusal {
  try {
    return { ...opened, compiled: compile(opened.snapshot) };
  } catch (error) {
    return { because: "unservable", detail: (error as Error).message };
  }
}
