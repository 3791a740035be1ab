/** Something that has bytes to send. */
export interface Speaker {
  /** Sends what it has; nothing, if that has left meanwhile. */
  send(): void;
}

/**
 * What connections say in one turn of the event loop is sent at its end, or when so many have something to say, by one after the other. Each
 * write may have to wake the process that it is for, which costs more than the write does; the second of two in a row finds it awake.
 */
export function sendAtTurnEnd(speaker: Speaker): void {
  if (due.length === 0) setImmediate(sendAll);
  due.push(speaker);
  if (due.length >= dueMax) sendAll();
}

/** More would keep the first one waiting, and the processes on the other side idle. */
const dueMax = 32;

let due: Speaker[] = [];

function sendAll(): void {
  const speakers = due;
  due = [];
  for (const speaker of speakers) speaker.send();
}
