"use strict";

/** What the native side is told, and how what a source said is brought to it. */

const { userInfo } = require("node:os");
const { badSetting, cannotHonour } = require("./refusal.js");
const { text } = require("./values.js");
const { DISABLED } = require("./tls.js");

/** @typedef {import("./hosts.js").Place} Place */
/** @typedef {import("./tls.js").Tls} Tls */
/** @typedef {import("./tls.js").WrittenTls} WrittenTls */
/** @typedef {import("./service-options.js").ServiceOptions} ServiceOptions */

/**
 * Gives the password for one connection.
 * @typedef {() => Promise<string>} PasswordFunction
 */

/**
 * The settings of one pool, as the native side reads them (JSON). Times are in milliseconds; null means
 * without a limit.
 * @typedef {object} Settings
 * @property {Array<{ host: string, port: number } | { socket: string, port: number }>} hosts in the order
 *   in which they are tried; `socket` is the directory of a Unix socket
 * @property {string} user
 * @property {string} [password] missing where there is none, or where a function gives it
 * @property {string} database
 * @property {Tls} tls has no meaning for a Unix socket
 * @property {Record<string, string>} parameters run-time parameters, sorted by name, application_name excepted
 * @property {string} applicationName
 * @property {boolean} prepare whether prepared statements may have names
 * @property {null | "any" | "read-write" | "read-only" | "primary" | "standby" | "prefer-standby"} targetSessionAttrs
 * @property {number} maxConnections
 * @property {number | null} connectTimeout
 * @property {number | null} idleTimeout
 * @property {number | null} maxLifetime
 */

/**
 * What one source said, and nothing else; undefined is what it left open.
 * @typedef {object} Draft
 * @property {Place[]} [hosts]
 * @property {Array<number | undefined>} [ports] said without a host
 * @property {string} [user]
 * @property {string | PasswordFunction} [password]
 * @property {string} [database]
 * @property {WrittenTls} [tls]
 * @property {Record<string, string>} [parameters]
 * @property {string} [applicationName]
 * @property {boolean} [prepare]
 * @property {Exclude<Settings["targetSessionAttrs"], null>} [targetSessionAttrs]
 * @property {number | null} [connectTimeout]
 * @property {number | null} [idleTimeout]
 * @property {number | null} [maxLifetime]
 */

/** What holds where neither the source nor the options say anything. */
const DEFAULTS = Object.freeze({
  port: 5432,
  applicationName: "paperclip-environment-service",
  prepare: true,
  /** A batch holds many calls, and an organisation's databases run out of connections: few are enough. */
  maxConnections: 4,
  /** As in postgres.js. */
  connectTimeout: 30_000,
  /** The service shares its database with the host's own pool and is idle most of the time. */
  idleTimeout: 30_000,
  /** The lower bound of what postgres.js takes; long enough not to matter, short enough to follow a failover. */
  maxLifetime: 1_800_000,
});

/** What the drivers call themselves when nobody gives them a name. */
const DRIVER_NAMES = new Set(["postgres.js"]);

/**
 * Completes a draft.
 * @param {Draft} draft
 * @param {ServiceOptions} options
 * @returns {Settings}
 */
function complete(draft, options) {
  const hosts = (draft.hosts ?? [{ host: "localhost" }]).map((place) => ({
    ...place,
    port: place.port ?? DEFAULTS.port,
  }));
  const user = draft.user ?? systemUser();
  if (user === undefined)
    throw badSetting("user", "be given, since the operating system does not know it either");

  const named = draft.applicationName;
  const parameters = { ...draft.parameters };
  if (options.statementTimeout !== undefined) {
    // PostgreSQL does not mind the case of a name, and two of them would quarrel.
    for (const name of Object.keys(parameters)) {
      if (name.toLowerCase() === "statement_timeout") delete parameters[name];
    }
    parameters.statement_timeout = String(options.statementTimeout);
  }

  // Always in the same order: equal sources have to give equal JSON.
  return {
    hosts,
    user: checked(user, "user"),
    ...(typeof draft.password === "string" ? { password: draft.password } : {}),
    database: checked(draft.database ?? user, "database"), // libpq, 34.1.2, dbname
    tls: verifiableTls(draft.tls ?? DISABLED, hosts),
    parameters: Object.fromEntries(
      Object.entries(parameters).sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)),
    ),
    applicationName:
      options.applicationName ??
      (named === undefined || DRIVER_NAMES.has(named) ? DEFAULTS.applicationName : named),
    prepare: draft.prepare ?? DEFAULTS.prepare,
    targetSessionAttrs: draft.targetSessionAttrs ?? null,
    maxConnections: options.maxConnections ?? DEFAULTS.maxConnections,
    connectTimeout: firstSaid(options.connectTimeout, draft.connectTimeout, DEFAULTS.connectTimeout),
    idleTimeout: firstSaid(options.idleTimeout, draft.idleTimeout, DEFAULTS.idleTimeout),
    maxLifetime: firstSaid(draft.maxLifetime, DEFAULTS.maxLifetime),
  };
}

/**
 * Who runs this process: the last resort of libpq (34.1.2, user) and of both drivers, but for pg where the
 * variable USER is not set, as in many containers.
 * @returns {string | undefined}
 */
function systemUser() {
  try {
    return userInfo().username;
  } catch {
    // A container's user may have a number and no name.
    const { USERNAME, USER, LOGNAME } = process.env;
    return USERNAME || USER || LOGNAME || undefined;
  }
}

/**
 * @param {Array<number | null | undefined>} values
 * @returns {number | null}
 */
function firstSaid(...values) {
  return values.find((value) => value !== undefined) ?? null;
}

/**
 * @param {string} value
 * @param {string} name
 * @returns {string}
 */
function checked(value, name) {
  const result = text(value, name);
  if (result === undefined) throw badSetting(name, "not be empty");
  return result;
}

/**
 * The native driver verifies the name that it connects to, so another name can only be refused.
 * @param {WrittenTls} written
 * @param {Settings["hosts"]} hosts
 * @returns {Tls}
 */
function verifiableTls({ servername, ...tls }, hosts) {
  const another = hosts.some(
    (place) => "host" in place && place.host.toLowerCase() !== servername?.toLowerCase(),
  );
  if (servername !== undefined && another) {
    throw cannotHonour("ssl.servername", "the native driver takes this name from the host, and they differ");
  }
  /** @type {Tls} */
  const result = { mode: tls.mode };
  if (tls.ca !== undefined) result.ca = tls.ca;
  if (tls.cert !== undefined) result.cert = tls.cert;
  if (tls.key !== undefined) result.key = tls.key;
  return result;
}

/**
 * Over a Unix socket there is no TLS. libpq overlooks sslmode there; the two drivers ask the server, which
 * always declines, so that whoever insists never connects. Said at once, it is easier to understand.
 * @param {WrittenTls | undefined} tls
 * @param {Place[] | undefined} hosts
 * @returns {void}
 */
function refuseTlsOverSocket(tls, hosts) {
  const insists = tls !== undefined && tls.mode !== "disable" && tls.mode !== "prefer";
  if (insists && hosts?.every((place) => "socket" in place)) {
    throw cannotHonour("ssl", "there is no TLS over a Unix socket");
  }
}

module.exports = { DEFAULTS, complete, refuseTlsOverSocket };
