import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** An authority of one test's own, in a directory; it is as good as any for as long as the test takes. */
export type Authority = { readonly directory: string; readonly certFile: string; readonly ca: string };

export type Certificate = { readonly certFile: string; readonly keyFile: string };

/** By openssl: Node can read certificates, but makes none. */
export function makeAuthority(directory: string, name: string): Authority {
  const [certFile, keyFile] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)];
  const subject = ["-subj", `/CN=${name}`, "-days", "2", "-addext", "basicConstraints=critical,CA:TRUE"];
  openssl(["req", "-x509", ...newKey, "-keyout", keyFile, "-out", certFile, ...subject]);
  return { directory, certFile, ca: readFileSync(certFile, "utf8") };
}

/** `files`: the names without an ending, where certificate and key go. */
export function certify(authority: Authority, dnsName: string, files: Certificate): Certificate {
  const request = join(authority.directory, `${dnsName}.csr`);
  const extensions = join(authority.directory, `${dnsName}.ext`);
  writeFileSync(extensions, `subjectAltName=DNS:${dnsName}\nextendedKeyUsage=serverAuth,clientAuth\n`);
  openssl(["req", "-new", ...newKey, "-subj", `/CN=${dnsName}`, "-keyout", files.keyFile, "-out", request]);
  const signer = ["-CA", authority.certFile, "-CAkey", authority.certFile.replace(/crt$/, "key"), "-CAcreateserial"];
  openssl(["x509", "-req", "-in", request, ...signer, "-days", "2", "-extfile", extensions, "-out", files.certFile]);
  return files;
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

function openssl(args: readonly string[]): void {
  execFileSync("openssl", [...args], { stdio: ["ignore", "ignore", "pipe"] });
}
