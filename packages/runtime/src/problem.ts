import { type ErrorCode, errorCodes, type Problem, SluiceError } from "@sluice/core";
import type { Answer } from "./http-client.ts";

/** A problem document (RFC 9457) back into the error it came from. */
export function errorOf({ status, body }: Answer): SluiceError {
  const problem = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const code =
    typeof problem["code"] === "string" && Object.hasOwn(errorCodes, problem["code"])
      ? (problem["code"] as ErrorCode)
      : "INTERNAL";
  const text = (key: string): string | undefined => (typeof problem[key] === "string" ? problem[key] : undefined);
  const [hint, rule] = [text("hint"), text("rule")];
  const problems = Array.isArray(problem["problems"]) ? (problem["problems"] as Problem[]) : [];
  return new SluiceError(code, text("detail") ?? text("title") ?? `the answer was ${status}`, {
    problems,
    ...(hint === undefined ? {} : { hint }),
    ...(rule === undefined ? {} : { rule }),
  });
}
