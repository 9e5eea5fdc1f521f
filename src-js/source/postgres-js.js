"use strict";

/**
 * A postgres.js `sql`. Its `options` are already parsed and completed from the environment, so what they
 * hold is taken as it is (facts from postgres 3.4, src/index.js and src/connection.js).
 */

const { badSetting, cannotHonour, refuseUnsupported } = require("./refusal.js");
const { SECOND, duration, flag, passwordText, sessionAttributes, text } = require("./values.js");
const { place, port, socketFile } = require("./hosts.js");
const { session } = require("./parameters.js");
const { tlsFromNode } = require("./tls.js");
const { refuseTlsOverSocket } = require("./settings.js");

/** @typedef {import("./settings.js").Draft} Draft */
/** @typedef {import("./tls.js").WrittenTls} WrittenTls */

/**
 * @param {Record<string, any>} options `sql.options`
 * @returns {Draft}
 */
function draftFromPostgresJs(options) {
  refuseUnsupported(options);
  const { user, database, ...parameters } = sentParameters(options.connection);
  const { applicationName, parameters: rest } = session(
    Object.entries(parameters),
    (key) => `connection.${key}`,
  );
  const hosts = hostsOf(options);
  const tls = tlsOf(options.ssl);
  refuseTlsOverSocket(tls, hosts);

  return {
    hosts,
    user: text(user ?? options.user, "user"),
    // Asked again for each connection, and through `options`, as the driver does it.
    password:
      typeof options.pass === "function"
        ? async () => passwordText(await options.pass())
        : text(options.pass, "pass"),
    database: text(database ?? options.database, "database"),
    tls,
    parameters: rest,
    applicationName,
    prepare: flag(options.prepare, "prepare"),
    targetSessionAttrs: sessionAttributes(options.target_session_attrs, "target_session_attrs"),
    connectTimeout: duration(options.connect_timeout, SECOND, "connect_timeout"),
    // The driver's default is null, so that null says nothing about what the user wants.
    idleTimeout: duration(options.idle_timeout ?? undefined, SECOND, "idle_timeout"),
    maxLifetime: duration(lifetimeOf(options.max_lifetime), SECOND, "max_lifetime"),
  };
}

/**
 * @param {Record<string, any>} options
 * @returns {NonNullable<Draft["hosts"]>}
 */
function hostsOf(options) {
  if (options.path) {
    const socket = typeof options.path === "string" ? socketFile(options.path) : undefined;
    if (!socket) throw badSetting("path", "be the full path of a server's socket, like /tmp/.s.PGSQL.5432");
    return [socket];
  }
  return options.host.map((/** @type {unknown} */ host, /** @type {number} */ index) => {
    // The driver splits text at each colon and leaves this of an IPv6 address.
    if (typeof host !== "string" || host.startsWith("[")) {
      throw badSetting("host", "be a name or an address; postgres.js takes an IPv6 address in an array only");
    }
    return { ...place(host, "host"), port: port(options.port[index] ?? options.port[0], "port") };
  });
}

/**
 * @param {unknown} ssl
 * @returns {WrittenTls | undefined}
 */
function tlsOf(ssl) {
  if (!ssl) return undefined;
  if (ssl === "require" || ssl === "allow") return { mode: "require" };
  if (ssl === "prefer") return { mode: "prefer" };
  if (typeof ssl === "object") return tlsFromNode(/** @type {Record<string, unknown>} */ (ssl), "ssl");
  // Whatever else it is, and be it the word "disable", the driver connects with TLS and verifies.
  return { mode: "verify-full" };
}

/** What a connection string can hold that the driver sends to the server, which does not know it. */
const NEVER_PARAMETERS = ["host", "port", "dbname", "password", "sslcert", "sslkey", "sslrootcert"];

/**
 * The driver sends what is truthy, and lets `user` and `database` override its own.
 * @param {Record<string, unknown>} connection
 * @returns {Record<string, unknown>}
 */
function sentParameters(connection) {
  const sent = Object.fromEntries(Object.entries(connection ?? {}).filter(([, value]) => value));
  // Already understood by the driver: it has turned this into ssl: 'verify-full'.
  if (sent.sslrootcert === "system") delete sent.sslrootcert;
  // The driver knows no channel binding and leaves it to the server to overlook the word. Connection
  // strings of hosting providers hold it, so refusing it here would refuse what works.
  delete sent.channel_binding;
  for (const name of NEVER_PARAMETERS) {
    if (name in sent) {
      throw cannotHonour(`connection.${name}`, "postgres.js does not know it, and sends it to the server");
    }
  }
  return sent;
}

/**
 * @param {unknown} lifetime in seconds, or a function that gives them: by default half an hour to an hour
 * @returns {unknown} evaluated once, for the pool as a whole; null is no limit
 */
function lifetimeOf(lifetime) {
  return typeof lifetime === "function" ? lifetime() : lifetime;
}

module.exports = { draftFromPostgresJs };
