import { epochMs, formatDate } from "@sluice/core";
import { brakeWords } from "./show-status.ts";
import type { Brake } from "./status.ts";

/** What `GET /v1/explain/NAME` answers, as far as the command line reads it. */
export type Explained = {
  readonly arbiter: string;
  readonly isLeading: boolean;
  readonly fence: string | null;
  readonly service: string;
  readonly host: string;
  readonly served: string;
  readonly base: string;
  readonly isForced: boolean;
  readonly situation: string;
  readonly held: string | null;
  readonly brakes: readonly Brake[];
  readonly answers: readonly { site: string; share: number; addresses: readonly string[] }[];
  readonly ttlSeconds: number;
  readonly channels: readonly { channel: string; weight: number }[];
  readonly pinnedChannel: string | null;
  readonly sites: readonly {
    site: string;
    kind: string;
    because: string;
    detail?: string;
    quarantinedSince: number | null;
  }[];
  readonly targets: readonly {
    target: string;
    verdict: { kind: string; because: string } | null;
    tally: string;
    traffic: { state: string; because: string } | null;
    votes: readonly { agent: string; opinion: string; because: string | null; detail: string | null }[];
  }[];
  readonly standing: readonly {
    id: string;
    kind: string;
    channel?: string;
    by: string;
    reason: string;
    until: number;
  }[];
  readonly lastDecision: { sequence: number; at: number; because: string; cause: string } | null;
};

/** What a name is answered, and why: from what clients see down to single votes. */
export function explainLines(explained: Explained): readonly string[] {
  const { answers, host, ttlSeconds, served, base, isForced, situation, held, lastDecision, arbiter, fence } =
    explained;
  const given = answers.map(({ addresses, site, share }) => `${addresses.join(" ")} (${site}, share ${share})`);
  const real = isForced ? ` (forced; real: ${base})` : "";
  return [
    `${host} is answered ${given.join(" or ") || "nothing yet"}, ttl ${ttlSeconds} s`,
    `served by ${served}${real}: ${situation}${held === null ? "" : `, held by ${held.split(":")[0]}`}`,
    ...explained.brakes.map(brakeLine),
    channelsLine(explained),
    ...explained.standing.map(
      ({ id, kind, by, reason, until }) => `override ${id}: ${kind} until ${dateOf(until)}, by ${by}: ${reason}`,
    ),
    ...(lastDecision === null
      ? []
      : [
          `last decision ${lastDecision.sequence} at ${dateOf(lastDecision.at)} (${lastDecision.cause}): ${lastDecision.because}`,
        ]),
    ...explained.sites.map(siteLine),
    ...explained.targets.flatMap(targetLines),
    `told by ${arbiter}, which ${explained.isLeading ? "leads" : "follows"}, from ${fence ?? "no snapshot yet"}`,
  ];
}

const brakeLine = (brake: Brake): string => `${brake.isHolding ? "holding " : "standing"} ${brakeWords(brake)}`;

function channelsLine({ channels, pinnedChannel }: Explained): string {
  const weights = channels.map(({ channel, weight }) => `${channel} ${weight}`).join(", ");
  return pinnedChannel === null
    ? `channels: ${weights}`
    : `channels: all in ${pinnedChannel} by a pin, else ${weights}`;
}

const dateOf = (at: number): string => formatDate(epochMs(at));

const siteLine = ({ site, kind, because, detail, quarantinedSince }: Explained["sites"][number]): string =>
  `${site} is ${kind} for it (${because}${detail === undefined ? "" : `: ${detail}`})${quarantinedSince === null ? "" : `, quarantined since ${dateOf(quarantinedSince)}`}`;

function targetLines({ target, verdict, tally, traffic, votes }: Explained["targets"][number]): readonly string[] {
  const why = (text: string | null): string => (text === null ? "" : ` (${text})`);
  return [
    `  ${target}: ${verdict?.kind ?? "unknown"}, because ${verdict?.because ?? "nobody voted"} (${tally})`,
    ...(traffic === null ? [] : [`    its own gateways: ${traffic.state}: ${traffic.because}`]),
    ...votes.map(
      ({ agent, opinion, because, detail }) =>
        `    ${agent}: ${opinion}${why(because)}${detail === null ? "" : `: ${detail}`}`,
    ),
  ];
}
