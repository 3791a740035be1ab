/** Takes bytes as they come and hands on whole messages, each behind two bytes of length (RFC 7766 §8). */
export interface Frames {
  /** False when what came can be no DNS message: the stream is lost, since nobody knows where the next one begins. */
  push(chunk: Buffer): boolean;
}

const headerBytes = 12;

/**
 * Cuts a stream into messages, wherever it was cut before. What is kept is one message, at most 65,535 bytes, and each byte is
 * copied once, so a client that sends single bytes costs no more than its own sending. `take` answers false to stop.
 */
export function makeFrames(take: (message: Buffer) => boolean): Frames {
  const length = Buffer.alloc(2);
  let message: Buffer | undefined;
  let filled = 0;
  return {
    push(chunk) {
      let at = 0;
      while (at < chunk.length) {
        const target = message ?? length;
        const bytes = chunk.copy(target, filled, at, at + target.length - filled);
        at += bytes;
        filled += bytes;
        if (filled < target.length) return true;
        filled = 0;
        if (message) {
          const whole = message;
          message = undefined;
          if (!take(whole)) return false;
        } else {
          const bytesNext = length.readUInt16BE(0);
          if (bytesNext < headerBytes) return false;
          message = Buffer.alloc(bytesNext);
        }
      }
      return true;
    },
  };
}
