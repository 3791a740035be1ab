export { approve } from "./approve.ts";
export { prepareCertificates } from "./certificates.ts";
export { exists } from "./files.ts";
export { install } from "./install.ts";
export { type Member, membersOf, needs } from "./member.ts";
export { askToJoin, askToRotate, fingerprintOf, readRequest } from "./request.ts";
export { readKeyset, readSafe, replaceRoot, type Safe } from "./safe.ts";
