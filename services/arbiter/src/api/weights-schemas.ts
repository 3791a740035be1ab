import Type from "typebox";
import { fenceText, flag, listOf, orNull, refTo, shared, text } from "./fields.ts";
import { GatewayStatus } from "./status-schemas.ts";

const byChannel = (description: string) =>
  Type.Record(Type.String(), Type.Number({ minimum: 0 }), { description: `${description} By channel.` });

const weights = {
  arbiter: text("Who answers."),
  isLeading: flag("The one who answers leads, and may write."),
  service: text(),
  fence: orNull(fenceText, "The snapshot that this arbiter hands out, in which the weights are."),
  etag: text('Of the weights, as the header `ETag`: `"w-41"`.'),
  weights: byChannel("What is wanted: parts of their sum."),
  configured: byChannel("What the configuration says."),
  shares: byChannel("The share of all users that a channel owns, exact to 0.01 %."),
  gateways: listOf(refTo(GatewayStatus)),
};

export const Weights = shared("Weights", weights, "How a service's users are split over its channels.");

export const WeightsDone = shared(
  "WeightsDone",
  {
    isDryRun: flag(),
    lines: listOf(text(), "What was done, or would be, in sentences."),
    sequences: listOf(Type.Integer(), "The number of the change. None in a dry run."),
    ...weights,
  },
  "What came of a change of weights, and how things stand now.",
);

export const weightsSchemas = [Weights, WeightsDone] as const;
