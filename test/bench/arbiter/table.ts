import type { Usage } from "../rest/usage.ts";
import type { Cost, Measured } from "./in-process.ts";
import type { Lived } from "./processes.ts";

export const headingOfCosts = [
  "services",
  "votes",
  "at rest ms/s",
  "of it turns",
  "changing ms/s",
  "of it turns",
  "changed votes/s",
  "loss of all ms",
];

/** Processor time, so that a busy machine distorts it little. */
export function rowOfCosts({ services, votes, share, rest, changing, lossMs }: Measured): readonly string[] {
  const both = ({ reportsMs, turnsMs }: Cost): string[] => [(reportsMs + turnsMs).toFixed(2), turnsMs.toFixed(2)];
  return [
    String(services),
    String(votes),
    ...both(rest),
    ...both(changing),
    (votes * share).toFixed(0),
    lossMs.toFixed(0),
  ];
}

export const headingOfLives = [
  "services",
  "role",
  "at rest",
  "1 % changing",
  "in the loss, ms",
  "biggest MB",
  "all moved after s",
];

/** What the processes used: as a share of one core, and in the loss of the site as processor time. */
export function rowsOfLives({ services, rest, changing, loss, movedMs }: Lived): readonly (readonly string[])[] {
  const of = (usages: readonly Usage[], role: string): Usage | undefined => usages.find((each) => each.role === role);
  return ["arbiter", "nameserver", "postgres"].map((role) => [
    String(services),
    role,
    ...[rest, changing].map((usages) => percent(of(usages, role)?.cpu ?? Number.NaN)),
    (of(loss, role)?.cpuMs ?? Number.NaN).toFixed(0),
    megabytes(Math.max(...[rest, changing, loss].map((usages) => of(usages, role)?.residentMax ?? 0))),
    role === "arbiter" ? seconds(movedMs) : "–",
  ]);
}

type Aim = {
  readonly what: string;
  readonly measured: string;
  readonly limit: string;
  readonly isMet: boolean;
};

const cpuMax = 0.2;
const movedMsMax = 5_000;
const residentMax = 600_000_000;

/** Of the most services that were measured. */
export function aimsOf(lives: readonly Lived[]): readonly Aim[] {
  const most = lives.reduce<Lived | undefined>(
    (one, other) => (one && one.services >= other.services ? one : other),
    undefined,
  );
  if (!most) return [];
  const arbiterIn = (usages: readonly Usage[]): Usage | undefined => usages.find(({ role }) => role === "arbiter");
  const cpu = arbiterIn(most.rest)?.cpu ?? Number.NaN;
  const resident = Math.max(...[most.rest, most.changing, most.loss].map((each) => arbiterIn(each)?.residentMax ?? 0));
  const all = `${most.services} services`;
  return [
    { what: `${all} at rest`, measured: percent(cpu), limit: percent(cpuMax), isMet: cpu < cpuMax },
    {
      what: `${all} moved`,
      measured: `${seconds(most.movedMs)} s`,
      limit: `${seconds(movedMsMax)} s`,
      isMet: most.movedMs < movedMsMax,
    },
    {
      what: `${all} in memory`,
      measured: `${megabytes(resident)} MB`,
      limit: `${megabytes(residentMax)} MB`,
      isMet: resident < residentMax,
    },
  ];
}

const percent = (part: number): string => `${(part * 100).toFixed(2)} %`;
const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(0);
const seconds = (ms: number): string => (ms / 1_000).toFixed(2);
