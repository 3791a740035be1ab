import { compareFence, parseFence, SluiceError } from "@sluice/core";
import { table } from "./table.ts";

/** What `GET /v1/services/NAME/weights` answers, as far as the command line reads it. */
export type Weights = {
  readonly service: string;
  readonly fence: string | null;
  readonly etag: string;
  readonly weights: Readonly<Record<string, number>>;
  readonly configured: Readonly<Record<string, number>>;
  readonly shares: Readonly<Record<string, number>>;
  readonly gateways: readonly Gateway[];
};
type Gateway = {
  readonly gateway: string;
  readonly site: string;
  readonly fence: string | null;
  readonly isCurrent: boolean;
  readonly seenAgoMs: number | null;
};

/** `stable=90 canary=10` in its parts. What can be in force is the leader's to say. */
export function parseWeights(words: readonly string[]): Readonly<Record<string, number>> {
  const hint = "Write CHANNEL=NUMBER for every channel that has a weight or gets one: stable=90 canary=10.";
  const pairs = words.map((word): [string, number] => {
    const [, channel = "", number = ""] = /^([^=]+)=(.+)$/.exec(word) ?? [];
    const weight = Number(number);
    if (channel === "" || number.trim() === "" || Number.isNaN(weight))
      throw new SluiceError("USAGE", `${word} is not CHANNEL=NUMBER`, { hint });
    return [channel, weight];
  });
  const twice = pairs.find(([channel], at) => pairs.findIndex(([other]) => other === channel) < at);
  if (twice) throw new SluiceError("USAGE", `${twice[0]} is there twice`, { hint });
  return Object.fromEntries(pairs);
}

/** Whether a gateway routes by this snapshot or a later one. */
export function hasApplied({ fence }: Pick<Gateway, "fence">, wanted: string | null): boolean {
  const [has, is] = [parseFence(fence ?? ""), parseFence(wanted ?? "")];
  if (!has || !is) return false;
  const order = compareFence(has, is);
  return order === "equal" || order === "newer";
}

/** The weights for people: what is wanted, what the configuration says, whom it concerns, and where it is in force. */
export function weightsLines({ service, weights, configured, shares, etag, gateways }: Weights): readonly string[] {
  const rows = Object.entries(weights).map(([channel, weight]) => [
    channel,
    String(weight),
    String(configured[channel] ?? 0),
    `${Math.round((shares[channel] ?? 0) * 10_000) / 100} %`,
  ]);
  return [
    `${service}, as of ${etag}`,
    "",
    ...table(["CHANNEL", "WEIGHT", "CONFIGURED", "USERS"], rows),
    "",
    ...gatewayLines(gateways),
  ];
}

export function gatewayLines(gateways: readonly Gateway[]): readonly string[] {
  if (gateways.length === 0) return [noGateway];
  return table(
    ["GATEWAY", "SITE", "SNAPSHOT", "SEEN"],
    gateways.map(({ gateway, site, isCurrent, fence, seenAgoMs }) => [
      gateway,
      site,
      isCurrent ? "current" : (fence ?? "not heard of"),
      seenAgoMs === null ? "never" : `${Math.max(0, Math.round(seenAgoMs / 1000))} s ago`,
    ]),
  );
}

export const noGateway = "no gateway is configured: services are steered by DNS alone, and weights are without effect";
