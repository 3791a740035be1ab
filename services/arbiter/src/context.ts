import type { Command, CommandResult, Fence } from "@sluice/core";
import type { Clock, Store } from "@sluice/ports";
import type { Keyring, Signer } from "@sluice/runtime";
import type { Ballots } from "./ballots.ts";
import type { Failsafe } from "./failsafe/failsafe.ts";
import type { Journal } from "./journal.ts";
import type { Leadership } from "./leadership.ts";
import type { Loop } from "./loop.ts";
import type { ArbiterMetrics } from "./metrics.ts";
import type { SnapshotDesk } from "./snapshot-desk.ts";
import type { SuspicionBoard } from "./suspicion-board.ts";
import type { WorldKeeper } from "./world-keeper.ts";

/** The parts of one arbiter, as its routes see them. */
export type ArbiterContext = {
  readonly name: string;
  readonly clock: Clock;
  readonly store: Store;
  readonly signer: Signer;
  readonly keyring: Keyring;
  readonly ballots: Ballots;
  readonly board: SuspicionBoard;
  readonly desk: SnapshotDesk;
  readonly journal: Journal;
  readonly keeper: WorldKeeper;
  readonly leadership: Leadership;
  readonly failsafe: Failsafe;
  readonly loop: Loop;
  readonly metrics: ArbiterMetrics;
  /** Queues a command and wakes the loop. */
  readonly submit: (command: Command) => Promise<CommandResult>;
  /** Notes what a node serves. */
  readonly acknowledge: (node: string, fence: Fence) => void;
  /** Aborted when the process stops: long polls end at once. */
  readonly signal: AbortSignal;
};
