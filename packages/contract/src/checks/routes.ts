import { type Problem, pooledChannels, type ServiceConfig } from "@sluice/core";
import { nearest } from "../nearest.ts";
import type { Parts, Piece } from "../parts.ts";
import { repeated } from "./repeated.ts";

/** What gateways route by: headers, and channels that can be served. */
export function routes(parts: Parts): readonly Problem[] {
  const { services } = parts.config;
  const headers = parts
    .within("services", services, "affinityHeaders")
    .flatMap(({ path, value }) =>
      repeated(parts.entries(path, value), "The first one present counts: name each once."),
    );
  const channels = new Map(parts.leaves("services", services, "channels").map((piece) => [piece.path, piece.value]));
  const variants = parts
    .within("services", services, "variant")
    .flatMap((variant) => variantValues(parts, variant, channels.get(variant.path.replace(/variant$/, "channels"))));
  return [...headers, ...variants, ...(hasGateways(parts) ? unservable(parts) : [])];
}

/** A channel that nothing serves: known to be so only where somebody routes by channel. */
export const routeWarnings = (parts: Parts): readonly Problem[] => [
  ...(hasGateways(parts) ? [] : unservable(parts)),
  ...deadVariants(parts),
];

const hasGateways = ({ config }: Parts): boolean => Array.isArray(config.gateways) && config.gateways.length > 0;

function variantValues(
  parts: Parts,
  { path, value: variant }: Piece<ServiceConfig["variant"]>,
  channels: ServiceConfig["channels"] | undefined,
): readonly Problem[] {
  if (variant === undefined) return [];
  const at = `${path}.values`;
  const known = channels?.map((channel) => channel.name);
  return [
    ...repeated(parts.leaves(at, variant.values, "value"), "A value names one channel."),
    ...parts.leaves(at, variant.values, "channel").flatMap((channel): readonly Problem[] => {
      if (!known || known.includes(channel.value)) return [];
      const meant = nearest(channel.value, known);
      const hint = meant === undefined ? `Known: ${known.join(", ")}.` : `Did you mean ${meant}?`;
      return [{ path: channel.path, message: `there is no channel ${channel.value} in this service`, hint }];
    }),
  ];
}

/** A weight for a channel that stands nowhere: its users would have nowhere to go. */
function unservable(parts: Parts): readonly Problem[] {
  return parts.pieces("services", parts.config.services, ["channels", "pools", "policy"]).flatMap(({ path, value }) => {
    const pooled = pooledChannels(value as ServiceConfig);
    return value.channels.flatMap((channel, index): readonly Problem[] => {
      if (channel.weight === 0 || pooled.includes(channel.name)) return [];
      const message = `${channel.name} has a weight, but a pool in no site of the policy`;
      return [{ path: `${path}.channels[${index}]`, message, hint: "Add its pools, or set its weight to zero." }];
    });
  });
}

function deadVariants(parts: Parts): readonly Problem[] {
  const needs = ["channels", "pools", "policy", "variant"] as const;
  return parts.pieces("services", parts.config.services, needs).flatMap(({ path, value }) => {
    const pooled = pooledChannels(value as ServiceConfig);
    return (value.variant?.values ?? []).flatMap((entry, index): readonly Problem[] => {
      if (pooled.includes(entry.channel)) return [];
      const message = `${entry.channel} has a pool in no site of the policy, so nobody who asks for it is served by it`;
      return [{ path: `${path}.variant.values[${index}].channel`, message, hint: "Add its pools." }];
    });
  });
}
