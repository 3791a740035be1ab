import type { Problem } from "@sluice/core";
import { sameSpelling } from "../address.ts";
import type { Parts } from "../parts.ts";
import { repeated } from "./repeated.ts";

/** What clients are sent to: each serving site has an address, and no address is in two places. */
export function sites(parts: Parts): readonly Problem[] {
  const { config } = parts;
  const missing = parts
    .pieces("sites", config.sites, ["role", "addresses"])
    .filter(({ value }) => value.role === "serving" && value.addresses.length === 0)
    .map(({ path }) => ({
      path: `${path}.addresses`,
      message: "a serving site needs an address",
      hint: "Give the address that clients are answered, or make the site a witness.",
    }));
  const addresses = parts
    .within("sites", config.sites, "addresses")
    .flatMap(({ path, value }) => parts.entries(path, value));
  const twice = repeated(addresses, "An address in two sites can't be moved between them.", sameSpelling);
  const sorry = parts
    .leaves("services", config.services, "allBad")
    .flatMap(({ path, value }) =>
      value.kind === "sorry"
        ? repeated(parts.entries(`${path}.addresses`, value.addresses), "Once is enough.", sameSpelling)
        : [],
    );
  return [...missing, ...twice, ...sorry];
}
