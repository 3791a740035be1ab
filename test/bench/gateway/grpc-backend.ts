import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, type IncomingHttpHeaders } from "node:http2";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { keepRunning } from "../../peers/child.ts";
import { peer } from "../../peers/peer.ts";
import { type Address, port, serviceHost } from "./addresses.ts";
import type { Running } from "./haproxy.ts";
import { untilListening } from "./until-listening.ts";

/** The ending says to nghttpd which type it is. */
export const unaryPath = "/bench.Echo/Unary.grpc";
export const unaryFlags: readonly string[] = ["-H", "content-type: application/grpc", "-H", "te: trailers"];

/** A gRPC server as far as the wire goes: nghttpd answers every call with one message from a file, and `grpc-status: 0` after it. */
export interface GrpcBackend {
  /** The body of a call. */
  readonly requestFile: string;
  listenAt(host: string): Promise<Running>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startGrpcBackend(): Promise<GrpcBackend> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-bench-grpc-"));
  const [files, types, requestFile] = ["files", "mime.types", "request"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  await mkdir(dirname(join(files, unaryPath)), { recursive: true });
  await writeFile(join(files, unaryPath), message);
  await writeFile(types, "application/grpc grpc\n");
  await writeFile(requestFile, message);
  return {
    requestFile,
    async listenAt(host) {
      const flags = ["--no-tls", "--trailer=grpc-status: 0", "--no-content-length", `--mime-types-file=${types}`];
      const running = keepRunning(peer("nghttpd").path ?? "nghttpd", [
        ...flags,
        `--address=${host}`,
        `--htdocs=${files}`,
        String(port),
      ]);
      await untilListening({ host, port }, running.said);
      return { address: { host, port }, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** One uncompressed message of 64 bytes: a flag, the length, the message. */
const message = Buffer.concat([Buffer.from([0, 0, 0, 0, 64]), Buffer.alloc(64, "m")]);

/** Why a call there doesn't end as gRPC ends, or undefined when it does. */
export async function whyNotUnary({ host, port: at }: Address): Promise<string | undefined> {
  const session = connect(`http://${host}:${at}`);
  try {
    const { headers, trailers, bytes } = await new Promise<Call>((resolve, reject) => {
      session.on("error", reject);
      const stream = session.request({
        ":method": "POST",
        ":path": unaryPath,
        ":authority": serviceHost,
        "content-type": "application/grpc",
        te: "trailers",
      });
      const call = { headers: {} as IncomingHttpHeaders, trailers: {} as IncomingHttpHeaders, bytes: 0 };
      stream.on("response", (got) => (call.headers = got));
      stream.on("trailers", (got) => (call.trailers = got));
      stream.on("data", (piece: Buffer) => (call.bytes += piece.length));
      stream.on("error", reject);
      stream.on("close", () => resolve(call));
      stream.end(message);
    });
    const isWhole = trailers["grpc-status"] === "0" && bytes === message.length;
    return isWhole ? undefined : `a call got ${bytes} bytes, ${JSON.stringify(headers)}, ${JSON.stringify(trailers)}`;
  } catch (error) {
    return String(error);
  } finally {
    session.destroy();
  }
}

type Call = { readonly headers: IncomingHttpHeaders; readonly trailers: IncomingHttpHeaders; readonly bytes: number };
