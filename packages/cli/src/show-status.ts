import { epochMs, formatDate } from "@sluice/core";
import type { Survey } from "./arbiter-client.ts";
import type { Brake, Status } from "./status.ts";
import { table } from "./table.ts";
import { gatewayLines } from "./weights.ts";
import { whyNobodyLeads } from "./why-nobody-leads.ts";

/**
 * The status for somebody who was woken up: who leads, fresh vantages, where each service is and whether its standby is
 * ready; then what holds automation back; then what gateways say of their pools; then nameservers and overrides.
 */
export function statusLines(survey: Survey, now: number): readonly string[] {
  const [status] = survey.statuses;
  if (!status) return ["no arbiter answers"];
  return [
    ...leaderLines(status, survey),
    vantagesLine(status),
    ...survey.silent.map(({ url, because }) => `silent    ${url}: ${because.replace(`${url} `, "")}`),
    "",
    ...table(["SERVICE", "SERVED BY", "STANDBY", "SITUATION", "CHANNELS"], status.services.map(serviceRow)),
    ...section("to blame", status.blamed),
    ...section("held", status.services.flatMap(heldLines)),
    ...section(
      "traffic",
      table(["POOL", "VERDICT", "TRAFFIC", "BECAUSE"], status.services.flatMap(trafficRows)).slice(1),
    ),
    ...section(
      "overrides",
      status.overrides.flatMap((override) => overrideLines(override, now)),
    ),
    "",
    ...table(["NAMESERVER", "SNAPSHOT", "SEEN"], status.nameservers.map(nameserverRow)),
    ...(status.gateways.length > 0 ? ["", ...gatewayLines(status.gateways)] : []),
  ];
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length > 0 ? ["", title, ...lines.map((line) => `  ${line}`)] : [];

function leaderLines(status: Status, survey: Survey): readonly string[] {
  const fence = `fence ${status.fence ?? "none yet"}, config revision ${status.configRevision}`;
  if (status.isLeading)
    return [`leader    ${status.arbiter}, epoch ${status.epoch}, ${fence}`, ...failsafeLines(status)];
  const last = status.leader === null ? "nobody has led yet" : `${status.leader} did last, epoch ${status.epoch}`;
  return [
    `leader    NOBODY of those that answer (${last}); nothing moves by itself, and nameservers go on answering`,
    ...whyNobodyLeads(survey).map((reason) => `          ${reason}`),
    `seen by   ${status.arbiter}, which follows: ${fence}`,
  ];
}

const failsafeLines = ({ isFailsafe, failsafeEntries = 0 }: Status): readonly string[] =>
  isFailsafe
    ? [
        `FAILSAFE  the store is away; the others have promised. Only a site that is down is left by itself (${failsafeEntries} decisions kept)`,
      ]
    : [];

function vantagesLine({ vantages, quorum }: Status): string {
  const fresh = vantages.filter(({ isFresh }) => isFresh).length;
  const others = vantages.filter(({ isFresh }) => !isFresh).map(({ agent, because }) => `${agent} ${because}`);
  const enough =
    quorum.fresh < quorum.needed ? `; failure domains: ${quorum.fresh} fresh, ${quorum.needed} needed` : "";
  return `vantages  ${fresh} of ${vantages.length} fresh${others.length > 0 ? ` (${others.join("; ")})` : ""}${enough}`;
}

type Service = Status["services"][number];

function serviceRow(status: Service): readonly string[] {
  const { service, served, base, isForced, standby, situation } = status;
  const standbys = standby.map(
    ({ site, isReady, isQuarantined, health }) =>
      `${site} ${isReady ? "ready" : isQuarantined ? "quarantined" : health}`,
  );
  const at = isForced ? `${served} (forced; real: ${base})` : served;
  return [service, at, standbys.join(", ") || "-", situation, channelsOf(status)];
}

/** Weights as wanted; under a pin they count for nobody. */
const channelsOf = ({ channels, pinnedChannel }: Service): string =>
  `${channels.map(({ channel, weight }) => `${channel} ${weight}`).join(", ")}${pinnedChannel === null ? "" : ` (pinned to ${pinnedChannel})`}`;

const heldLines = ({ service, brakes, latchedAt }: Service): readonly string[] => [
  ...brakes.filter(({ isHolding }) => isHolding).map((brake) => `${service} would move, held by ${brakeWords(brake)}`),
  ...brakes.filter(({ rule }) => rule === "ramp").map((brake) => `${service} goes home: ${brakeWords(brake)}`),
  ...(latchedAt === null
    ? []
    : [`${service} latched to manual since ${dateOf(latchedAt)}: look, then move it or confirm where it is`]),
];

/** The rule, the sentence, and until when. */
export const brakeWords = ({ rule, because, until }: Brake): string =>
  `${rule}: ${because}${until === null ? "" : `, until ${dateOf(until)}`}`;

const trafficRows = ({ pools }: Service): readonly (readonly string[])[] =>
  pools.flatMap(({ target, verdict, traffic }) =>
    traffic === null ? [] : [[target.replace(/^pool:/, ""), verdict, traffic.state, traffic.because]],
  );

function overrideLines(override: Status["overrides"][number], now: number): readonly string[] {
  const { id, kind, site, channel, service, until, by, reason } = override;
  const at = site === undefined ? [] : [kind === "pin" ? "to" : "at", site];
  const what = [kind, service ?? "every service", ...at, ...(channel === undefined ? [] : ["to channel", channel])];
  return [
    `${id}  ${what.join(" ")}, until ${dateOf(until)} (${leftOf(until - now)}), by ${by}: ${reason}`,
    `${" ".repeat(id.length)}  end it: sluice undo ${id} --reason …`,
  ];
}

const nameserverRow = ({ nameserver, isCurrent, fence, seenAgoMs }: Status["nameservers"][number]) => [
  nameserver,
  isCurrent ? "current" : (fence ?? "not heard of"),
  seenAgoMs === null ? "never" : `${Math.max(0, Math.round(seenAgoMs / 1000))} s ago`,
];

const dateOf = (at: number): string => formatDate(epochMs(at));

function leftOf(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 120) return `${minutes} min left`;
  return minutes < 2_880 ? `${Math.round(minutes / 60)} h left` : `${Math.round(minutes / 1_440)} d left`;
}
