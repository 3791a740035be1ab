/** Every place has a namespace of its own, and one way out: to the core, which routes. */
export const places = ["site-a", "site-b", "site-w", "client"] as const;
export type Place = (typeof places)[number];

export const prefix = "sluice-chaos-";
export const core = `${prefix}core`;
export const namespaceOf = (place: string): string => `${prefix}${place}`;

/** The first three parts of every address, within a range that nobody routes. */
export const net = "10.77.0";
export const addressOf = (place: Place): string => `${net}.${places.indexOf(place) + 1}`;
export const gatewayOf = (place: Place): string => `10.77.255.${places.indexOf(place) + 1}`;

/** As the lab's configuration has them, and where the database is reached. */
export const ports = {
  dns: 5300,
  database: 5432,
  arbiter: 7400,
  nameserver: 7402,
  gateway: 7403,
  model: 9001,
} as const;

export type Command = readonly [program: string, ...args: string[]];

/** A command that becomes the one after it, within a namespace. Only the network is another: files and processes are the same. */
export const within = (namespace: string): Command => ["nsenter", `--net=/run/netns/${namespace}`];
export const inPlace = (place: string): Command => within(namespaceOf(place));
