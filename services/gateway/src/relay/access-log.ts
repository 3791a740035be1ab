import { memoize } from "./memo.ts";
import type { RequestRecord } from "./record.ts";

/**
 * One line of JSON for each request, of the same shape as the process's other lines. Written by hand: a general logger took a
 * seventh of the gateway's time. In ASCII, whatever a client sends. Never a header's value, a query or a body: those are people's own.
 */
export function makeAccessLog(gateway: string, write: (line: string) => void): (record: RequestRecord) => void {
  const begin = makeBeginning(gateway);
  const shared = memoize(sharedPart);
  return (record) => {
    let line = begin(Date.now());
    line += `,"method":${quoted(record.method)},"host":${quoted(record.host.slice(0, 255))}`;
    line += `,"path":${quoted(pathOf(record.path))},"remoteAddress":"${record.remoteAddress}"`;
    if (record.slot !== undefined) line += `,"slot":${record.slot}`;
    line += shared(record);
    if (record.firstByteMs !== undefined) line += `,"firstByteMs":${tenths(record.firstByteMs)}`;
    if (record.totalMs !== undefined) line += `,"totalMs":${tenths(record.totalMs)}`;
    line += `,"attempts":${record.attempts},"requestBytes":${record.requestBytes ?? 0}`;
    write(`${line},"responseBytes":${record.responseBytes ?? 0}}\n`);
  };
}

/** What many requests have in common. */
function sharedPart(record: RequestRecord): string {
  const { outcome } = record;
  let text = `,"protocol":"${record.protocol}","status":${record.status}`;
  if (record.grpcStatus !== undefined) text += `,"grpcStatus":${record.grpcStatus}`;
  // Names of the configuration: letters, digits and hyphens.
  if (record.service !== undefined) text += `,"service":"${record.service}"`;
  if (record.channel !== undefined) text += `,"channel":"${record.channel}","because":"${record.because}"`;
  if (record.site !== undefined) text += `,"site":"${record.site}","endpoint":${quoted(record.endpoint ?? "")}`;
  if (outcome !== undefined) text += `,"outcome":"${outcome.kind}"`;
  if (outcome !== undefined && "because" in outcome) text += `,"outcomeBecause":"${outcome.because}"`;
  if (record.reason !== undefined) text += `,"reason":${quoted(record.reason.slice(0, 200))}`;
  return text;
}

/** As JSON, in ASCII. Nearly all of these texts need no more than quotes, and to see that is quicker than to ask for all of it. */
const quoted = (text: string): string =>
  plain.test(text) ? `"${text}"` : JSON.stringify(text).replace(beyond, escaped);
const plain = /^[\x20!#-[\]-~]*$/;
const beyond = /[^\x20-\x7e]/g;
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

const pathLengthMax = 256;

function pathOf(path: string): string {
  const query = path.indexOf("?");
  return (query < 0 ? path : path.slice(0, query)).slice(0, pathLengthMax);
}

/** To a tenth. Short times, which most are, are said by what was said before: to write a fraction takes as long as all the rest. */
function tenths(ms: number): string {
  const count = Math.round(ms * 10);
  const known = shortTimes[count];
  if (known !== undefined) return known;
  const text = String(count / 10);
  if (count >= 0 && count < shortTimesMax) shortTimes[count] = text;
  return text;
}

const shortTimesMax = 10_000;
const shortTimes: (string | undefined)[] = Array.from({ length: shortTimesMax });

/** The first part of a line; many requests share a millisecond. */
function makeBeginning(gateway: string): (ms: number) => string {
  const name = JSON.stringify(gateway);
  let [last, text] = [0, ""];
  return (ms) => {
    if (ms !== last)
      [last, text] = [ms, `{"level":30,"time":"${new Date(ms).toISOString()}","gateway":${name},"event":"request"`];
    return text;
  };
}
