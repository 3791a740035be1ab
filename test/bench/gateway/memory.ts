import { connect } from "node:http2";
import { setTimeout as pause } from "node:timers/promises";
import { drawNet } from "../../conformance/draw-net.ts";
import type { Plane } from "../../conformance/plane.ts";
import { type Address, addressesOf, serviceHost } from "./addresses.ts";
import { listenToEvents } from "./event-client.ts";
import { blockBytes, type EventServer, startEventServer } from "./event-server.ts";
import { startSluice } from "./ground.ts";
import type { Aim, Report } from "./report.ts";
import type { Series, Setting } from "./setting.ts";

const mebibyte = 1024 * 1024;
/** Decimal, as in `pnpm bench rest`. */
const openBytesMax = 250e6;
const slowBytesMax = 8 * mebibyte;
const blocks = (64 * mebibyte) / blockBytes;

/** What our gateway holds with many streams open, and how much a client that doesn't read makes it hold. */
export const memory: Series = {
  name: "memory",
  async play(setting) {
    const net = await drawNet();
    await using server = await startEventServer(addressesOf(net).backend);
    const endpoints = [`${server.address.host}:${server.address.port}`];
    await using plane = await setting.cores.at("proxy", () =>
      startSluice({ net, protocol: "http1" }, { a: endpoints, b: endpoints }),
    );
    const scene = { plane, server, to: plane.at("site-a"), setting };
    // Slow readers first: memory that many open streams needed and gave back inside the process would hide what they take.
    const slow = [await slowReaders(scene, "HTTP/1.1"), await slowReaders(scene, "HTTP/2")];
    const open = await openStreams(scene);
    const all = [open, ...slow];
    return {
      heading: ["series", "streams", "MiB before", "MiB at most", "KiB a stream"],
      rows: all.map(({ row }) => row),
      aims: all.map(({ aim }) => aim),
      notes: all.flatMap(({ notes }) => notes),
    };
  },
};

type Scene = { readonly plane: Plane; readonly server: EventServer; readonly to: Address; readonly setting: Setting };
type Finding = { readonly row: readonly string[]; readonly aim: Aim; readonly notes: Report["notes"] };

async function openStreams({ plane, to, setting }: Scene): Promise<Finding> {
  const streams = setting.isShort ? 500 : 2_000;
  const before = await plane.residentBytes("site-a");
  const watch = watchMemory(plane);
  await using listeners = await listenToEvents({ to, paths: Array.from({ length: streams }, () => "/tick") });
  // An event a second for each: long enough for ten, so that what they leave behind counts too.
  await pause(setting.isShort ? 1_500 : 10_000);
  const [most, open] = [await watch.end(), listeners.open()];
  return {
    row: rowOf(`${streams} open streams, an event a second each`, streams, { before, most }),
    aim: {
      what: `resident with ${streams} streams open`,
      measured: open === streams ? most / 1e6 : undefined,
      is: "below",
      limit: openBytesMax / 1e6,
      unit: "MB",
    },
    notes: open === streams ? [] : [`memory: only ${open} of ${streams} streams were open at the end`],
  };
}

/** Clients that ask for 64 MiB each and stop to read once the answer has begun. */
async function slowReaders({ plane, server, to, setting }: Scene, version: "HTTP/1.1" | "HTTP/2"): Promise<Finding> {
  const streams = setting.isShort ? 2 : 10;
  const path = `/blocks/${blocks}`;
  const before = await plane.residentBytes("site-a");
  const sentBefore = server.blocksSent();
  const watch = watchMemory(plane);
  await using listeners =
    version === "HTTP/2"
      ? await holdHttp2(to, path, streams)
      : await listenToEvents({ to, paths: Array.from({ length: streams }, () => path), isSlow: true });
  await pause(setting.isShort ? 1_000 : 10_000);
  const [most, open] = [await watch.end(), listeners.open()];
  const sent = ((server.blocksSent() - sentBefore) * blockBytes) / streams / mebibyte;
  // What the gateway has not taken waits at the backend; what it has taken and doesn't hold, in the kernel.
  const notes = [
    `memory: of 64 MiB a stream the backend could send ${sent.toFixed(1)} to a reader that is slow, ${version}`,
  ];
  if (open < streams) notes.push(`memory: only ${open} of ${streams} slow readers were there at the end, ${version}`);
  return {
    row: rowOf(`slow readers of 64 MiB, ${version}`, streams, { before, most }),
    aim: {
      what: `growth by a slow reader, ${version}`,
      measured: open === streams ? (most - before) / streams / mebibyte : undefined,
      is: "below",
      limit: slowBytesMax / mebibyte,
      unit: "MiB",
    },
    notes,
  };
}

function rowOf(what: string, streams: number, { before, most }: { before: number; most: number }): readonly string[] {
  const [from, to] = [before, most].map((bytes) => (bytes / mebibyte).toFixed(0));
  return [what, String(streams), from ?? "", to ?? "", ((most - before) / streams / 1024).toFixed(0)];
}

/** The most that was seen, looking ten times a second. */
function watchMemory(plane: Plane): { end(): Promise<number> } {
  const stop = new AbortController();
  const watching = (async () => {
    let most = 0;
    for (;;) {
      most = Math.max(most, await plane.residentBytes("site-a"));
      if (stop.signal.aborted) return most;
      await pause(100);
    }
  })();
  return {
    end() {
      stop.abort();
      return watching;
    },
  };
}

/** All on one connection, each stream with its own window; none is read. */
async function holdHttp2(to: Address, path: string, count: number): Promise<AsyncDisposable & { open(): number }> {
  const session = connect(`http://${to.host}:${to.port}`);
  session.on("error", () => undefined);
  const streams = Array.from({ length: count }, () => session.request({ ":path": path, ":authority": serviceHost }));
  const answered = streams.map(
    (stream) =>
      new Promise<number>((resolve) => {
        stream.on("response", (headers) => resolve(Number(headers[":status"])));
        stream.on("error", () => resolve(0));
      }),
  );
  const statuses = await Promise.all(answered);
  return {
    open: () => streams.filter((stream, index) => statuses[index] === 200 && !stream.closed).length,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((done) => session.once("close", done));
      session.destroy();
      await closed;
    },
  };
}
