import { type AddressInfo, isIP } from "node:net";
import { networkInterfaces } from "node:os";
import type { HttpServer } from "@sluice/runtime/server";
import type { GuardRules } from "./guard-target.ts";
import { doorOf } from "./reach.ts";

type Own = NonNullable<GuardRules["own"]>;

/** Where the agent's own door really is, now that it listens: a name or a wildcard in its URL doesn't say. */
export function ownDoor(app: HttpServer): Own {
  const bound = app.server.address() as AddressInfo;
  const local = Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map(({ address }) => address));
  return { addresses: isWildcard(bound.address) ? [...local, bound.address] : [bound.address], port: bound.port };
}

/** The address that looks leave from: the one in the agent's URL, unless that is a name or stands for all. */
export function leaveAddress(url: string): string | undefined {
  const { host } = doorOf(url);
  return isIP(host) === 0 || isWildcard(host) ? undefined : host;
}

const isWildcard = (address: string): boolean => address === "0.0.0.0" || address === "::";
