import { SluiceError } from "@sluice/core";

/** `host` or `[::1]`, and a port. */
const serverForm = /^(\[[0-9A-Fa-f:.]+\]|[^\s:,@/?#[\]]+)(?::(\d{1,5}))?$/;
const serversMax = 16;

/**
 * One URL for each server that a URL names: `postgresql://user@a:5432,b:5432/db` is how libpq writes a cluster (PostgreSQL
 * manual §34.1.1.2). Of these the one that takes writes is used, so `target_session_attrs=read-write` may stand there and
 * no other value of it can be kept.
 */
export function serversOf(url: string): readonly string[] {
  const parts = /^(postgres(?:ql)?:\/\/(?:[^@/?#]*@)?)([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?$/.exec(url);
  if (!parts) throw refused("it is no postgresql:// URL");
  const [, before = "", hosts = "", path = "", query = ""] = parts;
  const settings = new URLSearchParams(query);
  const target = settings.get("target_session_attrs") ?? "read-write";
  if (!["read-write", "primary"].includes(target)) throw refused(`target_session_attrs=${target}, and we write`);
  settings.delete("target_session_attrs");
  const rest = settings.size === 0 ? path : `${path}?${settings.toString()}`;
  const servers = hosts.split(",");
  if (servers.length > serversMax) throw refused(`it names more than ${serversMax} servers`);
  return servers.map((server) => {
    // Without a host the driver has its own default, the socket of this machine.
    const isDefault = server === "" && servers.length === 1;
    if (!isDefault && !isServer(server)) throw refused("a server in it is no host:port");
    return `${before}${server}${rest}`;
  });
}

function isServer(text: string): boolean {
  const found = serverForm.exec(text);
  return found !== null && (found[2] === undefined || (Number(found[2]) > 0 && Number(found[2]) < 65_536));
}

/** The URL holds a password, so it isn't quoted. */
const refused = (because: string): SluiceError =>
  new SluiceError("STORE_UNAVAILABLE", `DATABASE_URL can't be used: ${because}`, {
    hint: "Write postgresql://user@host:port/database, or with several servers postgresql://user@host:port,host:port/database.",
  });
