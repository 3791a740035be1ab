import { readFile } from "node:fs/promises";
import { parseEnvelope, parseSnapshot } from "@sluice/contract";
import { type AcceptResult, acceptSnapshot, type Envelope, formatFence, type Snapshot } from "@sluice/core";
import { type CompiledZone, compileZone } from "@sluice/dns";
import { type Keyring, type Logger, writeFileAtomic } from "@sluice/runtime";

/** The snapshot this node serves, on disk before it is served, and the last good one for as long as it takes. */
export interface Shelf {
  current(): Held | undefined;
  /** Takes what was left on disk by an earlier run. What is torn or doesn't verify is left aside, with an alarm. */
  load(): Promise<LoadResult>;
  /** Takes an offered snapshot if it is signed, newer, and no floor or budget forbids it. */
  offer(value: unknown): Promise<OfferResult>;
  /** Why the last good offer could not be kept on disk, and so is not served either; undefined while all is well. */
  whyNotKept(): string | undefined;
}

export type LoadResult = "loaded" | "nothing-left" | "damaged";
export type Held = { readonly snapshot: Snapshot; readonly envelope: Envelope; readonly zone: CompiledZone };

/**
 * `unservable` holds no zone that could be answered; `not-kept` could not be written to disk. Serving what isn't on disk would
 * bring an older answer back with the next restart, so both leave everything as it was.
 */
export type OfferResult =
  | "accept"
  | "repeat"
  | Extract<AcceptResult, { kind: "refuse" }>["because"]
  | "unsigned"
  | "malformed"
  | "unservable"
  | "not-kept";

type Deps = { readonly file: string; readonly keyring: Keyring; readonly logger: Logger };
type Refusal = { readonly because: Exclude<OfferResult, "accept" | "repeat">; readonly detail: string };

export function makeShelf(deps: Deps): Shelf {
  let held: Held | undefined;
  let notKept: string | undefined;
  /** Offers are settled one after the other: two at once could write the older one last. */
  let turn: Promise<unknown> = Promise.resolve();

  async function take(value: unknown): Promise<OfferResult> {
    const opened = open(deps.keyring, value);
    if ("because" in opened) return refuse(deps.logger, opened);
    const accepted = acceptSnapshot(held?.snapshot, opened.snapshot);
    if (accepted.kind === "repeat") return "repeat";
    if (accepted.kind === "refuse") return refuse(deps.logger, accepted);
    try {
      await writeFileAtomic(deps.file, `${JSON.stringify(opened.envelope)}\n`);
    } catch (error) {
      notKept = (error as Error).message;
      return refuse(deps.logger, { because: "not-kept", detail: notKept });
    }
    notKept = undefined;
    held = opened;
    deps.logger.info({ event: "applied" }, `serves ${formatFence(opened.snapshot.fence)}`);
    return "accept";
  }

  return {
    current: () => held,
    whyNotKept: () => notKept,
    async load() {
      const kept = await readKept(deps);
      if (kept === undefined) return "nothing-left";
      if (!("because" in kept)) {
        held = kept;
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
async function readKept({ file, keyring }: Deps): Promise<Held | Refusal | undefined> {
  try {
    return open(keyring, JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    return { because: "malformed", detail: (error as Error).message };
  }
}

/** The snapshot in an envelope, ready to be served, if a known arbiter of our own installation signed it. */
function open(keyring: Keyring, value: unknown): Held | Refusal {
  const envelope = parseEnvelope(value);
  if (!envelope) return { because: "malformed", detail: "it is no envelope" };
  const opened = keyring.open("snapshot", envelope, "arbiter");
  if (opened.kind === "refused") return { because: "unsigned", detail: opened.because };
  const snapshot = parseSnapshot(opened.value);
  if (!snapshot) return { because: "malformed", detail: "what it holds is no snapshot" };
  const { installation } = keyring.keyset;
  if (snapshot.fence.installation !== installation)
    return { because: "diverged", detail: `${formatFence(snapshot.fence)} is not of ${installation}` };
  try {
    return { snapshot, envelope, zone: compileZone(snapshot) };
  } catch (error) {
    return { because: "unservable", detail: (error as Error).message };
  }
}
