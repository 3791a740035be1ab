import { errorCode, frameBytesMax, setting, windowBytesMax, windowBytesUnsaid } from "./codes.ts";
import { type Frame, readUint32 } from "./frame-reader.ts";

/** What the other side has said of itself (RFC 9113 §6.5.2). */
export type Settings = { streams: number; windowBytes: number; tableBytes: number };

/** Before it says anything: RFC 9113 recommends 100 streams at least, and names no limit. */
export const unsaid: Settings = { streams: 100, windowBytes: windowBytesUnsaid, tableBytes: 4_096 };

/** Takes over what the frame says; what it can't be, as an error's code. */
export function readSettings({ bytes, from, to }: Frame, into: Settings, isFromServer: boolean): number | undefined {
  for (let at = from; at < to; at += 6) {
    const id = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    const value = readUint32(bytes, at + 2);
    if (id === setting.tableBytes) into.tableBytes = value;
    else if (id === setting.streams) into.streams = value;
    else if (id === setting.windowBytes) {
      if (value > windowBytesMax) return errorCode.flowControl;
      into.windowBytes = value;
    } else if (id === setting.push) {
      if (value > 1 || (value === 1 && isFromServer)) return errorCode.protocol;
    } else if (id === setting.frameBytes && (value < frameBytesMax || value > 0xff_ff_ff)) return errorCode.protocol;
  }
  return undefined;
}
