/** Something that goes on with one peer until its signal aborts; `ended` resolves when it has. */
export type Line = { readonly ended: Promise<unknown> };
type Peer = { readonly name: string; readonly url: string };

/** One line to each of several peers, none of which waits for another. */
export interface Lines<P extends Peer, L extends Line> {
  /** These are the peers now: lines to others end, new ones begin, the rest go on as they are. */
  follow(peers: readonly P[]): void;
  all(): readonly L[];
  /** Ends every line and waits until all have ended. */
  close(): Promise<void>;
}

export function makeLines<P extends Peer, L extends Line>(begin: (peer: P, signal: AbortSignal) => L): Lines<P, L> {
  const lines = new Map<string, { readonly line: L; readonly stop: AbortController }>();
  const ending = new Set<Promise<unknown>>();

  function start(key: string, peer: P): void {
    const stop = new AbortController();
    lines.set(key, { line: begin(peer, stop.signal), stop });
  }

  function end(key: string): void {
    const found = lines.get(key);
    if (!found) return;
    lines.delete(key);
    found.stop.abort();
    const { ended } = found.line;
    ending.add(ended);
    void ended.finally(() => ending.delete(ended));
  }

  return {
    follow(peers) {
      const wanted = new Map(peers.map((peer) => [`${peer.name} ${peer.url}`, peer]));
      for (const key of lines.keys()) if (!wanted.has(key)) end(key);
      for (const [key, peer] of wanted) if (!lines.has(key)) start(key, peer);
    },
    all: () => [...lines.values()].map(({ line }) => line),
    async close() {
      for (const key of lines.keys()) end(key);
      await Promise.all(ending);
    },
  };
}
