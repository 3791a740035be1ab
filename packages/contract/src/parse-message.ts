import type { Envelope, Keyset, Report, Snapshot } from "@sluice/core";
import { Compile } from "typebox/compile";
import { EnvelopeSchema, KeysetSchema, ReportSchema, SnapshotSchema } from "./message-schemas.ts";

const envelope = Compile(EnvelopeSchema);
const report = Compile(ReportSchema);
const keyset = Compile(KeysetSchema);
const snapshot = Compile(SnapshotSchema);

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

/** A snapshot as it stood in an envelope's payload, or undefined. */
export function parseSnapshot(value: unknown): Snapshot | undefined {
  return snapshot.Check(value) ? (value as Snapshot) : undefined;
}
