import { parseEnvelope, parseSnapshot } from "@sluice/contract";
import { type AcceptResult, acceptSnapshot, type Envelope, formatFence, type Snapshot } from "@sluice/core";
import { type CompiledZone, compileZone } from "@sluice/dns";
import { type Keyring, type Logger, readJsonFile, writeFileAtomic } from "@sluice/runtime";

/** The snapshot this node serves, on disk before it is served, and the last good one for as long as it takes. */
export interface Shelf {
  current(): Held | undefined;
  /** Takes what was left on disk by an earlier run. */
  load(): Promise<void>;
  /** Takes an offered snapshot if it is signed, newer, and no floor or budget forbids it. */
  offer(value: unknown): Promise<OfferResult>;
}

export type Held = { readonly snapshot: Snapshot; readonly envelope: Envelope; readonly zone: CompiledZone };
export type OfferResult =
  | "accept"
  | "repeat"
  | Extract<AcceptResult, { kind: "refuse" }>["because"]
  | "unsigned"
  | "malformed";

export function makeShelf(deps: { readonly file: string; readonly keyring: Keyring; readonly logger: Logger }): Shelf {
  let held: Held | undefined;
  /** Offers are settled one after the other: two at once could write the older one last. */
  let turn: Promise<unknown> = Promise.resolve();

  async function take(value: unknown): Promise<OfferResult> {
    const opened = open(deps.keyring, value);
    if (typeof opened === "string") return refuse(opened, "the envelope is not a snapshot of a known arbiter");
    const accepted = acceptSnapshot(held?.snapshot, opened.snapshot);
    if (accepted.kind === "repeat") return "repeat";
    if (accepted.kind === "refuse") return refuse(accepted.because, accepted.detail);
    const zone = compileZone(opened.snapshot);
    await writeFileAtomic(deps.file, `${JSON.stringify(opened.envelope)}\n`);
    held = { ...opened, zone };
    deps.logger.info({ event: "applied" }, `serves ${formatFence(opened.snapshot.fence)}`);
    return "accept";
  }

  function refuse(because: OfferResult, detail: string): OfferResult {
    // Older fences come with every poll of a lagging relay; only the rest deserves a warning.
    const level = because === "older-fence" ? "debug" : "warn";
    deps.logger[level]({ event: "refused", because }, `refused a snapshot, ${because}: ${detail}`);
    return because;
  }

  return {
    current: () => held,
    async load() {
      const opened = open(deps.keyring, await readJsonFile(deps.file));
      if (typeof opened === "string") return;
      held = { ...opened, zone: compileZone(opened.snapshot) };
    },
    offer(value) {
      const result = turn.then(() => take(value));
      turn = result.catch(() => undefined);
      return result;
    },
  };
}

function open(keyring: Keyring, value: unknown): Omit<Held, "zone"> | "unsigned" | "malformed" {
  const envelope = parseEnvelope(value);
  if (!envelope) return "malformed";
  const opened = keyring.open("snapshot", envelope, "arbiter");
  if (opened.kind === "refused") return "unsigned";
  const snapshot = parseSnapshot(opened.value);
  return snapshot ? { snapshot, envelope } : "malformed";
}
