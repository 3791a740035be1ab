import type { Envelope, KeyRequest, Keyset, Report, Snapshot, TrafficAsk, TrafficReply } from "@sluice/core";
import { Compile } from "typebox/compile";
import {
  EnvelopeSchema,
  KeyRequestSchema,
  KeysetSchema,
  ReportSchema,
  SnapshotSchema,
  TrafficAskSchema,
  TrafficReplySchema,
} from "./message-schemas.ts";

const envelope = Compile(EnvelopeSchema);
const report = Compile(ReportSchema);
const keyset = Compile(KeysetSchema);
const keyRequest = Compile(KeyRequestSchema);
const snapshot = Compile(SnapshotSchema);
const trafficAsk = Compile(TrafficAskSchema);
const trafficReply = Compile(TrafficReplySchema);

/** An envelope, or undefined for anything else. Whether its signature holds is the keyring's affair. */
export function parseEnvelope(value: unknown): Envelope | undefined {
  return envelope.Check(value) ? value : undefined;
}

/** A report as it stood in an envelope's payload, or undefined. */
export function parseReport(value: unknown): Report | undefined {
  return report.Check(value) ? value : undefined;
}

/** A keyset as it stood in an envelope's payload, or undefined. */
export function parseKeyset(value: unknown): Keyset | undefined {
  return keyset.Check(value) ? value : undefined;
}

/** A request for keys in its text, or undefined. */
export function parseKeyRequest(text: string): KeyRequest | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return keyRequest.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A snapshot as it stood in an envelope's payload, or undefined. */
export function parseSnapshot(value: unknown): Snapshot | undefined {
  return snapshot.Check(value) ? (value as Snapshot) : undefined;
}

/** What an agent tells a gateway, or undefined. */
export function parseTrafficAsk(value: unknown): TrafficAsk | undefined {
  return trafficAsk.Check(value) ? value : undefined;
}

/** What a gateway answers an agent, or undefined. */
export function parseTrafficReply(value: unknown): TrafficReply | undefined {
  return trafficReply.Check(value) ? value : undefined;
}
