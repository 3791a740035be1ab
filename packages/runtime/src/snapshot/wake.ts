/**
 * A node that stood still (a paused process, a suspended machine) knows nothing of what was decided meanwhile, and its socket
 * holds the questions of that time. It asks for something newer before it answers, as after a restart, but not for long: a
 * node never withdraws because *it* can't reach the control plane.
 */
export interface Wake {
  /** True while the node is catching up: questions get silence, and their askers go to the next nameserver. */
  isCatchingUp(): boolean;
  stop(): void;
}

/** Below the shortest time in which a site that hangs is evacuated, 3 s; above what a busy machine takes away. */
export const stoodStillMs = 2_000;
const catchUpMs = 1_000;
/** A gap is measured from a beat, so a standstill that began just before the next one counts for up to so much longer. */
const beatMs = 500;

type Deps = {
  /** Monotonic milliseconds, and wall-clock ones: only the latter go on while a machine is suspended. */
  readonly clocks: () => readonly number[];
  readonly catchUp: (signal: AbortSignal) => Promise<void>;
  readonly onWake: (stoodStillMs: number) => void;
};

export function makeWake(deps: Deps): Wake {
  let last = deps.clocks();
  let catching: Promise<void> | undefined;
  // Looked at by each question too: after a pause the socket may be read before any timer fires.
  function look(): void {
    const now = deps.clocks();
    const gapMs = Math.max(...now.map((ms, index) => ms - (last[index] ?? ms)));
    last = now;
    if (gapMs < stoodStillMs || catching) return;
    deps.onWake(gapMs);
    catching = deps.catchUp(AbortSignal.timeout(catchUpMs)).finally(() => {
      catching = undefined;
    });
  }
  const timer = setInterval(look, beatMs);
  return {
    isCatchingUp() {
      look();
      return catching !== undefined;
    },
    stop: () => clearInterval(timer),
  };
}
