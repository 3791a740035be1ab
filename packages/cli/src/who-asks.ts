import { userInfo } from "node:os";

/** Who asks, for the audit record: the user's name, or the number of one who has none, as in many containers. */
export function whoAsks(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
