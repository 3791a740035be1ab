/** The invariants by the names of the design, how each is checked here, or why it can't be yet. */
export type Invariant =
  | { readonly id: string; readonly about: string; readonly checker: string }
  | { readonly id: string; readonly about: string; readonly missing: string };

export const invariants = [
  {
    id: "I1",
    about: "one holder for each epoch, and epochs grow",
    checker: "each acquisition and each commit at the database",
  },
  {
    id: "I2",
    about: "only the holder of the lease writes",
    checker: "each commit against the lease row, inside the database",
  },
  {
    id: "I3",
    about: "what a data plane serves never goes back",
    checker: "each snapshot a node serves, also after a restart",
  },
  {
    id: "I4",
    about: "a leader lays down its pen 8 s after it sent its last good renewal",
    checker: "each commit as it is sent, by monotonic and true time",
  },
  { id: "I5", about: "never an empty answer", checker: "each snapshot published or served, each answer on the wire" },
  { id: "I6", about: "the last serving site stays", checker: "each decision against the votes" },
  {
    id: "I7",
    about: "unknown is not down",
    checker: "each count of votes, and each evacuation against the fresh votes its arbiter had",
  },
  { id: "I8", about: "who is cut off has no vote", checker: "the same, where an agent abstains" },
  { id: "I9", about: "one vote for each failure domain", checker: "the same, where a domain has two agents" },
  {
    id: "I10",
    about: "a replay never brings an older opinion back",
    checker: "each report counted was made after the one before it",
  },
  {
    id: "I11",
    about: "wall clocks have no say in freshness",
    checker: "each report counted from an agent, or by an arbiter, whose wall clock is wrong",
  },
  {
    id: "I12",
    about: "answers stay while no arbiter is there",
    checker: "each node that starts with a snapshot on disk serves it",
  },
  {
    id: "I13",
    about: "a node never withdraws",
    checker: "each question that reaches a node with a snapshot is answered",
  },
  {
    id: "I14",
    about: "a node takes only what a leader committed",
    checker: "each snapshot served was committed, and forgeries are refused",
  },
  {
    id: "I15",
    about: "cool-down, and the latch after too many moves",
    checker: "each automatic move that is no evacuation",
  },
  { id: "I16", about: "a wild edit is refused", checker: "snapshots that a leader gone mad signs" },
  {
    id: "I17",
    about: "traffic only goes where it can be served",
    checker: "each automatic move: its target is neither down nor drained",
  },
  { id: "I18", about: "no failback by itself", checker: "each automatic move's cause against the service's setting" },
  { id: "I19", about: "an operator's word beats automation", checker: "each commit while a pin or a freeze stands" },
  {
    id: "I20",
    about: "a crash between two effects heals",
    checker: "after the last fault every node serves the store's head",
  },
  {
    id: "I21",
    about: "an unknown outcome is read back, not tried again",
    checker: "each commit after one whose outcome was lost",
  },
  { id: "I22", about: "cleaning up deletes nothing that is in use", missing: "no adapter cleans up anything yet" },
  {
    id: "I23",
    about: "all data planes of a service come to agree",
    checker: "the same time as I20, node by node; DIVERGED waits for adapters",
  },
  {
    id: "I24",
    about: "no write without its record",
    checker: "each commit brings its decisions and their events; the chain of hashes is Postgres's, and its tests'",
  },
  { id: "I25", about: "two persons for what is dangerous", missing: "there is no approval yet" },
  { id: "I26", about: "drills obey the same rules", missing: "drills run in the CLI, outside the arbiter" },
  {
    id: "I27",
    about: "a dead site leaves the answers in time",
    checker: "each site that dies while nothing else is wrong, and at the end",
  },
  {
    id: "F1",
    about: "who has promised doesn't ask for the lease within 10 s",
    checker: "each question for the lease, by the promiser's own clock, through restarts",
  },
  {
    id: "F2",
    about: "a leader goes on without the store by a majority's promises alone",
    checker: "each turn of a leader in failsafe, and each snapshot that it hands out",
  },
  {
    id: "F3",
    about: "what was decided in failsafe is in the store once, when that is back",
    checker: "each entry that was on two disks, at the end",
  },
  {
    id: "F4",
    about: "in failsafe nothing moves by itself but away from a site that is down",
    checker: "each decision as it is written down",
  },
] as const satisfies readonly Invariant[];

export type InvariantId = (typeof invariants)[number]["id"];
