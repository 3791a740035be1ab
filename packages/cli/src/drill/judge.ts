import type { ComebackRow, ServerRow } from "./report.ts";

export type Judged = {
  readonly objectiveMs: number;
  readonly rtoMs: number | undefined;
  readonly site: string;
  readonly target: string;
  readonly servers: readonly ServerRow[];
  /** Servers outside the lost site that answered anything but the target after they had moved. */
  readonly strayed: readonly string[];
  /** The longest time that two servers outside the lost site answered differently. Unit: milliseconds. */
  readonly differedMs: number;
  readonly comeback: ComebackRow;
};

/** Two nameservers get a snapshot by separate polls; for longer than this they may not tell clients different things. */
const differMaxMs = 1_000;

/** Everything that speaks against a drill, in sentences; none when it passed. */
export function complaintsOf(judged: Judged): readonly string[] {
  const { objectiveMs, rtoMs, servers, comeback, site, target } = judged;
  const counted = servers.filter((server) => server.isCounted);
  const complaints: string[] = [];
  if (rtoMs === undefined) {
    const still = counted.filter((server) => server.movedMs === undefined).map((server) => server.server);
    complaints.push(`not every server came to answer only ${target}: ${still.join(", ")}`);
  } else if (rtoMs > objectiveMs) {
    complaints.push(`the time to recover was ${seconds(rtoMs)}, the objective is ${seconds(objectiveMs)}`);
  }
  for (const server of judged.strayed) complaints.push(`${server} answered something else after it had moved`);
  for (const server of servers) {
    if (server.empty > 0) complaints.push(`${server.server} gave ${server.empty} empty answers`);
    if (server.servfail > 0) complaints.push(`${server.server} gave ${server.servfail} SERVFAIL or other errors`);
    if (server.mixed > 0) complaints.push(`${server.server} gave ${server.mixed} answers with two sites in them`);
  }
  for (const server of counted) if (server.answered === 0) complaints.push(`${server.server} never answered`);
  if (judged.differedMs > differMaxMs) complaints.push(`two servers differed for ${seconds(judged.differedMs)}`);
  for (const { server, sites } of comeback.firstAnswers) {
    if (sites.join() !== target)
      complaints.push(`${server} came back and answered ${sites.join(", ") || "nothing"} first`);
  }
  if (!comeback.stayedQuarantined) complaints.push(`${site} was not quarantined when it came back`);
  if (comeback.failbackMs === undefined) complaints.push("failback did not bring the answers home");
  return complaints;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
