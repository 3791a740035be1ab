/** One search through the model: with these defines, all four promises hold in every history, or one breaks. */
export type Run = {
  readonly name: string;
  readonly about: string;
  readonly defines: readonly string[];
  readonly expected: "holds" | Broken;
};

/** The four things that must never happen, as `sluice.pml` calls them. */
export const broken = ["fence", "world", "store", "promise"] as const;
export type Broken = (typeof broken)[number];

export const runs: readonly Run[] = [
  {
    name: "sluice",
    about: "a lease, a fence that the data plane swaps and compares, and failsafe by promises",
    defines: ["CRASHES=0"],
    expected: "holds",
  },
  {
    name: "sluice, with a crash",
    about: "the same with fewer decisions and somebody who starts anew",
    defines: ["DECISIONS=1"],
    expected: "holds",
  },
  {
    name: "newer wins, no failsafe",
    about:
      "a data plane that takes any newer fence, as our nameserver and gateway do, while nobody writes without the store",
    defines: ["NEWER_WINS", "NO_FAILSAFE"],
    expected: "holds",
  },
  {
    name: "newer wins, doors shut",
    about:
      "the same with failsafe, where a new leader hears one other arbiter at least, and whom it asked keeps no older leader's entries",
    defines: ["NEWER_WINS", "SHUT_DOORS", "DECISIONS=1", "CRASHES=0"],
    expected: "holds",
  },
  {
    name: "newer wins",
    about:
      "the same with failsafe and open doors: a new leader's first write and an old leader's last decision may cross",
    defines: ["NEWER_WINS"],
    expected: "world",
  },
  {
    name: "no fence",
    about: "the data plane takes whatever comes",
    defines: ["NO_FENCE"],
    expected: "fence",
  },
  {
    name: "lease only",
    about: "the data plane takes whatever comes, and a leader asks the store for its lease right before each write",
    defines: ["LEASE_ONLY"],
    expected: "fence",
  },
  {
    name: "swap without compare",
    about: "the data plane swaps what the writer has read there, and nobody compares epochs",
    defines: ["SWAP_ONLY"],
    expected: "fence",
  },
  {
    name: "no adoption",
    about: "a new leader publishes the store's world under its own, valid fence",
    defines: ["NO_ADOPTION"],
    expected: "world",
  },
  {
    name: "adopt by number",
    about: "a leader takes over what it finds served only where that fence is the higher one",
    defines: ["ADOPT_BY_FENCE"],
    expected: "world",
  },
  {
    name: "promise forgotten",
    about: "a promiser that starts anew knows nothing of its promise",
    defines: ["PROMISE_FORGOTTEN"],
    expected: "promise",
  },
  {
    name: "counted from the reply",
    about: "the leader's time begins when it hears the promise",
    defines: ["COUNT_FROM_REPLY"],
    expected: "promise",
  },
  {
    name: "no swap on its own epoch",
    about: "after failsafe the leader takes the next epoch, whoever had one in between",
    defines: ["NO_SWAP_ON_OWN_EPOCH"],
    expected: "store",
  },
];
