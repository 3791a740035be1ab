export { isOddAddress, whyForbiddenAddress } from "./address.ts";
export { configBytesMax, targetsMax } from "./bounds.ts";
export { type ConfigDocument, ConfigSchema } from "./config-schema.ts";
export { configJsonSchema } from "./json-schema.ts";
export {
  CauseSchema,
  EnvelopeSchema,
  FenceSchema,
  KeyEntrySchema,
  KeysetSchema,
  ReportSchema,
  SelfCheckSchema,
  SnapshotSchema,
  TrafficAskSchema,
  TrafficReplySchema,
  VoteSchema,
} from "./message-schemas.ts";
export { checkConfig, type ParsedConfig, parseConfig, withNewSettings } from "./parse-config.ts";
export {
  parseEnvelope,
  parseKeyRequest,
  parseKeyset,
  parseReport,
  parseSnapshot,
  parseTrafficAsk,
  parseTrafficReply,
} from "./parse-message.ts";
export { invalidConfig, parseConfigFile, type ReadOptions, readConfigFile } from "./read-config.ts";
export { unreadableFiles } from "./unreadable-files.ts";
