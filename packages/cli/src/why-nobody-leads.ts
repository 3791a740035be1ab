import type { Survey } from "./arbiter-client.ts";

/** Why no arbiter leads, as far as those that answer can tell: a sentence for each reason. */
export function whyNobodyLeads({ statuses, silent }: Survey): readonly string[] {
  const [status] = statuses;
  if (!status) return ["No arbiter answers."];
  const { fresh, needed } = status.quorum;
  const unheard = status.vantages.filter(({ isFresh }) => !isFresh).map(({ agent, because }) => `${agent} ${because}`);
  const few =
    fresh < needed ? [`Too few fresh vantages: ${fresh}, and ${needed} are needed (${unheard.join(", ")}).`] : [];
  const others = [...new Set(statuses.flatMap(({ whyNotReady }) => (whyNotReady === null ? [] : [whyNotReady])))];
  const unready = others
    .filter((reason) => fresh >= needed || !reason.includes("vantages"))
    .map((reason) => `Not ready: ${reason}.`);
  const dead = silent.map(({ url }) => `No answer from ${url}.`);
  const reasons = [...few, ...unready, ...dead];
  return reasons.length > 0 ? reasons : ["Nothing stands in the way: an election is under way."];
}
