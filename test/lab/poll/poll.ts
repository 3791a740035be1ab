import { createSocket } from "node:dgram";
import { SocketAddress } from "node:net";
import { encodeQuestion, type Question } from "@sluice/dns";
import { systemClock } from "@sluice/runtime";
import { makeInFlight } from "./in-flight.ts";
import { makeRecorder, type ServerPoll } from "./recorder.ts";

export type PollServer = { readonly name: string; readonly address: string; readonly port: number };

export type PollOptions = {
  readonly servers: readonly PollServer[];
  readonly question: Question;
  /** The site an address belongs to, so that an answer with addresses of two sites is noticed. */
  readonly siteOf: (address: string) => string | undefined;
  /** Every server is asked this often, whether it answers or not. Unit: milliseconds. */
  readonly intervalMs: number;
  /** A question without an answer for so long is a time-out. Unit: milliseconds. */
  readonly timeoutMs: number;
  /** A server answered something else than before. */
  readonly onChange?: (poll: ServerPoll) => void;
  readonly signal: AbortSignal;
};

/** A poll under way. It ends, and lets its sockets go, when the signal aborts. */
export interface Poll {
  /** What each server has answered so far, in the order they were given; may be asked during the poll and after. */
  servers(): readonly ServerPoll[];
  readonly ended: Promise<void>;
}

/**
 * Asks every server the same question again and again, and keeps when its answer changed.
 *
 * Each server has a UDP socket and a beat of its own. An outcome is dated when it is known, on this machine's monotonic clock:
 * an answer when it arrives, a time-out when the wait is over. So an answer shows a change late by at most an interval and a
 * round trip, and silence by the time-out more; `askedAt` says when the question was sent that met it.
 */
export function startPoll(options: PollOptions): Poll {
  const polled = options.servers.map((server) => pollServer(options, server));
  return {
    servers: () => polled.map((one) => one.seen()),
    ended: Promise.all(polled.map((one) => one.ended)).then(() => undefined),
  };
}

type Polled = { readonly seen: () => ServerPoll; readonly ended: Promise<void> };

function pollServer(options: PollOptions, server: PollServer): Polled {
  const { question, signal } = options;
  const family = server.address.includes(":") ? "ipv6" : "ipv4";
  const { address, port } = new SocketAddress({ address: server.address, port: server.port, family });
  const recorder = makeRecorder(options, server.name);
  const inFlight = makeInFlight(options);
  // Not connected: on a connected socket a refusal is reported by the next send, which then sends nothing. Here a closed port
  // is silence, and every question to it runs to its time-out.
  const socket = createSocket(family === "ipv6" ? "udp6" : "udp4");
  const now = (): number => systemClock.monotonicMs();
  const expire = (): void => inFlight.expire(now()).forEach((asked) => recorder.timedOut(asked, now()));
  socket.on("message", (reply, from) => {
    const at = now();
    const asked = from.address === address && from.port === port ? inFlight.take(reply, question) : undefined;
    if (asked !== undefined) recorder.answered(asked, { reply, at });
  });
  // What can't be sent gets no answer: it, too, runs to its time-out.
  socket.on("error", () => {});
  const ask = (): void => {
    const asked = inFlight.add(now());
    recorder.asked();
    socket.send(encodeQuestion(asked.id, question), port, address, () => {});
    // After the sockets were read: when this process was held up, answers wait there, and they are no time-outs.
    setImmediate(expire);
  };
  const beat = setInterval(ask, options.intervalMs);
  const ended = new Promise<void>((resolve) => {
    const stop = (): void => {
      clearInterval(beat);
      socket.close(resolve);
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  return { seen: () => recorder.seen(), ended };
}
