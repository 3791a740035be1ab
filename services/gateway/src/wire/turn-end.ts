/** Something that has bytes to send. */
export interface Speaker {
  /** Sends what it has; nothing, if that has left meanwhile. */
  send(): void;
}

/**
 * What connections of HTTP/1.1 say in one turn of the event loop is sent at its end, by one after the other, or when so many have something to say.
 * Each write may have to wake the process that it is for, which costs more than the write does; the second of two in a row finds it awake.
 * Whoever asks for it may say it after that: it is never asked within this call.
 */
export function sendAtTurnEnd(speaker: Speaker): void {
  if (due.length >= dueMax) sendAll();
  if (due.length === 0) setImmediate(sendAll);
  due.push(speaker);
}

/** More would keep the first one waiting, and the processes on the other side idle. */
const dueMax = 32;

let due: Speaker[] = [];

function sendAll(): void {
  const speakers = due;
  due = [];
  for (const speaker of speakers) speaker.send();
}
