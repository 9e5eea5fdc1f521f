"use strict";

/**
 * Connection strings: postgres://user:password@host:port,host:port/database?setting=value
 *
 * They are parsed by libpq's grammar (34.1.1.2 and 34.1.1.3) and not with `new URL`, which accepts a single host
 * only, refuses an empty one, and quotes the whole text in its error. As in postgres.js, a setting that the client
 * does not know is a run-time parameter, and a plus sign in the query is a space (URLSearchParams writes spaces in
 * this way). Missing settings are taken from libpq's environment variables (34.15), and from PGSSL, PGUSERNAME,
 * PGPREPARE, PGIDLE_TIMEOUT and PGMAX_LIFETIME of postgres.js.
 */

const { badSetting, notASource } = require("./refusal.js");
const { flag, percentDecoded, seconds, sessionAttributes, text } = require("./values.js");
const { areSockets, place, withPorts } = require("./hosts.js");
const { own } = require("./settings.js");
const { runTimeParameters } = require("./parameters.js");
const { tlsFromLibpq } = require("./tls.js");

/** @import { Draft } from "./settings.js" */
/** @import { Reader } from "./values.js" */
/** @typedef {NodeJS.ProcessEnv} Env */

const TLS_KEYS = ["sslmode", "ssl", "sslrootcert", "sslcert", "sslkey"];

/** Settings of the two drivers that do not affect a connection, or not those of this service. */
const IGNORED = /^(max|max_pipeline|backoff|keep_alive|debug|fetch_types|publications|uselibpqcompat)$/;

/** Settings given beside the string, which may not contradict it. @typedef {Pick<Draft, "password" | "tls">} Beside */
/** @type {(written: string, env: Env, beside?: Beside) => Draft} */
function draftFromConnectionString(written, env, beside = {}) {
  const parts = /^postgres(?:ql)?:\/\/([^/?]*)(?:\/([^?]*))?(?:\?([\s\S]*))?$/i.exec(written.trim());
  if (!parts) throw notASource("text that does not begin with postgres:// or postgresql://");
  const [, authority = "", path = "", query = ""] = parts;

  const at = authority.lastIndexOf("@");
  const [, ...login] = /^([^:]*):?([\s\S]*)$/.exec(authority.slice(0, Math.max(at, 0))) ?? [];
  const [user = "", password = "", dbname = ""] = [...login, path].map(percentDecoded);
  const before = new Map(Object.entries({ user, password, dbname }));
  const said = new Map(settingsIn(query));
  const take = (/** @type {string} */ key) => {
    const value = said.get(key) || before.get(key);
    said.delete(key);
    return text(value, key);
  };
  /** @type {<T>(read: Reader<T>, key: string, ...variables: string[]) => T | undefined} */
  const setting = (read, key, ...variables) => {
    const own = read(take(key), key);
    if (own !== undefined) return own;
    const variable = variables.find((each) => env[each]);
    return variable === undefined ? undefined : read(env[variable], variable);
  };

  const { hosts, areOwn } = location(authority.slice(at + 1), take("host"), take("port"), env);
  const ownTls = tlsFromLibpq(Object.fromEntries(TLS_KEYS.map((key) => [key, take(key)])), env);
  if (ownTls && beside.tls) throw badSetting("ssl", "not stand beside sslmode and its like in the string");
  // libpq ignores sslmode for a Unix socket.
  let tls = ownTls && areOwn && areSockets(hosts) ? undefined : (ownTls ?? beside.tls);
  if (!tls && !areSockets(hosts)) tls = tlsFromLibpq(own({ ssl: env.PGSSL, sslmode: env.PGSSLMODE }), env);

  const ownPassword = take("password");
  if (ownPassword && beside.password && ownPassword !== beside.password) {
    throw badSetting("password", "not differ between the connection string and what stands beside it");
  }
  for (const key of said.keys()) if (IGNORED.test(key)) said.delete(key);
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
    // Last, because these are the settings that the readers above have not taken.
    parameters: { ...parameters, ...runTimeParameters([...said], (key) => key) },
  };
}

/** @typedef {{ hosts: Draft["hosts"], areOwn: boolean }} Location `areOwn`: the string names the hosts, not PGHOST */
/** @type {(written: string, host: string | undefined, port: string | undefined, env: Env) => Location} */
function location(written, host, port, env) {
  // A port without a host: the host is taken from PGHOST.
  const lonePort = host === undefined ? /^:([^:,\]]*)$/.exec(written)?.[1] : undefined;
  const areOwn = host !== undefined || (written !== "" && lonePort === undefined);
  let name = areOwn ? "host" : "PGHOST";
  let list = (areOwn ? host : env.PGHOST || "localhost")?.split(",").map((each) => each.trim());
  if (!list) [list, name] = [written.split(","), "the connection string's host"];

  let hosts = list.map((each) => place(each, name));
  hosts = withPorts(hosts, port ?? lonePort, port ? "port" : "the port in the connection string");
  // Read only if a port is missing: it may hold one port for each host of PGHOST.
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
