import { parseEnvelope, parseKeyset } from "@sluice/contract";
import { type Config, type KeyEntry, type Keyset, SluiceError } from "@sluice/core";
import { fingerprintOf, readKeyset } from "@sluice/keys";
import { request } from "@sluice/runtime";
import type { Command } from "commander";
import type { ArbiterClient } from "../arbiter-client.ts";
import { connect, globalsOf, print } from "../session.ts";
import { table } from "../table.ts";

const askMs = 2_000;

/** Unit: bytes. All of a process's metrics. */
const metricsMax = 4_194_304;

type Holder = { readonly name: string; readonly version: number | null };

export async function keysList(options: { readonly root?: string }, command: Command): Promise<void> {
  const globals = globalsOf(command);
  const client = options.root === undefined ? await connect(globals) : undefined;
  const keyset = client ? await newest(client) : await readKeyset(options.root ?? "");
  const holders = client ? await askHolders(client) : [];
  const { installation, version, keys, revoked = [] } = keyset;
  const shown = [...keys.map((entry) => show(entry, "good")), ...revoked.map((entry) => show(entry, "revoked"))];
  print(globals, { installation, version, keys: shown, holders }, [
    `keyset ${version} of ${installation}`,
    ...table(
      ["KEY", "NAME", "ROLE", "SITE", "STATE", "FINGERPRINT"],
      shown.map((each) => [each.id, each.name, each.role, each.site, each.state, each.fingerprint]),
    ),
    ...(client ? holderLines(holders, version) : []),
  ]);
}

const show = ({ id, name, role, site, publicKey }: KeyEntry, state: "good" | "revoked") => ({
  id,
  name,
  role,
  site,
  state,
  fingerprint: fingerprintOf(publicKey),
});

/** By every arbiter that answers: one that was away may have an older one. */
async function newest(client: ArbiterClient): Promise<Keyset> {
  const outcomes = await client.askEach("/v1/keyset");
  const keysets = outcomes.flatMap((outcome) => {
    const envelope = outcome.kind === "answer" ? parseEnvelope(outcome.body) : undefined;
    return (envelope && keysetIn(envelope.payload)) ?? [];
  });
  const best = keysets.toSorted((one, other) => other.version - one.version)[0];
  if (best) return best;
  const problem = outcomes.find((outcome) => outcome.kind !== "answer");
  throw problem?.error ?? new SluiceError("UNREACHABLE", "no arbiter answered with a keyset", { transient: true });
}

/** One arbiter that talks nonsense hides no other's answer. */
function keysetIn(payload: string): Keyset | undefined {
  try {
    return parseKeyset(JSON.parse(payload));
  } catch {
    return undefined;
  }
}

/** Every process says in its metrics which keyset it goes by; null for those that can't be reached from here. */
async function askHolders(client: ArbiterClient): Promise<readonly Holder[]> {
  const { config } = (await client.get("/v1/config/current")) as { readonly config: Config };
  const { arbiters, agents, nameservers, gateways } = config;
  return Promise.all(
    [...arbiters, ...agents, ...nameservers, ...gateways].map(async ({ name, url }) => {
      try {
        const { body } = await request({ url: `${url}/metrics`, timeoutMs: askMs, bytesMax: metricsMax });
        const found = /^sluice_keyset_version (\d+)$/m.exec(String(body))?.[1];
        return { name, version: found === undefined ? null : Number(found) };
      } catch (error) {
        if (!(error instanceof SluiceError)) throw error;
        return { name, version: null };
      }
    }),
  );
}

function holderLines(holders: readonly Holder[], version: number): readonly string[] {
  const behind = holders.filter((holder) => holder.version !== version);
  const names = behind.map(
    ({ name, version: has }) => `${name} ${has === null ? "can't be asked from here" : `has ${has}`}`,
  );
  const all = `${holders.length - behind.length} of ${holders.length} processes go by it`;
  return [names.length === 0 ? all : `${all}; ${names.join(", ")}`];
}
