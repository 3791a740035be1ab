import type { ProbeConfig } from "@sluice/core";
import { fetchOnce } from "./fetch-once.ts";
import type { Attempt } from "./look.ts";

/** Well when the status is one of those listed and the body includes what it should. */
export const lookHttp =
  (probe: Extract<ProbeConfig, { kind: "http" }>): Attempt =>
  async (pinned, options) => {
    const { status, body } = await fetchOnce(pinned, { path: probe.path, tls: probe.tls }, options);
    if (!probe.statuses.includes(status)) throw new Error(`status ${status}`);
    if (probe.bodyIncludes !== undefined && !body.includes(probe.bodyIncludes)) throw new Error("body lacks its text");
    return undefined;
  };
