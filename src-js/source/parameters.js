"use strict";

/**
 * Run-time parameters: what PostgreSQL is told about a session when it begins. Whether a name exists and
 * a value fits is for the server to say; here it is only made sure that they arrive as they were meant.
 */

const { badSetting, cannotHonour } = require("./refusal.js");

/** What libpq (34.1.2) settles on the client's side and no query's meaning depends on. */
const OVERLOOKED = /^(keepalives(_idle|_interval|_count)?|tcp_user_timeout|krbsrvname|gsslib)$/;

/**
 * What else it settles, with the values that ask for nothing more than what happens anyway. Others are refused.
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

/** What it settles there, and the native driver has no means for. */
const REFUSED = [
  /^(hostaddr|passfile|require_auth|requirepeer|service|servicefile)$/,
  /^(sslcrl|sslcrldir|sslkeylogfile|sslpassword|scram_(client|server)_key)$/,
  /^oauth_(issuer|client_id|client_secret|scope)$/,
];

/**
 * Reads run-time parameters, `application_name` and libpq's `options` among them; null and undefined count as not
 * said. What is settled on the client's side is left out.
 * @type {(entries: ReadonlyArray<[string, unknown]>, nameOf: (key: string) => string) => Record<string, string>}
 */
function runTimeParameters(entries, nameOf) {
  /** @type {Record<string, string>} */
  const own = {};
  let line = {};
  for (const [key, value] of entries) {
    if (value === undefined || value === null) continue;
    // A key that is none is not quoted: in a connection string with an unescaped character it can hold a piece
    // of the password.
    const isName = /^[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*)*$/.test(key);
    if (!isName) throw badSetting("every run-time parameter", "have a name as PostgreSQL takes it");
    const name = nameOf(key);
    const written = parameterText(value, name);
    if (isSettled(key, written, name) || (key === "application_name" && written === "")) continue;
    if (key === "options") line = commandLine(written, name);
    else own[key] = written;
  }
  return { ...line, ...own };
}

/** Whether it is the client's affair. @type {(key: string, value: string, name: string) => boolean} */
function isSettled(key, value, name) {
  const harmless = Object.hasOwn(HARMLESS, key) ? HARMLESS[key] : undefined;
  if (OVERLOOKED.test(key) || harmless?.test(value)) return true;
  if (!harmless && !REFUSED.some((names) => names.test(key))) return false;
  throw cannotHonour(name, "the native driver has no such thing, leave it out or take the usual value");
}

/** A value as the text that PostgreSQL reads. @type {(value: unknown, name: string) => string} */
function parameterText(value, name) {
  // `search_path: ["a", "b"]` arrives as "a,b" through postgres.js, too.
  if (Array.isArray(value)) return value.map((each) => parameterText(each, name)).join(",");
  const isText = ["string", "number", "boolean", "bigint"].includes(typeof value);
  if (!isText) throw badSetting(name, "be a string, a number or a boolean");
  const written = String(value);
  // They travel on one command line, on which sqlx keeps only spaces and backslashes together.
  if (/[\0\t\n\v\f\r]/.test(written)) throw badSetting(name, "not contain U+0000, tabs or line breaks");
  return written;
}

/**
 * libpq's `options` (34.1.2): command-line switches for the session, of which those that set a parameter are read
 * (`-c name=value`, `-cname=value`, `--name=value`; a backslash keeps the next character from having a meaning).
 * A parameter that is also said by itself wins over them, as it does in the server.
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
