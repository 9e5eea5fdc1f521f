"use strict";

/**
 * Encryption. Converts libpq's sslmode, the words of postgres.js and Node's TLS options into one form. Without an exact
 * match, the stricter mode is used.
 */

const { readFileSync } = require("node:fs");
const { isUint8Array } = require("node:util/types");
const { badSetting, cannotHonour } = require("./refusal.js");
const { text } = require("./values.js");

/**
 * Modes are libpq's levels (34.19, table 34.1), without `allow`. `ca` holds certificates to trust besides those of the
 * system, `cert` this client's certificate and `key` its private key, not encrypted; all are PEM. `servername` is the
 * name to verify, which is compared with the hosts.
 * @typedef {"disable" | "prefer" | "require" | "verify-ca" | "verify-full"} Mode
 * @typedef {{ mode: Mode, ca?: string, cert?: string, key?: string }} Tls
 * @typedef {Tls & { servername?: string }} WrittenTls
 */

/**
 * libpq's words (34.1.2, sslmode), and no-verify of node-postgres. `allow` tries without TLS first and `prefer` with
 * TLS first: both reach the same servers, and `prefer` is never weaker.
 * @type {Record<string, Mode>}
 */
const SSLMODES = {
  disable: "disable",
  allow: "prefer",
  prefer: "prefer",
  require: "require",
  "no-verify": "require",
  "verify-ca": "verify-ca",
  "verify-full": "verify-full",
};

/**
 * The words of `ssl=` in postgres.js: `allow` and `require` insist on TLS and accept any certificate, `prefer` connects
 * without TLS if the server has none, and any other word verifies.
 * @type {Record<string, Mode>}
 */
const SSL_WORDS = {
  ...SSLMODES,
  allow: "require",
  "verify-ca": "verify-full",
  true: "verify-full",
  1: "verify-full",
  false: "disable",
  0: "disable",
};

/** @type {(word: string | undefined, name: string, modes: Record<string, Mode>) => Mode | undefined} */
function modeOf(word, name, modes) {
  if (!word) return undefined;
  if (Object.hasOwn(modes, word)) return modes[word];
  throw badSetting(name, `be one of ${Object.keys(modes).join(", ")}`);
}

/**
 * Further options of Node, with the value that asks for what happens anyway: the native side speaks TLS 1.2 and 1.3.
 * `require` is an option of Sequelize.
 * @type {Readonly<Record<string, unknown>>}
 */
const NO_BEARING = { require: true, minVersion: "TLSv1.2", maxVersion: "TLSv1.3" };

/**
 * Reads the options of Node's tls.connect, which both drivers pass on as they are, or a boolean.
 * @type {(options: boolean | object) => WrittenTls}
 */
function tlsFromNode(options) {
  if (options === false) return { mode: "disable" };
  const { ca, cert, key, rejectUnauthorized, servername, ...others } =
    /** @type {Record<string, unknown>} */ (options === true ? {} : options);
  for (const [other, value] of Object.entries(others)) {
    if (value === undefined || other === "requestCert") continue; // the latter has a meaning in servers only
    if (Object.hasOwn(NO_BEARING, other) && NO_BEARING[other] === value) continue;
    const why = "of Node's options the native driver knows ca, cert, key, rejectUnauthorized and servername";
    throw cannotHonour(`ssl.${other}`, why);
  }
  return {
    // Node verifies unless this is exactly false.
    mode: rejectUnauthorized === false ? "require" : "verify-full",
    ca: rejectUnauthorized === false ? undefined : pem(ca, "ssl.ca", CERTIFICATE),
    ...clientCertificate(cert, key, ["ssl.cert", "ssl.key"]),
    servername: text(servername, "ssl.servername"),
  };
}

const CERTIFICATE = /-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/;
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/;
const ENCRYPTED_KEY = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/** Reads PEM text of one kind. @type {(value: unknown, name: string, mark: RegExp) => string | undefined} */
function pem(value, name, mark) {
  if (value === undefined || value === null || value === "") return undefined;
  const parts = (Array.isArray(value) ? value : [value]).map((part) => {
    if (typeof part === "string") return part;
    if (isUint8Array(part)) return Buffer.from(part).toString("utf8");
    throw badSetting(name, "be a string, a Buffer, or an array of them");
  });
  const joined = parts.join("\n");
  if (!mark.test(joined)) throw badSetting(name, "hold PEM text (-----BEGIN …)");
  return joined;
}

/** @type {(cert: unknown, key: unknown, names: [cert: string, key: string]) => Partial<Tls>} */
function clientCertificate(cert, key, [certName, keyName]) {
  const certText = pem(cert, certName, CERTIFICATE);
  const keyText = pem(key, keyName, PRIVATE_KEY);
  if (!certText && !keyText) return {};
  if (!certText) throw badSetting(keyName, `come with ${certName}`);
  if (!keyText) throw badSetting(certName, `come with ${keyName}`);
  if (ENCRYPTED_KEY.test(keyText)) throw cannotHonour(keyName, "the private key is encrypted");
  return { cert: certText, key: keyText };
}

/**
 * Reads a connection string's TLS settings, by libpq's rules (34.1.2 and 34.19); undefined if there are none.
 * A missing certificate setting is looked up in PGSSLROOTCERT, PGSSLCERT and PGSSLKEY (34.15).
 * @type {(said: Record<string, string | undefined>, env: NodeJS.ProcessEnv) => WrittenTls | undefined}
 */
function tlsFromLibpq(said, env) {
  // Examples of hosting providers contain both. As in postgres.js, sslmode takes precedence.
  let mode = modeOf(said.sslmode, "sslmode", SSLMODES) ?? modeOf(said.ssl, "ssl", SSL_WORDS);
  // A certificate implies verification, as in node-postgres.
  if (!mode && (said.sslrootcert || said.sslcert || said.sslkey)) mode = "verify-full";
  if (!mode) return undefined;

  const root = said.sslrootcert || text(env.PGSSLROOTCERT, "PGSSLROOTCERT");
  // These roots sign certificates for anyone, so the name must be verified (libpq, 34.1.2, sslrootcert).
  if (root === "system") mode = said.sslrootcert || mode !== "disable" ? "verify-full" : mode;
  else if (root && mode === "require") mode = "verify-ca";
  if (mode === "disable") return { mode };

  const usesRoot = root && root !== "system" && mode.startsWith("verify");
  if (mode === "verify-ca" && !usesRoot) {
    throw badSetting("sslmode=verify-ca", "come with sslrootcert; without one, sslmode=verify-full is safe");
  }
  const cert = said.sslcert || text(env.PGSSLCERT, "PGSSLCERT");
  const key = said.sslkey || text(env.PGSSLKEY, "PGSSLKEY");
  const [certText, keyText] = [cert && fileText(cert, "sslcert"), key && fileText(key, "sslkey")];
  return {
    mode,
    ca: usesRoot ? pem(fileText(root, "sslrootcert"), "sslrootcert", CERTIFICATE) : undefined,
    ...clientCertificate(certText, keyText, ["sslcert", "sslkey"]),
  };
}

/** @type {(path: string, name: string) => string} */
function fileText(path, name) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code ?? "unknown";
    throw badSetting(name, `name a file that can be read (${code})`);
  }
}

module.exports = { tlsFromNode, tlsFromLibpq };
