import type { Config } from "@sluice/core";
import { query } from "@sluice/dns";
import { sleep } from "@sluice/runtime";

const timeoutMs = 2_000;
const lookEveryMs = 10;
const atOnce = 64;

type Nameserver = Config["nameservers"][number];
type Asking = { readonly config: Config; readonly site: string; readonly signal: AbortSignal };

/**
 * Waits until a nameserver answers a site for every service; answers since when, in monotonic milliseconds. Asking for all takes
 * longer than moving them, so the fence is watched, and its first sight counts if all is right under it.
 */
export async function untilAllAt(nameserver: Nameserver, asking: Asking): Promise<number> {
  let [fence, seenAt] = ["", 0];
  for (;;) {
    asking.signal.throwIfAborted();
    const now = await fenceAt(nameserver, asking);
    if (now !== fence) {
      [fence, seenAt] = [now, performance.now()];
      const isMoved = await areAllAt(nameserver, asking);
      if (isMoved && (await fenceAt(nameserver, asking)) === fence) return seenAt;
    }
    await sleep(lookEveryMs, asking.signal);
  }
}

async function fenceAt(nameserver: Nameserver, { config, signal }: Asking): Promise<string> {
  const name = `_sluice-fence.${config.zone.name}`;
  // Silence while a snapshot is taken in is no answer, and no reason to give up.
  const asked = query({ server: nameserver, name, type: "TXT", timeoutMs, signal }).catch(() => undefined);
  return String((await asked)?.answers[0]?.data ?? "");
}

async function areAllAt(nameserver: Nameserver, { config, site, signal }: Asking): Promise<boolean> {
  const addresses = config.sites.find(({ name }) => name === site)?.addresses ?? [];
  for (let at = 0; at < config.services.length; at += atOnce) {
    const answers = await Promise.all(
      config.services
        .slice(at, at + atOnce)
        .map(({ host }) => query({ server: nameserver, name: host, type: "A", timeoutMs, signal })),
    );
    if (!answers.every(({ answers: [record] }) => addresses.includes(String(record?.data)))) return false;
  }
  return true;
}
