import type { Config } from "./config.ts";
import type { ErrorCode } from "./errors.ts";
import type { ChannelName, ServiceName, SiteName } from "./model.ts";
import type { Override } from "./override.ts";

/** What an operator asks of the leader. It comes with who asks, why, and which floors it knowingly crosses. */
export type Command = {
  readonly id: string;
  readonly by: string;
  readonly reason: string;
  readonly overrideRules: readonly string[];
  readonly isDryRun: boolean;
  readonly ask: Ask;
};

export type Ask =
  | { readonly kind: "failover"; readonly service: ServiceName; readonly to: SiteName }
  /** Home for one service, or for all that are away, at once or as a ramp. Readmits the site too. */
  | { readonly kind: "failback"; readonly service?: ServiceName; readonly inSteps?: true }
  | { readonly kind: "set-override"; readonly override: Override }
  | { readonly kind: "end-override"; readonly id: string }
  /** How a service's users are split over its channels. `revision` is what the change was made on; absent: whatever it is. */
  | {
      readonly kind: "set-weights";
      readonly service: ServiceName;
      readonly weights: Readonly<Record<ChannelName, number>>;
      readonly revision?: number;
    }
  /** Takes back the last operator move of a service. */
  | { readonly kind: "undo"; readonly service: ServiceName }
  | { readonly kind: "apply-config"; readonly config: Config; readonly revisionBefore: number };

/** What came of it. `lines` say in sentences what was, or in a dry run would be, done. */
export type CommandResult =
  | { readonly kind: "done"; readonly lines: readonly string[]; readonly sequences: readonly number[] }
  | {
      readonly kind: "refused";
      readonly code: ErrorCode;
      readonly because: string;
      readonly rule?: string;
      readonly hint?: string;
    };
