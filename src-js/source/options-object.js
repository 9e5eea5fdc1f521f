"use strict";

/**
 * An options object, under the names and units of postgres.js and of node-postgres. Whatever is no name of
 * either is refused, so that a typing error never goes unnoticed; so is a thing said twice in two ways,
 * since the drivers disagree about which one wins.
 */

const { UNSUPPORTED, badSetting, refuseUnsupported, unknownKey } = require("./refusal.js");
const {
  MILLISECOND,
  SECOND,
  duration,
  flag,
  isPlainObject,
  passwordText,
  secret,
  sessionAttributes,
  text,
} = require("./values.js");
const { places, ports, socketFile } = require("./hosts.js");
const { onTopOf, session } = require("./parameters.js");
const { tlsFromSetting } = require("./tls.js");
const { draftFromConnectionString } = require("./connection-string.js");
const { timeouts } = require("./node-postgres.js");

/** @typedef {import("./settings.js").Draft} Draft */

/** What each name does; the first of a row is the one that errors speak of. */
const NAMES = {
  url: ["connectionString", "url"],
  host: ["host", "hostname"],
  port: ["port"],
  path: ["path"],
  user: ["user", "username"],
  password: ["password", "pass"],
  database: ["database", "db"],
  ssl: ["ssl"],
  connection: ["connection"],
  options: ["options"],
  applicationName: ["application_name"],
  fallbackName: ["fallback_application_name"],
  targetSessionAttrs: ["target_session_attrs"],
};

/** Names that are read one by one. */
const READ = [
  "prepare",
  "no_prepare",
  "connect_timeout",
  "connectionTimeoutMillis",
  "idle_timeout",
  "timeout", // the old name of idle_timeout
  "idleTimeoutMillis",
  "max_lifetime",
  "maxLifetimeSeconds",
  "statement_timeout",
  "lock_timeout",
  "idle_in_transaction_session_timeout",
  "query_timeout",
  "client_encoding",
];

/** Names of the drivers' inner workings, or of their pools' sizes, which have no bearing here. */
const IGNORED = [
  "max",
  "poolSize",
  "min",
  "maxUses",
  "allowExitOnIdle",
  "log",
  "Client",
  "Promise",
  "types",
  "parsers",
  "serializers",
  "transform",
  "binary",
  "pipeline",
  "parseInputDatesAsUTC",
  "onnotice",
  "onnotify",
  "onclose",
  "onparameter",
  "debug",
  "max_pipeline",
  "fetch_types",
  "keep_alive",
  "keepAlive",
  "keepAliveInitialDelayMillis",
  "backoff",
  "publications",
  "shared",
  "parameters",
  "no_subscribe",
  "enableChannelBinding",
  "scramMaxIterations",
];

const KNOWN = new Set([...Object.values(NAMES).flat(), ...READ, ...Object.keys(UNSUPPORTED), ...IGNORED]);

/**
 * @param {Record<string, unknown>} given
 * @param {NodeJS.ProcessEnv} env
 * @returns {Draft}
 */
function draftFromOptionsObject(given, env) {
  for (const key of Object.keys(given)) {
    if (!KNOWN.has(key)) throw unknownKey("source", key, KNOWN);
  }
  refuseUnsupported(given);
  const inUrl = draftFromUrl(given, env);
  const password = once(given, "password", secret);
  const { parameters, applicationName } = sessionOf(given);

  /** @type {Draft} */
  const beside = {
    ...location(given),
    user: once(given, "user", text),
    password:
      typeof password === "function" ? async () => passwordText(await password.call(given)) : password,
    database: once(given, "database", text),
    tls: tlsFromSetting(given.ssl, "ssl"),
    applicationName,
    prepare: preparation(given),
    targetSessionAttrs: once(given, "targetSessionAttrs", sessionAttributes),
    connectTimeout: time(given, { connect_timeout: SECOND, connectionTimeoutMillis: MILLISECOND }),
    idleTimeout: time(given, { idle_timeout: SECOND, timeout: SECOND, idleTimeoutMillis: MILLISECOND }),
    maxLifetime: time(lifetime(given), { max_lifetime: SECOND, maxLifetimeSeconds: SECOND }),
  };
  return together(inUrl, beside, parameters);
}

/**
 * @param {Record<string, unknown>} given
 * @param {NodeJS.ProcessEnv} env
 * @returns {Draft}
 */
function draftFromUrl(given, env) {
  for (const name of NAMES.url) {
    // A variable that is not set is the usual reason, and the database of this machine the wrong answer.
    if (name in given && !given[name]) throw badSetting(name, "be a connection string; it is empty");
  }
  const written = once(given, "url", (value, name) =>
    value instanceof URL ? value.href : text(value, name),
  );
  return written === undefined ? {} : draftFromConnectionString(written, env);
}

/**
 * Reads what has more than one name.
 * @template T
 * @param {Record<string, unknown>} given
 * @param {keyof typeof NAMES} what
 * @param {(value: unknown, name: string) => T | undefined} read
 * @returns {T | undefined}
 */
function once(given, what, read) {
  /** @type {T | undefined} */
  let found;
  for (const name of NAMES[what]) {
    const value = read(given[name], name);
    if (value === undefined) continue;
    if (found !== undefined && found !== value) throw saidTwice(NAMES[what].join(" and "));
    found = value;
  }
  return found;
}

/**
 * @param {string} names
 * @returns {TypeError}
 */
function saidTwice(names) {
  return badSetting(names, "not be given in two ways that differ");
}

/**
 * @param {Record<string, unknown>} given
 * @returns {Pick<Draft, "hosts" | "ports">}
 */
function location(given) {
  const path = text(given.path, "path");
  const numbers = ports(given.port, "port");
  const hosts = once(given, "host", (value) => /** @type {any} */ (value || undefined));
  if (path !== undefined) {
    if (hosts !== undefined) throw saidTwice("path and host");
    if (!path.startsWith("/"))
      throw badSetting("path", "be the full path of a Unix socket or of its directory");
    return { hosts: [socketFile(path) ?? { socket: path, port: numbers[0] }] };
  }
  return hosts === undefined
    ? { ports: numbers.length > 0 ? numbers : undefined }
    : { hosts: places(hosts, given.port, "host") };
}

/**
 * @param {Record<string, unknown>} given
 * @returns {import("./parameters.js").Session}
 */
function sessionOf(given) {
  const { connection } = given;
  if (connection !== undefined && connection !== null && !isPlainObject(connection)) {
    throw badSetting("connection", "be an object of run-time parameters");
  }
  for (const name of ["user", "database", "host", "port", "password"]) {
    if (connection && name in connection)
      throw badSetting(name, "stand in the options themselves, not in connection");
  }
  const inConnection = session(Object.entries(connection ?? {}), (key) => `connection.${key}`);
  const beside = session(
    Object.entries({
      application_name: once(given, "applicationName", text),
      options: once(given, "options", text),
      client_encoding: text(given.client_encoding, "client_encoding"),
      ...timeouts(given),
    }),
    (key) => key,
  );
  const both = onTopOf(beside, inConnection);
  return { ...both, applicationName: both.applicationName ?? once(given, "fallbackName", text) };
}

/**
 * @param {Record<string, unknown>} given
 * @returns {boolean | undefined}
 */
function preparation(given) {
  const prepare = flag(given.prepare, "prepare");
  return flag(given.no_prepare, "no_prepare") === true ? false : prepare;
}

/**
 * @param {Record<string, unknown>} given
 * @returns {Record<string, unknown>} with a lifetime that is a function evaluated, as for a postgres.js sql
 */
function lifetime(given) {
  return typeof given.max_lifetime === "function" ? { ...given, max_lifetime: given.max_lifetime() } : given;
}

/**
 * @param {Record<string, unknown>} given
 * @param {Record<string, number>} units what a name's 1 stands for, in milliseconds
 * @returns {number | null | undefined}
 */
function time(given, units) {
  /** @type {number | null | undefined} */
  let found;
  for (const [name, unit] of Object.entries(units)) {
    const value = duration(given[name], unit, name);
    if (value === undefined) continue;
    if (found !== undefined && found !== value) throw saidTwice(Object.keys(units).join(" and "));
    found = value;
  }
  return found;
}

/**
 * A connection string and what stands beside it: each adds to the other, and neither contradicts.
 * @param {Draft} inUrl
 * @param {Draft} beside
 * @param {Record<string, string>} parameters
 * @returns {Draft}
 */
function together(inUrl, beside, parameters) {
  /** @type {Record<string, unknown>} */
  const both = { ...inUrl };
  for (const [key, value] of Object.entries(beside)) {
    if (value === undefined) continue;
    if (both[key] !== undefined && JSON.stringify(both[key]) !== JSON.stringify(value)) throw differs(key);
    both[key] = value;
  }
  const inString = inUrl.parameters ?? {};
  for (const [name, value] of Object.entries(parameters)) {
    if (Object.hasOwn(inString, name) && inString[name] !== value) throw differs(name);
  }
  const [port] = beside.ports ?? [];
  if (port !== undefined && inUrl.hosts?.some((each) => each.port !== undefined && each.port !== port)) {
    throw differs("port");
  }
  return { .../** @type {Draft} */ (both), parameters: { ...inString, ...parameters } };
}

/**
 * What a part of a draft is called by those who write it.
 * @type {Readonly<Record<string, string>>}
 */
const WRITTEN_NAMES = { hosts: "host", ports: "port", tls: "ssl", applicationName: "application_name" };

/**
 * @param {string} what
 * @returns {TypeError}
 */
function differs(what) {
  return badSetting(
    Object.hasOwn(WRITTEN_NAMES, what) ? String(WRITTEN_NAMES[what]) : what,
    "not differ between the connection string and what stands beside it",
  );
}

module.exports = { draftFromOptionsObject };
