export { type ConfigDocument, ConfigSchema, configJsonSchema } from "./config-schema.ts";
export {
  CauseSchema,
  EnvelopeSchema,
  FenceSchema,
  KeyEntrySchema,
  KeysetSchema,
  ReportSchema,
  SelfCheckSchema,
  SnapshotSchema,
  VoteSchema,
} from "./message-schemas.ts";
export { checkConfig, configBytesMax, type ParsedConfig, parseConfig, readConfigFile } from "./parse-config.ts";
export { parseEnvelope, parseKeyset, parseReport, parseSnapshot } from "./parse-message.ts";
