import { constants, setPriority } from "node:os";

// Loaded before each test file, in its process. Those of the pure packages and of the house law reckon and wait for nothing: the
// processors are theirs when nobody else wants them.

const reckons = /[/\\](?:packages[/\\](?:core|contract|dns|ports|testkit)|test[/\\]law)[/\\]/;

if (reckons.test(process.argv[1] ?? "")) setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
