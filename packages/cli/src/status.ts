/** What holds a service back, or would. */
export type Brake = {
  readonly rule: string;
  readonly because: string;
  readonly until: number | null;
  readonly isHolding: boolean;
};

/** What `GET /v1/status` answers, as far as the command line reads it. */
export type Status = {
  readonly installation: string;
  readonly arbiter: string;
  /** The one who answered leads. */
  readonly isLeading: boolean;
  /** It leads without the store. Absent: an arbiter of an older version. */
  readonly isFailsafe?: boolean;
  readonly failsafeEntries?: number;
  readonly whyNotReady: string | null;
  readonly leader: string | null;
  readonly epoch: number;
  readonly fence: string | null;
  readonly configRevision: number;
  readonly quorum: { readonly domains: number; readonly fresh: number; readonly needed: number };
  readonly vantages: readonly { agent: string; site: string; isFresh: boolean; because: string | null }[];
  readonly services: readonly {
    service: string;
    host: string;
    situation: string;
    served: string;
    base: string;
    isForced: boolean;
    isHome: boolean;
    held: string | null;
    brakes: readonly Brake[];
    latchedAt: number | null;
    pools: readonly {
      target: string;
      verdict: string;
      because: string;
      traffic: { state: string; because: string } | null;
    }[];
    standby: readonly { site: string; isReady: boolean; health: string; isQuarantined: boolean }[];
    channels: readonly { channel: string; weight: number }[];
    pinnedChannel: string | null;
  }[];
  readonly nameservers: readonly {
    nameserver: string;
    site: string;
    fence: string | null;
    isCurrent: boolean;
    seenAgoMs: number | null;
  }[];
  readonly gateways: readonly {
    gateway: string;
    site: string;
    fence: string | null;
    isCurrent: boolean;
    seenAgoMs: number | null;
  }[];
  readonly overrides: readonly {
    id: string;
    kind: string;
    service?: string;
    site?: string;
    channel?: string;
    until: number;
    by: string;
    reason: string;
  }[];
  readonly blamed: readonly string[];
};

/** Whether an answer to `status` or `explain` is the leader's own. */
export const isLeading = (body: unknown): boolean => (body as Partial<Status>).isLeading === true;
