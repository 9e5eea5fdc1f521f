// Certificates of every kind, made by openssl for one test file.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { handOver, run } from "../../support/server/program.mjs";
import { OPENSSL } from "./packages.mjs";

export interface Certificate {
  /** PEM files. What is signed by an authority in between holds that one's certificate as well. */
  certFile: string;
  keyFile: string;
  cert: string;
  key: string;
}

interface Wanted {
  /** What it says of its owner. */
  subject: string;
  /** An extension's lines in openssl's own words. */
  extensions: string;
  /** Days from now. */
  from?: number;
  until?: number;
}

const CONFIG = (folder: string) => `
[ca]
default_ca = own
[own]
database = ${folder}/index
new_certs_dir = ${folder}
rand_serial = yes
default_md = sha256
policy = anything
email_in_dn = no
unique_subject = no
copy_extensions = none
[anything]
commonName = supplied
`;

const AUTHORITY = "basicConstraints = critical, CA:true\nkeyUsage = critical, keyCertSign";

/** Somebody who signs certificates. */
export class Authority implements Certificate {
  declare readonly certFile: string;
  declare readonly keyFile: string;
  declare readonly cert: string;
  declare readonly key: string;

  private constructor(
    readonly folder: string,
    files: Certificate,
    readonly chain: string,
  ) {
    Object.assign(this, files);
  }

  /** One that nobody vouches for. */
  static async root(parent: string, name: string): Promise<Authority> {
    const folder = folderOf(parent, name);
    return new Authority(folder, await selfSigned(folder, { subject: name, extensions: AUTHORITY }), "");
  }

  /** One that this one vouches for. */
  async below(name: string): Promise<Authority> {
    const folder = folderOf(this.folder, name);
    const files = await this.sign(name, { subject: name, extensions: AUTHORITY });
    return new Authority(folder, files, files.cert);
  }

  async server(name: string, alternatives: string, times: Pick<Wanted, "from" | "until"> = {}) {
    const extensions = alternatives ? `subjectAltName = ${alternatives}` : "keyUsage = digitalSignature";
    return this.sign(name, { subject: "localhost", extensions, ...times });
  }

  async client(user: string, times: Pick<Wanted, "from" | "until"> = {}) {
    return this.sign(user, { subject: user, extensions: "extendedKeyUsage = clientAuth", ...times });
  }

  /** One that is older than extensions, as openssl makes it where nobody asks for any. */
  async versionOne(name: string): Promise<Certificate> {
    const [request, keyFile, certFile] = ["csr", "key", "crt"].map((kind) =>
      path.join(this.folder, `${name}.${kind}`),
    ) as [string, string, string];
    await openssl(this.folder, "req", "-new", ...newKey(keyFile), "-subj", "/CN=localhost", "-out", request);
    await openssl(
      this.folder,
      ...["x509", "-req", "-in", request, "-days", "30", "-out", certFile],
      ...["-CA", this.certFile, "-CAkey", this.keyFile, "-CAcreateserial"],
    );
    return read(certFile, keyFile);
  }

  async sign(name: string, { subject, extensions, from = -1, until = 30 }: Wanted): Promise<Certificate> {
    const [config, request, keyFile, certFile, extensionFile] = ["config", "csr", "key", "crt", "ext"].map(
      (kind) => path.join(this.folder, `${name}.${kind}`),
    ) as [string, string, string, string, string];
    writeFileSync(config, CONFIG(this.folder));
    writeFileSync(extensionFile, `${extensions}\n`);
    writeFileSync(path.join(this.folder, "index"), "");
    handOver(path.join(this.folder, "index"));
    await openssl(this.folder, "req", "-new", ...newKey(keyFile), "-subj", `/CN=${subject}`, "-out", request);
    await openssl(
      this.folder,
      "ca",
      ...["-batch", "-notext", "-config", config, "-cert", this.certFile, "-keyfile", this.keyFile],
      ...["-in", request, "-extfile", extensionFile, "-out", certFile],
      ...["-startdate", asn1Time(from), "-enddate", asn1Time(until)],
    );
    const cert = readFileSync(certFile, "utf8") + this.chain;
    writeFileSync(certFile, cert);
    return read(certFile, keyFile);
  }
}

/** A certificate that is its own authority. */
export async function selfSigned(folder: string, { subject, extensions }: Wanted): Promise<Certificate> {
  const [keyFile, certFile] = [path.join(folder, "own.key"), path.join(folder, "own.crt")];
  const added = extensions.split("\n").flatMap((line) => ["-addext", line.replace(" = ", "=")]);
  const subjectArguments = ["-subj", `/CN=${subject}`, "-days", "30", "-out", certFile];
  await openssl(
    folder,
    "req",
    "-x509",
    ...newKey(keyFile),
    ...bareConfig(folder),
    ...subjectArguments,
    ...added,
  );
  return read(certFile, keyFile);
}

/** A server's certificate that is an authority's as well, which is what openssl makes unless told otherwise. */
export function authoritysOwn(folder: string, alternatives: string): Promise<Certificate> {
  const extensions = `subjectAltName = ${alternatives}\nbasicConstraints = critical,CA:true`;
  return selfSigned(folder, { subject: "localhost", extensions });
}

function read(certFile: string, keyFile: string): Certificate {
  return { certFile, keyFile, cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
}

const newKey = (file: string) => [
  ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
  ...["-nodes", "-keyout", file],
];

/** The machine's own would add extensions that contradict ours. */
function bareConfig(folder: string): string[] {
  const file = path.join(folder, "bare.config");
  writeFileSync(file, "[req]\ndistinguished_name = name\n[name]\n");
  return ["-config", file];
}

function openssl(folder: string, ...args: string[]): Promise<void> {
  return run(OPENSSL, args, folder);
}

export function folderOf(parent: string, name: string): string {
  const folder = path.join(parent, name);
  mkdirSync(folder);
  handOver(folder);
  return folder;
}

/** YYYYMMDDHHMMSSZ */
function asn1Time(days: number): string {
  const iso = new Date(Date.now() + days * 86_400_000).toISOString();
  return `${iso.slice(0, 19).replace(/[-:T]/g, "")}Z`;
}
