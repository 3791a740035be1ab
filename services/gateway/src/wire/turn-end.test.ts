import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { sendAtTurnEnd } from "./turn-end.ts";

test("however many speak in one turn, and whether they ask first or speak first, all of it is sent", async () => {
  const sent: string[] = [];
  const speak = (name: string): void => {
    let out = "";
    const send = (): void => {
      if (out !== "") sent.push(out);
      out = "";
    };
    sendAtTurnEnd({ send });
    out += name;
  };
  const names = Array.from({ length: 1_000 }, (_, index) => `${index}`);
  for (const name of names) speak(name);
  await turn();
  assert.deepEqual(sent, names);
});

test("who speaks again while others send is sent too", async () => {
  const sent: number[] = [];
  const again = (left: number): void => {
    sent.push(left);
    if (left > 0) sendAtTurnEnd({ send: () => again(left - 1) });
  };
  sendAtTurnEnd({ send: () => again(3) });
  for (let turns = 0; turns < 5; turns += 1) await turn();
  assert.deepEqual(sent, [3, 2, 1, 0]);
});
