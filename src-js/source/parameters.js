"use strict";

/**
 * Run-time parameters: what PostgreSQL is told about a session when it begins. Whether a name exists and
 * a value fits is for the server to say; here it is only made sure that they arrive as they were meant.
 */

const { badSetting, cannotHonour } = require("./refusal.js");
const { text } = require("./values.js");

/**
 * What libpq (34.1.2) settles on the client's side, with the values that ask for nothing more than what
 * happens anyway. Any other value is refused. `null`: no value of it matters to a query's meaning.
 * @type {Record<string, readonly string[] | null>}
 */
const CLIENT_SIDE = {
  keepalives: null,
  keepalives_idle: null,
  keepalives_interval: null,
  keepalives_count: null,
  tcp_user_timeout: null,
  krbsrvname: null,
  gsslib: null,
  sslcompression: ["0"],
  sslsni: ["1"],
  sslcertmode: ["allow"],
  sslnegotiation: ["postgres"],
  ssl_min_protocol_version: ["TLSv1", "TLSv1.1", "TLSv1.2"], // the native side speaks 1.2 and 1.3 only
  ssl_max_protocol_version: ["TLSv1.3"],
  channel_binding: ["disable", "prefer"],
  gssencmode: ["disable", "prefer"],
  gssdelegation: ["0"],
  load_balance_hosts: ["disable"],
  replication: ["false", "off", "no", "0"],
  client_encoding: ["utf8", "UTF8", "utf-8", "UTF-8"],
  hostaddr: [],
  passfile: [],
  require_auth: [],
  requirepeer: [],
  requiressl: ["0"],
  service: [],
  servicefile: [],
  sslcrl: [],
  sslcrldir: [],
  sslkeylogfile: [],
  sslpassword: [],
  min_protocol_version: ["3.0"],
  max_protocol_version: ["3.0", "3.2", "latest"],
  scram_client_key: [],
  scram_server_key: [],
  oauth_issuer: [],
  oauth_client_id: [],
  oauth_client_secret: [],
  oauth_scope: [],
};

/**
 * Looks at one setting that may be a run-time parameter or something for the client's side.
 * @param {string} key
 * @param {string} value
 * @param {string} name how to call it in an error
 * @returns {boolean} true if it is settled hereby and the server is not to be told
 */
function isSettled(key, value, name) {
  if (!Object.hasOwn(CLIENT_SIDE, key)) return false;
  const harmless = CLIENT_SIDE[key];
  if (!harmless || harmless.includes(value)) return true;
  throw cannotHonour(name, "the native driver has no such thing, leave it out or take the usual value");
}

/**
 * One parameter's value as the text that PostgreSQL reads.
 * @param {unknown} value
 * @param {string} name
 * @returns {string}
 */
function parameterText(value, name) {
  // `search_path: ["a", "b"]` arrives as "a,b" through postgres.js, too.
  if (Array.isArray(value)) return value.map((each) => parameterText(each, name)).join(",");
  if (!["string", "number", "boolean", "bigint"].includes(typeof value)) {
    throw badSetting(name, "be a string, a number or a boolean");
  }
  const written = String(value);
  // They travel on one command line, on which sqlx keeps only spaces and backslashes together.
  if (/[\0\t\n\v\f\r]/.test(written)) throw badSetting(name, "not contain U+0000, tabs or line breaks");
  return written;
}

/**
 * What postgres.js calls `connection`, and the rest of a connection string's query.
 * @typedef {object} Session
 * @property {Record<string, string>} parameters
 * @property {string} [applicationName] `application_name`, which has a place of its own
 */

/**
 * @param {Iterable<readonly [string, unknown]>} entries null and undefined values count as not said
 * @param {(key: string) => string} nameOf how to call a setting in an error
 * @returns {Session}
 */
function session(entries, nameOf) {
  /** @type {Session} */
  const own = { parameters: {} };
  /** @type {Session} */
  let line = { parameters: {} };
  for (const [key, value] of entries) {
    if (value === undefined || value === null) continue;
    // A key that is none is not quoted: in a connection string with an unescaped character it can hold a piece
    // of the password.
    const isName = /^[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*)*$/.test(key);
    if (!isName) throw badSetting("every run-time parameter", "have a name as PostgreSQL takes it");
    const name = nameOf(key);
    const written = parameterText(value, name);
    if (isSettled(key, written, name)) continue;
    if (key === "application_name") own.applicationName = text(written, name);
    else if (key === "options") line = commandLine(written, name);
    else own.parameters[key] = written;
  }
  return onTopOf(own, line);
}

/**
 * @param {Session} upper
 * @param {Session} lower
 * @returns {Session} both, the upper one having its way
 */
function onTopOf(upper, lower) {
  return {
    parameters: { ...lower.parameters, ...upper.parameters },
    applicationName: upper.applicationName ?? lower.applicationName,
  };
}

/**
 * libpq's `options`: command-line switches for the session, of which those that set a parameter are read
 * (`-c name=value`, `-cname=value`, `--name=value`; a backslash keeps the next character from having a
 * meaning). A parameter that is also said by itself wins over them, as it does in the server.
 * See libpq, 34.1.2, options.
 * @param {string} written
 * @param {string} name
 * @returns {Session}
 */
function commandLine(written, name) {
  const words = written.match(/(?:\\[\s\S]|[^\\\s])+/g) ?? [];
  const plain = words.map((word) => word.replace(/\\([\s\S])/g, "$1"));
  /** @type {Array<[string, string]>} */
  const settings = [];
  for (let index = 0; index < plain.length; index++) {
    let setting = /** @type {string} */ (plain[index]);
    if (setting === "-c") setting = plain[++index] ?? "";
    else if (setting.startsWith("-c") || setting.startsWith("--")) setting = setting.slice(2);
    else throw cannotHonour(name, "only switches of the form -c name=value are understood");

    const equals = setting.indexOf("=");
    if (equals < 1) throw badSetting(name, "hold switches of the form -c name=value");
    // On the command line a dash in a parameter's name stands for an underscore.
    const key = setting.slice(0, equals).replaceAll("-", "_");
    if (key === "options") throw badSetting(name, "not contain itself");
    settings.push([key, setting.slice(equals + 1)]);
  }
  return session(settings, () => name);
}

module.exports = { session, onTopOf };
