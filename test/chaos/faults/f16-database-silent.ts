import type { Fault } from "../fault.ts";

export const databaseSilent: Fault = {
  id: "F16",
  about: "The database is gone for everybody: what is connected is cut, and what connects hears nothing",
  how: "a TCP proxy before it hangs up, then takes connections and passes nothing on",
  expect: { kind: "stays", forMs: 20_000 },
  async inject({ door }) {
    door.set({ kind: "silent" });
    door.reset();
  },
  heal: async ({ door }) => door.set({ kind: "open" }),
};
