import type { Fault } from "../fault.ts";

let entriesBefore = 0;

export const databaseSilent: Fault = {
  id: "F16",
  about: "The database is gone for everybody: what is connected is cut, and what connects hears nothing",
  how: "a TCP proxy before it hangs up, then takes connections and passes nothing on",
  expect: { kind: "stays", forMs: 20_000 },
  async inject({ door, observer }) {
    entriesBefore = observer.journal().length;
    door.set({ kind: "silent" });
    door.reset();
  },
  heal: async ({ door }) => door.set({ kind: "open" }),
  // The leader couldn't write it down before.
  whyWrongAfter: async (scene) => {
    const isIn = (): boolean =>
      scene.observer
        .journal()
        .slice(entriesBefore)
        .some(({ event }) => event.kind === "failsafe-entered");
    await scene.until("the leader says that it went on in failsafe", async () => isIn());
    return undefined;
  },
};
