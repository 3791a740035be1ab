/** What the gateway allows itself towards an endpoint. */
export const backLimits = {
  /** Connections to one endpoint at once; past that requests wait for one. */
  connections: 4_096,
  /** Unit: milliseconds. */
  connectMs: 2_000,
  /** Unit: milliseconds. How long an endpoint may say nothing, before its answer or within it. */
  idleMs: 300_000,
  /** Unit: milliseconds. Below the 5 s after which uvicorn, and so vLLM, closes an idle connection. */
  keptMs: 4_000,
  keptMaxMs: 60_000,
  /** Unit: bytes. All headers of an answer together. */
  headerBytes: 65_536,
  /** Of HTTP/2, where a header that was said before costs a byte. */
  headerCount: 1_000,
  /** HTTP/2 connections to one endpoint; each carries as many streams as the endpoint allows. */
  sessions: 8,
} as const;

export type BackLimits = { readonly [name in keyof typeof backLimits]: number };

/** How to speak TLS to another gateway: both sides prove who they are. */
export type TlsTo = {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** The name that its certificate must bear. */
  readonly servername: string;
};
