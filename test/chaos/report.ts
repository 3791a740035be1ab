import { formatTable } from "../bench/table.ts";
import type { Row } from "./play-fault.ts";

export type Report = {
  readonly rows: readonly Row[];
  /** How often each of the simulator's checkers was asked. */
  readonly exercised: Readonly<Record<string, number>>;
  readonly tookMs: number;
};

const heading = ["fault", "what", "expected", "moves", "moved after s", "recovered after s", "asked", "verdict"];

export function tableOf({ rows, exercised, tookMs }: Report): string {
  const wrong = rows.flatMap((row) => row.wrong.map((each) => `${row.id}: ${each}`));
  const lines = [
    formatTable(heading, rows.map(cells)),
    sayExercised(exercised),
    `${rows.length} faults in ${Math.round(tookMs / 1_000)} s`,
  ];
  return [...lines, ...wrong].join("\n");
}

export const jsonOf = (report: Report): string => JSON.stringify(report, undefined, 2);

/** The page that is kept, made of nothing but a run. */
export function markdownOf({ rows, exercised, tookMs }: Report): string {
  const line = (row: readonly string[]): string => `| ${row.join(" | ")} |`;
  const table = [
    line([...heading, "injected by"]),
    line([...heading, ""].map(() => "---")),
    ...rows.map((row) => line([...cells(row), row.how])),
  ];
  return `${preface}
${table.join("\n")}

${sayExercised(exercised)} The run took ${Math.round(tookMs / 60_000)} minutes. A verdict other than “good” counts what was wrong.
${rows.flatMap((row) => row.wrong.map((each) => `\n- ${row.id}: ${each}`)).join("")}`;
}

const preface = `# Faults, injected for real

\`pnpm chaos\` lays a network of namespaces on Linux, one for each site and one for clients, joined by a core that routes; starts an
installation of real processes in it, the database behind an address of the witness's site; and does to it what the table says. It
must be root. \`pnpm chaos F2 F12\` plays those two, \`--short\` those that CI plays, \`--json\` prints the rest of what is known. This page
is what \`pnpm chaos --keep docs/chaos.md\` wrote.

Every nameserver is asked 20 times a second, all the time: an answer that is empty, SERVFAIL or mixed is wrong under every fault. The
simulator's own checkers ([simulator.md](simulator.md)) are told what the lease row, the journal and every node's snapshot say. I14 isn't
among them: that an arbiter signed what a node serves is checked, that it was committed can't be seen from here. Faults begin at home and at
rest, and “recovered” means that every vantage is heard, every node is current, every arbiter could lead and no pool is ill.
`;

const cells = (row: Row): string[] => [
  row.id,
  row.about,
  row.expected,
  row.moves.join(", ") || "none",
  secondsOf(row.moveMs),
  secondsOf(row.recoveryMs),
  String(row.asked),
  row.wrong.length === 0 ? "good" : `${row.wrong.length} wrong`,
];

const sayExercised = (exercised: Report["exercised"]): string =>
  `Checkers asked: ${Object.entries(exercised)
    .map(([id, count]) => `${id} ${count}`)
    .join(", ")}.`;

const secondsOf = (ms: number | undefined): string => (ms === undefined ? "–" : (ms / 1_000).toFixed(1));
