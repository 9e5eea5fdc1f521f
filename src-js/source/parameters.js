"use strict";

/**
 * Run-time parameters, which a session sends when it begins. The server checks names and values. The code here only
 * makes sure that they arrive as they were meant.
 */

const { badSetting, cannotHonour } = require("./refusal.js");

/** Client-side settings of libpq (34.1.2) that do not affect the result of any query. */
const OVERLOOKED = /^(keepalives(_idle|_interval|_count)?|tcp_user_timeout|krbsrvname|gsslib)$/;

/**
 * Further client-side settings, and the values that ask for what happens anyway. Other values are refused.
 * @type {Readonly<Record<string, RegExp>>}
 */
const HARMLESS = {
  sslcompression: /^0$/,
  sslsni: /^1$/,
  sslcertmode: /^allow$/,
  sslnegotiation: /^postgres$/,
  ssl_min_protocol_version: /^TLSv1(\.[12])?$/, // the native side speaks 1.2 and 1.3 only
  ssl_max_protocol_version: /^TLSv1\.3$/,
  channel_binding: /^(disable|prefer)$/,
  gssencmode: /^(disable|prefer)$/,
  gssdelegation: /^0$/,
  load_balance_hosts: /^disable$/,
  replication: /^(false|off|no|0)$/,
  client_encoding: /^(utf|UTF)-?8$/,
  requiressl: /^0$/,
  min_protocol_version: /^3\.0$/,
  max_protocol_version: /^(3\.[02]|latest)$/,
};

/** Client-side settings that the native driver does not support. */
const REFUSED = [
  /^(hostaddr|passfile|require_auth|requirepeer|service|servicefile)$/,
  /^(sslcrl|sslcrldir|sslkeylogfile|sslpassword|scram_(client|server)_key)$/,
  /^oauth_(issuer|client_id|client_secret|scope)$/,
];

/**
 * Reads run-time parameters, `application_name` and libpq's `options` among them. Null and undefined count as not
 * given. Client-side settings are left out.
 * @type {(entries: ReadonlyArray<[string, unknown]>, nameOf: (key: string) => string) => Record<string, string>}
 */
function runTimeParameters(entries, nameOf) {
  /** @type {Record<string, string>} */
  const own = {};
  let line = {};
  for (const [key, value] of entries) {
    if (value === undefined || value === null) continue;
    // An invalid key is not quoted: in a connection string with an unescaped character it can hold a part of the
    // password.
    const isName = /^[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*)*$/.test(key);
    if (!isName) throw badSetting("every run-time parameter", "have a name as PostgreSQL takes it");
    const name = nameOf(key);
    const written = parameterText(value, name);
    if (isClientSide(key, written, name) || (key === "application_name" && written === "")) continue;
    if (key === "options") line = commandLine(written, name);
    else own[key] = written;
  }
  return { ...line, ...own };
}

/** Whether it is a client-side setting. @type {(key: string, value: string, name: string) => boolean} */
function isClientSide(key, value, name) {
  const harmless = Object.hasOwn(HARMLESS, key) ? HARMLESS[key] : undefined;
  if (OVERLOOKED.test(key) || harmless?.test(value)) return true;
  if (!harmless && !REFUSED.some((names) => names.test(key))) return false;
  throw cannotHonour(name, "the native driver has no such thing, leave it out or take the usual value");
}

/** A value as text for PostgreSQL. @type {(value: unknown, name: string) => string} */
function parameterText(value, name) {
  // `search_path: ["a", "b"]` arrives as "a,b" through postgres.js, too.
  if (Array.isArray(value)) return value.map((each) => parameterText(each, name)).join(",");
  const isText = ["string", "number", "boolean", "bigint"].includes(typeof value);
  if (!isText) throw badSetting(name, "be a string, a number or a boolean");
  const written = String(value);
  // sqlx sends all parameters on one command line, on which it escapes only spaces and backslashes.
  if (/[\0\t\n\v\f\r]/.test(written)) throw badSetting(name, "not contain U+0000, tabs or line breaks");
  return written;
}

/**
 * Reads libpq's `options` (34.1.2): command-line switches for the session. Only those that set a parameter are
 * accepted (`-c name=value`, `-cname=value`, `--name=value`; a backslash escapes the next character). A parameter
 * that is also given by itself takes precedence, as it does in the server.
 * @type {(written: string, name: string) => Record<string, string>}
 */
function commandLine(written, name) {
  const escaped = written.match(/(?:\\[\s\S]|[^\\\s])+/g) ?? [];
  const words = escaped.map((word) => word.replace(/\\([\s\S])/g, "$1")).values();
  /** @type {Array<[string, string]>} */
  const settings = [];
  for (const word of words) {
    if (!/^(-c|--)/.test(word)) throw cannotHonour(name, "the only switches understood are -c name=value");
    const setting = word === "-c" ? (words.next().value ?? "") : word.slice(2);
    const equals = setting.indexOf("=");
    if (equals < 1) throw badSetting(name, "hold switches of the form -c name=value");
    // On the command line a dash in a parameter's name stands for an underscore.
    const key = setting.slice(0, equals).replaceAll("-", "_");
    if (key === "options") throw badSetting(name, "not contain itself");
    settings.push([key, setting.slice(equals + 1)]);
  }
  return runTimeParameters(settings, () => name);
}

module.exports = { runTimeParameters };
