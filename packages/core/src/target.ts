import type { ChannelName, ServiceName, SiteName } from "./model.ts";

/** What agents look at: the front door of a site, or the pool of one channel in one site. */
export type Target =
  | { readonly kind: "edge"; readonly site: SiteName }
  | { readonly kind: "pool"; readonly service: ServiceName; readonly channel: ChannelName; readonly site: SiteName };

/** The text form of a target, used as a key in votes and maps: `edge:site-a`, `pool:chat/stable@site-a`. */
export type TargetKey = string;

export function targetKey(target: Target): TargetKey {
  switch (target.kind) {
    case "edge":
      return edgeKey(target.site);
    case "pool":
      return poolKey(target.service, target.channel, target.site);
    default:
      return target satisfies never;
  }
}

export const isPoolKey = (key: TargetKey): boolean => key.startsWith("pool:");
export const edgeKey = (site: SiteName): TargetKey => `edge:${site}`;
export const poolKey = (service: ServiceName, channel: ChannelName, site: SiteName): TargetKey =>
  `pool:${service}/${channel}@${site}`;
