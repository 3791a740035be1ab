import type { RequestRecord } from "./record.ts";

/**
 * One line of JSON for each request, of the same shape as the process's other lines. Written by hand: a general logger took a
 * seventh of the gateway's time. Never a header's value, a query or a body: those are people's own.
 */
export function makeAccessLog(gateway: string, write: (line: string) => void): (record: RequestRecord) => void {
  const dated = makeDates();
  const name = JSON.stringify(gateway);
  return (record) => {
    const { outcome } = record;
    let line = `{"level":30,"time":"${dated(Date.now())}","gateway":${name},"event":"request"`;
    line += `,"method":${quoted(record.method)},"host":${quoted(record.host.slice(0, 255))}`;
    line += `,"path":${quoted(pathOf(record.path))},"protocol":"${record.protocol}"`;
    line += `,"remoteAddress":"${record.remoteAddress}","status":${record.status}`;
    if (record.grpcStatus !== undefined) line += `,"grpcStatus":${record.grpcStatus}`;
    // Names of the configuration: letters, digits and hyphens.
    if (record.service !== undefined) line += `,"service":"${record.service}"`;
    if (record.channel !== undefined) line += `,"channel":"${record.channel}","because":"${record.because}"`;
    if (record.slot !== undefined) line += `,"slot":${record.slot}`;
    if (record.site !== undefined) line += `,"site":"${record.site}","endpoint":${quoted(record.endpoint ?? "")}`;
    if (outcome !== undefined) line += `,"outcome":"${outcome.kind}"`;
    if (outcome !== undefined && "because" in outcome) line += `,"outcomeBecause":"${outcome.because}"`;
    if (record.reason !== undefined) line += `,"reason":${JSON.stringify(record.reason.slice(0, 200))}`;
    if (record.firstByteMs !== undefined) line += `,"firstByteMs":${round(record.firstByteMs)}`;
    if (record.totalMs !== undefined) line += `,"totalMs":${round(record.totalMs)}`;
    line += `,"attempts":${record.attempts},"requestBytes":${record.requestBytes ?? 0}`;
    write(`${line},"responseBytes":${record.responseBytes ?? 0}}\n`);
  };
}

/** As JSON. Nearly all of these texts need no more than quotes, and to see that is quicker than to ask for all of it. */
const quoted = (text: string): string => (plain.test(text) ? `"${text}"` : JSON.stringify(text));
const plain = /^[\x20!#-[\]-~]*$/;

const pathLengthMax = 256;

function pathOf(path: string): string {
  const query = path.indexOf("?");
  return (query < 0 ? path : path.slice(0, query)).slice(0, pathLengthMax);
}

const round = (ms: number): number => Math.round(ms * 10) / 10;

/** ISO 8601 dates; many requests share a millisecond. */
function makeDates(): (ms: number) => string {
  let [last, text] = [0, ""];
  return (ms) => {
    if (ms !== last) [last, text] = [ms, new Date(ms).toISOString()];
    return text;
  };
}
