// hash.ts and sniff.ts have doors of their own: one loads WebAssembly, which most processes never need, and who needs the other
// may need nothing else of all this.
export { systemClock } from "./clock.ts";
export { readJsonFile, writeFileAtomic } from "./files.ts";
export { type ConfigInForce, configAtStart, fetchConfig } from "./follow-config.ts";
export { askKeysets, followKeysets, type KeysetDeps } from "./follow-keysets.ts";
export { type Answer, type Ask, request } from "./http-client.ts";
export { type ProblemDocument, problemDocument, problemType } from "./http-problem.ts";
export { type Keyring, type KeysetOffer, type Opened, readKeyring } from "./keyring.ts";
export {
  generateKeyPair,
  isSignedBy,
  parsePrivateKey,
  publicKeyFromRaw,
  readKeyFile,
  readPublicKey,
  readSigner,
  readToken,
  type Signer,
  signerFromKey,
  signerFromPem,
} from "./keys.ts";
export { listen } from "./listen.ts";
export { type Logger, makeLineWriter, makeLogger } from "./logger.ts";
export { ownEntry } from "./own-entry.ts";
export { readOwnSigner } from "./own-signer.ts";
export { errorOf } from "./problem.ts";
export { describeError, type ProcessFlags, processFlags, runMain, stopSignal } from "./process.ts";
export { type Held, type LoadResult, makeShelf, type OfferResult, type Shelf } from "./snapshot/shelf.ts";
export { askAll, followSources, type SourcesDeps, sourcesOf } from "./snapshot/sources.ts";
export { makeWake, type Wake } from "./snapshot/wake.ts";
export { repeat, sleep } from "./waiting.ts";
