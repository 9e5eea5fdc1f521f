"use strict";

/**
 * Encryption. Four ways of asking for it (libpq's sslmode, the words of postgres.js, Node's TLS options,
 * and a boolean) become one. Where no exact match exists the stricter one is taken.
 */

const { readFileSync } = require("node:fs");
const { badSetting, cannotHonour } = require("./refusal.js");
const { text } = require("./values.js");

/**
 * libpq's levels (34.19, table 34.1), without `allow`.
 * @typedef {"disable" | "prefer" | "require" | "verify-ca" | "verify-full"} Mode
 */

/**
 * @typedef {object} Tls
 * @property {Mode} mode
 * @property {string} [ca] certificates to trust beside those of the system, PEM
 * @property {string} [cert] this client's certificate, PEM
 * @property {string} [key] its private key, PEM, not encrypted
 */

/**
 * As read from a source: the name to verify is still there, to be compared with the hosts.
 * @typedef {Tls & { servername?: string }} WrittenTls
 */

/** @type {Readonly<Tls>} */
const DISABLED = Object.freeze({ mode: "disable" });
/** @type {Readonly<Tls>} */
const VERIFIED = Object.freeze({ mode: "verify-full" });

/**
 * libpq's words (34.1.2, sslmode), and node-postgres's no-verify.
 * `allow` begins without TLS and turns to it when refused; `prefer` does it the other way round, which
 * reaches the same servers and is never weaker.
 * @type {ReadonlyMap<string, Mode>}
 */
const SSLMODES = new Map([
  ["disable", "disable"],
  ["allow", "prefer"],
  ["prefer", "prefer"],
  ["require", "require"],
  ["no-verify", "require"],
  ["verify-ca", "verify-ca"],
  ["verify-full", "verify-full"],
]);

/**
 * What an `ssl` word means to postgres.js: `allow` and `require` insist on TLS and believe any
 * certificate, `prefer` does without TLS where the server has none, anything else verifies.
 * @type {ReadonlyMap<string, Mode>}
 */
const SSL_WORDS = new Map([
  ["disable", "disable"],
  ["false", "disable"],
  ["0", "disable"],
  ["allow", "require"],
  ["require", "require"],
  ["no-verify", "require"],
  ["prefer", "prefer"],
  ["verify-ca", "verify-full"],
  ["verify-full", "verify-full"],
  ["true", "verify-full"],
  ["1", "verify-full"],
]);

/**
 * An `ssl` setting as a user writes it.
 * @param {unknown} ssl
 * @param {string} name
 * @returns {WrittenTls | undefined}
 */
function tlsFromSetting(ssl, name) {
  if (ssl === undefined || ssl === "") return undefined;
  if (ssl === null || ssl === false) return DISABLED;
  if (ssl === true) return VERIFIED;
  if (typeof ssl === "string") {
    const mode = SSL_WORDS.get(ssl);
    if (mode) return { mode };
    throw badSetting(name, `be a boolean, an object, or one of ${[...SSL_WORDS.keys()].join(", ")}`);
  }
  if (typeof ssl !== "object") throw badSetting(name, "be a boolean, a string or an object");
  return tlsFromNode(/** @type {Record<string, unknown>} */ (ssl), name);
}

/**
 * Further options of Node's, with the only value that asks for nothing more than what happens anyway.
 * @type {Readonly<Record<string, unknown>>}
 */
const NO_BEARING = {
  require: true, // written by people who come from Sequelize; an object asks for TLS as it is
  minVersion: "TLSv1.2", // the native side speaks 1.2 and 1.3 only
  maxVersion: "TLSv1.3",
};

/**
 * Options of Node's tls.connect, which both drivers hand over as they are.
 * @param {Record<string, unknown>} options
 * @param {string} name
 * @returns {WrittenTls}
 */
function tlsFromNode(options, name) {
  const { ca, cert, key, rejectUnauthorized, servername, ...others } = options;
  for (const [other, value] of Object.entries(others)) {
    if (value === undefined || other === "requestCert") continue; // the latter has a meaning in servers only
    if (Object.hasOwn(NO_BEARING, other) && NO_BEARING[other] === value) continue;
    throw cannotHonour(
      `${name}.${other}`,
      "of Node's TLS options the native driver knows ca, cert, key, rejectUnauthorized and servername",
    );
  }

  /** @type {WrittenTls} */
  const tls = { mode: "verify-full" };
  // Node verifies unless this is exactly false.
  if (rejectUnauthorized === false) tls.mode = "require";
  else tls.ca = pem(ca, `${name}.ca`, CERTIFICATE);
  Object.assign(tls, clientCertificate(cert, key, `${name}.cert`, `${name}.key`));
  if (servername !== undefined && servername !== null) {
    if (typeof servername !== "string") throw badSetting(`${name}.servername`, "be a string");
    tls.servername = servername;
  }
  return tls;
}

const CERTIFICATE = /-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/;
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/;
const ENCRYPTED_KEY = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/**
 * @param {unknown} value a string, a Buffer, or an array of them
 * @param {string} name
 * @param {RegExp} mark what PEM text of this kind contains
 * @returns {string | undefined}
 */
function pem(value, name, mark) {
  if (value === undefined || value === null || value === "") return undefined;
  const parts = (Array.isArray(value) ? value : [value]).map((part) => {
    if (typeof part === "string") return part;
    if (part instanceof Uint8Array) return Buffer.from(part).toString("utf8");
    throw badSetting(name, "be a string, a Buffer, or an array of them");
  });
  const joined = parts.join("\n");
  if (!mark.test(joined)) throw badSetting(name, "hold PEM text (-----BEGIN …)");
  return joined;
}

/**
 * @param {unknown} cert
 * @param {unknown} key
 * @param {string} certName
 * @param {string} keyName
 * @returns {{ cert?: string, key?: string }}
 */
function clientCertificate(cert, key, certName, keyName) {
  const certText = pem(cert, certName, CERTIFICATE);
  const keyText = pem(key, keyName, PRIVATE_KEY);
  if (!certText && !keyText) return {};
  if (!certText) throw badSetting(keyName, `come with ${certName}`);
  if (!keyText) throw badSetting(certName, `come with ${keyName}`);
  if (ENCRYPTED_KEY.test(keyText)) throw cannotHonour(keyName, "the private key is encrypted");
  return { cert: certText, key: keyText };
}

/**
 * A connection string's settings about TLS, by libpq's rules (34.1.2 and 34.19). A missing certificate
 * setting is looked up in PGSSLROOTCERT, PGSSLCERT and PGSSLKEY (34.15).
 * @param {{ sslmode?: string, ssl?: string, sslrootcert?: string, sslcert?: string, sslkey?: string }} said
 * @param {NodeJS.ProcessEnv} env
 * @returns {WrittenTls | undefined} undefined when nothing was said about TLS
 */
function tlsFromLibpq(said, env) {
  let mode = said.sslmode ? SSLMODES.get(said.sslmode) : undefined;
  if (said.sslmode && !mode) throw badSetting("sslmode", `be one of ${[...SSLMODES.keys()].join(", ")}`);
  // Snippets of hosting providers say both; postgres.js lets sslmode win as well.
  mode ??= tlsFromSetting(said.ssl, "ssl")?.mode;
  // Whoever names a certificate wants it used, as node-postgres has it.
  if (!mode && (said.sslrootcert || said.sslcert || said.sslkey)) mode = "verify-full";
  if (!mode) return undefined;

  const rootCertificate = said.sslrootcert || text(env.PGSSLROOTCERT, "PGSSLROOTCERT");
  // These roots vouch for anybody, so nothing less than a verified name will do (libpq, 34.1.2, sslrootcert).
  if (rootCertificate === "system") mode = said.sslrootcert || mode !== "disable" ? "verify-full" : mode;
  else if (rootCertificate && mode === "require") mode = "verify-ca";
  if (mode === "disable") return DISABLED;

  /** @type {WrittenTls} */
  const tls = { mode };
  if (mode === "verify-ca" || mode === "verify-full") {
    if (rootCertificate && rootCertificate !== "system") {
      tls.ca = pem(fileText(rootCertificate, "sslrootcert"), "sslrootcert", CERTIFICATE);
    } else if (mode === "verify-ca") {
      throw badSetting(
        "sslmode=verify-ca",
        "come with sslrootcert; without one, sslmode=verify-full is safe",
      );
    }
  }
  const cert = said.sslcert || text(env.PGSSLCERT, "PGSSLCERT");
  const key = said.sslkey || text(env.PGSSLKEY, "PGSSLKEY");
  return Object.assign(
    tls,
    clientCertificate(cert && fileText(cert, "sslcert"), key && fileText(key, "sslkey"), "sslcert", "sslkey"),
  );
}

/**
 * @param {string} path
 * @param {string} name
 * @returns {string}
 */
function fileText(path, name) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code ?? "unknown";
    throw badSetting(name, `name a file that can be read (${code})`);
  }
}

module.exports = { DISABLED, VERIFIED, tlsFromSetting, tlsFromNode, tlsFromLibpq };
