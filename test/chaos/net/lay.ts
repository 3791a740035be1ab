import { addressOf, core, gatewayOf, namespaceOf, type Place, places, prefix, within } from "./places.ts";
import { run } from "./run.ts";

const forwardOn = "echo 1 > /proc/sys/net/ipv4/ip_forward";

/** A namespace for each place, a veth pair from it to the core's, and a table in the core for what faults cut. */
export async function layNet(): Promise<void> {
  await run(["ip", "netns", "add", core]);
  await run([...within(core), "sh", "-c", forwardOn]);
  for (const place of places) await layPlace(place);
  await run([
    ...within(core),
    "nft",
    "add table ip chaos; add chain ip chaos cut { type filter hook forward priority 0; }",
  ]);
}

async function layPlace(place: Place): Promise<void> {
  const name = namespaceOf(place);
  const address = addressOf(place);
  const gateway = gatewayOf(place);
  await run(["ip", "netns", "add", name]);
  await run(["ip", "link", "add", place, "netns", core, "type", "veth", "peer", "name", "eth0", "netns", name]);
  await run(["ip", "-n", core, "address", "add", `${gateway}/32`, "dev", place]);
  await openWay(place);
  for (const device of ["lo", "eth0"]) await run(["ip", "-n", name, "link", "set", device, "up"]);
  await run(["ip", "-n", name, "address", "add", `${address}/32`, "dev", "eth0"]);
  await run(["ip", "-n", name, "route", "add", gateway, "dev", "eth0"]);
  await run(["ip", "-n", name, "route", "add", "default", "via", gateway, "src", address]);
}

/** The link of a place, and the way to it, which goes when the link goes down. */
export async function openWay(place: Place): Promise<void> {
  await run(["ip", "-n", core, "link", "set", place, "up"]);
  await run(["ip", "-n", core, "route", "replace", `${addressOf(place)}/32`, "dev", place]);
}

/** Removes every namespace of ours, whoever made it. With the last process in it gone, the system takes the rest. */
export async function removeNet(): Promise<number> {
  const names = (await run(["ip", "netns", "list"])).split("\n").flatMap((line) => line.split(" ")[0] ?? []);
  const ours = names.filter((name) => name.startsWith(prefix));
  for (const name of ours) await run(["ip", "netns", "delete", name]);
  return ours.length;
}
