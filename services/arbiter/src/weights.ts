import {
  type Durable,
  formatFence,
  type ServiceConfig,
  type ServiceState,
  slotCount,
  weightsOf,
  weightsRevision,
} from "@sluice/core";
import { gatewayStatus, type View } from "./status.ts";

/** How a service's users are split: what is wanted, and what each gateway has applied of it. */
export function weightsStatus(view: Pick<View, "durable" | "acknowledged" | "now">, service: ServiceConfig) {
  const { durable } = view;
  const state = stateOf(durable, service);
  return {
    service: service.name,
    fence: durable.snapshot ? formatFence(durable.snapshot.fence) : null,
    etag: etagOf(state),
    weights: asRecord(weightsOf(service, state)),
    configured: asRecord(service.channels),
    shares: sharesOf(service, state),
    gateways: durable.config.gateways.map((gateway) => gatewayStatus(view, gateway)),
  };
}

/** The entity tag of a service's weights (RFC 9110 §8.8.3): strong, and made of the number of their last change. */
const etagOf = (state: Pick<ServiceState, "weightsSequence">): string => `"w-${weightsRevision(state)}"`;

/** The number in such a tag; -1, which no weights ever have, for any other. */
export function revisionOf(etag: string): number {
  const match = /^"w-(\d{1,15})"$/.exec(etag.trim());
  return match ? Number(match[1]) : -1;
}

const stateOf = ({ services }: Durable, { name }: ServiceConfig): Partial<ServiceState> => services[name] ?? {};

const asRecord = (weights: ReturnType<typeof weightsOf>): Readonly<Record<string, number>> =>
  Object.fromEntries(weights.map(({ name, weight }) => [name, weight]));

/** The share of all users that each channel owns by the slots, in [0, 1]. */
function sharesOf(
  { channels }: ServiceConfig,
  { slots = [] }: Partial<ServiceState>,
): Readonly<Record<string, number>> {
  const owned = (name: string): number =>
    slots.reduce((sum, { count, owners }) => sum + (owners.at(-1)?.channel === name ? count : 0), 0);
  return Object.fromEntries(channels.map(({ name }) => [name, owned(name) / slotCount]));
}
