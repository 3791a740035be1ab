import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { ModelServerOptions } from "./server.ts";

export const usage = `A model server for the lab: it speaks what an llm-d pool speaks, and fails on request.

  node test/lab/model-server/main.ts --site site-a --channel stable --index 1 --host 127.0.1.1 --port 9001

  --site, --channel, --index  make the name in the x-served-by header, as in site-a/stable/1
  --host, --port              where HTTP/1.1 and gRPC (cleartext) are served; port 0 takes any
  --grpc-port                 a second port that serves the same
  --admin-port                the admin door that stays open under every fault; any port by default
  --admin-token-file          the bearer token for /admin; without it only callers on this host are heard
  --model                     the model's id (llama-3-8b)
  --seed                      makes the chances of faults repeatable (1)
  --token-ms                  time each token takes, in milliseconds (5)

Faults: GET, PUT or DELETE /admin/faults on either port; test/lab/model-server/faults.ts says what each does.
`;

/** What the command line asks for, or a sentence saying what is wrong with it. */
export type ParsedFlags =
  | { readonly kind: "options"; readonly options: ModelServerOptions }
  | { readonly kind: "help" }
  | { readonly kind: "error"; readonly message: string };

const text = { type: "string" } as const;

export function parseFlags(args: readonly string[]): ParsedFlags {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: "boolean" },
        site: text,
        channel: text,
        index: text,
        host: text,
        port: text,
        model: text,
        seed: text,
        "grpc-port": text,
        "admin-port": text,
        "admin-token-file": text,
        "token-ms": text,
      },
    });
    if (values.help === true) return { kind: "help" };
    const options: ModelServerOptions = {
      site: word("site", values.site),
      channel: word("channel", values.channel),
      index: need("index", number("index", values.index, 1_000_000)),
      host: need("host", values.host),
      port: need("port", number("port", values.port, 65_535)),
      grpcPort: number("grpc-port", values["grpc-port"], 65_535),
      adminPort: number("admin-port", values["admin-port"], 65_535),
      model: values.model,
      adminToken: values["admin-token-file"] === undefined ? undefined : readToken(values["admin-token-file"]),
      seed: number("seed", values.seed, 0xffff_ffff),
      tokenMs: number("token-ms", values["token-ms"], 60_000),
    };
    return { kind: "options", options };
  } catch (error) {
    return { kind: "error", message: error instanceof Error ? error.message : String(error) };
  }
}

function need<T>(flag: string, value: T | undefined): T {
  if (value === undefined) throw new Error(`--${flag} is missing`);
  return value;
}

/** Names go into a header, so they keep to the letters of DNS labels. */
function word(flag: string, value: string | undefined): string {
  const given = need(flag, value);
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(given))
    throw new Error(`--${flag} must be a name of a-z, 0-9 and "-"`);
  return given;
}

function number(flag: string, value: string | undefined, max: number): number | undefined {
  if (value === undefined) return undefined;
  const given = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(given <= max)) throw new Error(`--${flag} must be a whole number from 0 to ${max}`);
  return given;
}

/** An empty token would open the door to everybody, so it is refused. */
function readToken(path: string): string {
  const token = readFileSync(path, "utf8").trim();
  if (token === "") throw new Error(`the admin token file ${path} is empty`);
  return token;
}
