"use strict";

/**
 * Connection strings: postgres://user:password@host:port,host:port/database?setting=value
 *
 * Read by libpq's grammar (34.1.1.2 and 34.1.1.3) rather than with `new URL`, which knows one host only,
 * no host without a name, and writes the whole text into its error. As in postgres.js, what is no setting
 * of the client's is a run-time parameter, and a plus sign in the query is a space (URLSearchParams writes
 * spaces so). What is left open is taken from libpq's variables (34.15), and from PGSSL, PGUSERNAME, PGPREPARE,
 * PGIDLE_TIMEOUT and PGMAX_LIFETIME of postgres.js.
 */

const { badSetting, notASource } = require("./refusal.js");
const { flag, percentDecoded, seconds, sessionAttributes, text } = require("./values.js");
const { areSockets, place, withPorts } = require("./hosts.js");
const { runTimeParameters } = require("./parameters.js");
const { tlsFromLibpq } = require("./tls.js");

/** @import { Draft } from "./settings.js" */

/** Settings of the two drivers that have no bearing on a connection, or none on this service's. */
const IGNORED = /^(max|max_pipeline|backoff|keep_alive|debug|fetch_types|publications|uselibpqcompat)$/;

/**
 * @param {string} written
 * @param {NodeJS.ProcessEnv} env
 * @param {Pick<Draft, "password" | "tls">} [beside] what is said beside the string, and may not contradict it
 * @returns {Draft}
 */
function draftFromConnectionString(written, env, beside = {}) {
  const parts = /^postgres(?:ql)?:\/\/([^/?]*)(?:\/([^?]*))?(?:\?([\s\S]*))?$/i.exec(written.trim());
  if (!parts) throw notASource("text that does not begin with postgres:// or postgresql://");
  const [, authority = "", path = "", query = ""] = parts;

  const at = authority.lastIndexOf("@");
  const [, user = "", password = ""] = /^([^:]*):?([\s\S]*)$/.exec(authority.slice(0, Math.max(at, 0))) ?? [];
  /** @type {Record<string, string>} */
  const before = { user, password, dbname: path };
  for (const [key, value] of Object.entries(before)) before[key] = percentDecoded(value);
  const said = new Map(settingsIn(query));
  const take = (/** @type {string} */ key) => {
    const value = said.get(key) || before[key];
    said.delete(key);
    return text(value, key);
  };
  /**
   * @template T
   * @param {import("./values.js").Reader<T>} read
   * @param {string} key
   * @param {string[]} variables the first one that is set stands in
   * @returns {T | undefined}
   */
  const setting = (read, key, ...variables) => {
    const own = read(take(key), key);
    if (own !== undefined) return own;
    const variable = variables.find((each) => env[each]);
    return variable === undefined ? undefined : read(env[variable], variable);
  };

  const { hosts, areOwn } = location(authority.slice(at + 1), take("host"), take("port"), env);
  const [sslmode, ssl, sslrootcert, sslcert, sslkey] = SSL_KEYS.map(take);
  const ownTls = tlsFromLibpq({ sslmode, ssl, sslrootcert, sslcert, sslkey }, env);
  if (ownTls && beside.tls)
    throw badSetting("ssl", "not stand beside what the connection string says of TLS");
  // libpq overlooks sslmode where a socket is used.
  let tls = ownTls && areOwn && areSockets(hosts) ? undefined : (ownTls ?? beside.tls);
  if (!tls && !areSockets(hosts)) tls = tlsFromLibpq({ ssl: env.PGSSL, sslmode: env.PGSSLMODE }, env);

  const ownPassword = take("password");
  if (ownPassword && beside.password && ownPassword !== beside.password) {
    throw badSetting("password", "not differ between the connection string and what stands beside it");
  }
  const parameters = {
    ...runTimeParameters([["options", env.PGOPTIONS]], () => "PGOPTIONS"),
    ...runTimeParameters([["application_name", env.PGAPPNAME]], () => "PGAPPNAME"),
    ...runTimeParameters([["application_name", take("fallback_application_name")]], (key) => key),
  };
  return {
    hosts,
    user: setting(text, "user", "PGUSERNAME", "PGUSER"),
    password: beside.password ?? ownPassword ?? text(env.PGPASSWORD, "PGPASSWORD"),
    database: setting(text, "dbname", "PGDATABASE"),
    tls,
    prepare: setting(flag, "prepare", "PGPREPARE"),
    targetSessionAttrs: setting(sessionAttributes, "target_session_attrs", "PGTARGETSESSIONATTRS"),
    connectTimeout: setting(seconds, "connect_timeout", "PGCONNECT_TIMEOUT"),
    idleTimeout: setting(seconds, "idle_timeout", "PGIDLE_TIMEOUT"),
    maxLifetime: setting(seconds, "max_lifetime", "PGMAX_LIFETIME"),
    // Last, for it is what the others have left.
    parameters: {
      ...parameters,
      ...runTimeParameters(
        [...said].filter(([key]) => !IGNORED.test(key)),
        (key) => key,
      ),
    },
  };
}

const SSL_KEYS = ["sslmode", "ssl", "sslrootcert", "sslcert", "sslkey"];

/**
 * Where the server is, by the authority, the query's host (which wins) and port, and the variables; and whether the
 * string names the hosts, as opposed to PGHOST.
 * @param {string} written
 * @param {string | undefined} host
 * @param {string | undefined} port
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ hosts: Draft["hosts"], areOwn: boolean }}
 */
function location(written, host, port, env) {
  // A port and no host: which host is left to PGHOST.
  const lonePort = host === undefined ? /^:([^:,\]]*)$/.exec(written)?.[1] : undefined;
  const areOwn = host !== undefined || (written !== "" && lonePort === undefined);
  let name = areOwn ? "host" : "PGHOST";
  let list = (areOwn ? host : env.PGHOST || "localhost")?.split(",").map((each) => each.trim());
  if (!list) [list, name] = [written.split(","), "the connection string's host"];

  let hosts = list.map((each) => place(each, name));
  hosts = withPorts(hosts, port ?? lonePort, port ? "port" : "the port in the connection string");
  // Looked at only where a port is missing: it may hold one for each host of PGHOST.
  if (hosts.some((each) => each.port === undefined)) hosts = withPorts(hosts, env.PGPORT, "PGPORT");
  return { hosts, areOwn };
}

/** @type {(query: string) => Array<[key: string, value: string]>} */
function settingsIn(query) {
  const spaced = (/** @type {string} */ written) => percentDecoded(written.replaceAll("+", " "));
  const written = query.split("&").filter((each) => each !== "");
  return written.map((each) => {
    const equals = each.indexOf("=");
    if (equals < 1) throw badSetting("the connection string's query", "consist of name=value");
    return [spaced(each.slice(0, equals)), spaced(each.slice(equals + 1))];
  });
}

module.exports = { draftFromConnectionString };
