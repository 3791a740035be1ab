import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Agent, startAgent } from "@sluice/agent";
import { type Arbiter, startArbiter } from "@sluice/arbiter";
import { checkConfig } from "@sluice/contract";
import type { Config, Envelope, EnvelopeKind, Keyset, Opinion, Report, Traffic } from "@sluice/core";
import {
  type Answer,
  type Ask,
  generateKeyPair,
  makeLogger,
  readKeyring,
  request,
  signerFromPem,
  systemClock,
} from "@sluice/runtime";
import { makeMemoryDatabase } from "@sluice/testkit";
import { settingsOf, sites } from "../test-settings.ts";

/** A vote counts for four intervals, and no test takes that long: one report of each agent lasts. Unit: milliseconds. */
const lastingMs = 60_000;
export const tokens = { operator: "operator-of-the-test", node: "node-of-the-test" };
const arbiterNames = ["arbiter-w", "arbiter-b"] as const;
export type ArbiterName = (typeof arbiterNames)[number];

/** Two real arbiters on one store in memory, and agents that say what a test makes them say. */
export interface Arbiters {
  readonly config: Config;
  /** The configuration as a file would have it, to change and apply. */
  settings(extra?: object): object;
  readonly urls: Readonly<Record<ArbiterName, string>>;
  ask(path: string, extra?: Partial<Ask> & { readonly of?: ArbiterName }): Promise<Answer>;
  sign(signer: string, kind: EnvelopeKind, value: unknown): Envelope;
  /** A well-made report of an agent, numbered, with the nonce of the arbiter's last reply. */
  report(agent: string, to: ArbiterName, changes?: Partial<Report>): Report;
  send(envelope: unknown, to?: ArbiterName): Promise<Answer>;
  /** All agents vote that every target is so, at both arbiters, and those of some sites what their own traffic is like. */
  vote(opinion: Opinion, traffic?: Readonly<Record<string, Traffic>>): Promise<void>;
  /** The witness's agent as it really is, in place of the one that the test speaks for. */
  startAgent(): Promise<void>;
  close(): Promise<void>;
}

/** Opens them, with all votes healthy and the first arbiter leading. */
export async function openArbiters(intervalMs = lastingMs): Promise<Arbiters> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-api-"));
  const urls = { "arbiter-w": await freeUrl(), "arbiter-b": await freeUrl() };
  const base = settingsWith(urls, { intervalMs, agentUrl: await freeUrl() });
  const settings = (extra: object = {}): object => ({ ...base, ...extra });
  const checked = checkConfig(settings());
  if (checked.kind === "invalid") throw new Error(JSON.stringify(checked.problems));
  const { config } = checked;
  const pems = await writeKeys(directory);
  const database = makeMemoryDatabase(systemClock);
  const running: Arbiter[] = [];
  const agents: Agent[] = [];
  for (const name of arbiterNames) {
    const keyring = await readKeyring(directory);
    const logger = makeLogger({ service: "test", name, level: "silent" });
    const signer = signerFromPem(pems[name] ?? "", name);
    running.push(
      await startArbiter({
        name,
        config,
        ...database.open(),
        clock: systemClock,
        logger,
        signer,
        keyring,
        tokens,
        stateDir: join(directory, name),
      }),
    );
  }
  const arbiters = makeArbiters({ config, settings, urls, pems });
  await until("the first arbiter leads and has decided", async () => {
    await arbiters.vote("healthy");
    const { body } = await arbiters.ask("/v1/status");
    const { isLeading, fence } = body as { isLeading: boolean; fence: string | null };
    return isLeading && fence !== null;
  });
  return {
    ...arbiters,
    async startAgent() {
      const stateDir = await mkdtemp(join(directory, "agent-"));
      const logger = makeLogger({ service: "test", name: "agent", level: "silent" });
      const [name, keyring] = ["agent-site-w", await readKeyring(directory)];
      const signer = signerFromPem(pems[name] ?? "", name);
      const agent = await startAgent({ name, config, clock: systemClock, logger, signer, keyring, tokens, stateDir });
      agents.push(agent);
    },
    async close() {
      await Promise.all(agents.map((agent) => agent.close()));
      await Promise.all(running.map((arbiter) => arbiter.close()));
      await rm(directory, { recursive: true });
    },
  };
}

type Parts = Pick<Arbiters, "config" | "settings" | "urls"> & { readonly pems: Readonly<Record<string, string>> };

function makeArbiters({ pems, ...parts }: Parts): Omit<Arbiters, "close" | "startAgent"> {
  const nonces = new Map<string, string>();
  const bootId = randomBytes(8).toString("hex");
  let seq = 0;
  const url = (of: ArbiterName = "arbiter-w"): string => parts.urls[of];
  const sign: Arbiters["sign"] = (signer, kind, value) => signerFromPem(pems[signer] ?? "", signer).sign(kind, value);
  const send: Arbiters["send"] = async (envelope, to) => {
    const answer = await request({ url: `${url(to)}/v1/reports`, method: "POST", body: envelope, timeoutMs: 20_000 });
    const { keyId } = envelope as Envelope;
    const { nonce } = answer.body as { nonce?: string };
    if (nonce !== undefined) nonces.set(`${keyId} ${to ?? "arbiter-w"}`, nonce);
    return answer;
  };
  const report: Arbiters["report"] = (agent, to, changes) => ({
    agent,
    arbiter: to,
    nonce: nonces.get(`${agent} ${to}`) ?? "",
    bootId,
    seq: (seq += 1),
    configRevision: 0,
    selfCheck: { kind: "ok" },
    votes: [],
    ...changes,
  });
  return {
    ...parts,
    ask: (path, { of, ...extra } = {}) =>
      request({ url: `${url(of)}${path}`, token: tokens.operator, timeoutMs: 20_000, bytesMax: 8_388_608, ...extra }),
    sign,
    report,
    send,
    async vote(opinion, traffic = {}) {
      const votesOf = (own: string): Report["votes"] =>
        ["site-a", "site-b"].map((site) => {
          const said = site === own ? traffic[site] : undefined;
          return { target: `pool:chat/stable@${site}`, opinion, suspect: false, ...(said ? { traffic: said } : {}) };
        });
      for (const to of arbiterNames) {
        for (const site of sites) {
          const agent = `agent-${site}`;
          await send(sign(agent, "report", report(agent, to)), to);
          const { body } = await send(sign(agent, "report", report(agent, to, { votes: votesOf(site) })), to);
          if ((body as { kind: string }).kind !== "counted") throw new Error(JSON.stringify(body));
        }
      }
    },
  };
}

function settingsWith(urls: Arbiters["urls"], of: { intervalMs: number; agentUrl: string }) {
  // Nobody listens at the first two, and none at the witness's until it is started: the test speaks for them.
  const agents = { "site-a": "http://127.0.0.1:1", "site-b": "http://127.0.0.1:2", "site-w": of.agentUrl };
  const settings = settingsOf(urls, agents);
  return { ...settings, probes: { ...settings.probes, intervalMs: of.intervalMs } };
}

/** Keys of everybody, and a keyset that names them all. Answers the private ones. */
async function writeKeys(directory: string): Promise<Readonly<Record<string, string>>> {
  const root = generateKeyPair();
  const entries = [
    ...arbiterNames.map((name) => ({ name, role: "arbiter", site: name.replace("arbiter", "site") }) as const),
    ...sites.map((site) => ({ name: `agent-${site}`, role: "agent", site }) as const),
    // It has a key, and no place in the configuration.
    { name: "agent-site-x", role: "agent", site: "site-x" } as const,
  ].map((entry) => ({ ...entry, pair: generateKeyPair() }));
  const keys = entries.map(({ pair, ...entry }) => ({ id: entry.name, ...entry, publicKey: pair.publicKey }));
  const keyset: Keyset = { installation: "trial", version: 1, keys };
  await writeFile(join(directory, "root.pub"), root.publicPem);
  const signed = signerFromPem(root.privatePem, "root").sign("keyset", keyset);
  await writeFile(join(directory, "keyset.json"), JSON.stringify(signed));
  return { root: root.privatePem, ...Object.fromEntries(entries.map(({ name, pair }) => [name, pair.privatePem])) };
}

async function freeUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${typeof bound === "object" ? bound?.port : 0}`;
}

/** Looks again until it is so. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`never came to be: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
