"use strict";

/**
 * A postgres.js `sql`. Its `options` are already parsed and completed from the environment, so what they
 * hold is taken as it is (facts from postgres 3.4, src/index.js and src/connection.js).
 */

const { badSetting, cannotHonour } = require("./refusal.js");
const { flag, seconds, sessionAttributes, text } = require("./values.js");
const { place, port } = require("./hosts.js");
const { refuseUnsupported, runTimeParameters } = require("./parameters.js");
const { tlsFromNode } = require("./tls.js");

/** @import { Draft } from "./settings.js" */

/** @type {(options: Record<string, any>) => Draft} */
function draftFromPostgresJs(options) {
  refuseUnsupported(options);
  const { user, database, ...parameters } = sentParameters(options.connection);
  const lifetime = options.max_lifetime;
  return {
    hosts: options.path ? [socketFile(options.path)] : hostsOf(options),
    user: text(user ?? options.user, "user"),
    // Asked through `options`, as the driver does it.
    password: typeof options.pass === "function" ? () => options.pass() : text(options.pass, "pass"),
    database: text(database ?? options.database, "database"),
    tls: tlsOf(options.ssl),
    parameters: runTimeParameters(Object.entries(parameters), (key) => `connection.${key}`),
    prepare: flag(options.prepare, "prepare"),
    targetSessionAttrs: sessionAttributes(options.target_session_attrs, "target_session_attrs"),
    connectTimeout: seconds(options.connect_timeout, "connect_timeout"),
    // The driver's default is null, so that null says nothing about what the user wants.
    idleTimeout: seconds(options.idle_timeout ?? undefined, "idle_timeout"),
    // By default a function that gives half an hour to an hour. It is asked once, for the pool as a whole.
    maxLifetime: seconds(typeof lifetime === "function" ? lifetime() : lifetime, "max_lifetime"),
  };
}

/**
 * The full path of a server's socket. PostgreSQL names the file after the port (libpq, 34.1.2, host).
 * @type {(path: unknown) => Draft["hosts"][number]}
 */
function socketFile(path) {
  const [, socket, number] = /^(\/.*)\/\.s\.PGSQL\.(\d+)$/.exec(String(path)) ?? [];
  if (socket) return { socket, port: port(number, "path") };
  throw badSetting("path", "be the full path of a server's socket, like /tmp/.s.PGSQL.5432");
}

/** @type {(options: Record<string, any>) => Draft["hosts"]} */
function hostsOf(options) {
  return options.host.map((/** @type {unknown} */ host, /** @type {number} */ index) => {
    // The driver splits text at each colon and leaves this of an IPv6 address.
    if (typeof host !== "string" || host.startsWith("[")) {
      throw badSetting("host", "be a name or an address; postgres.js takes an IPv6 address in an array only");
    }
    return { ...place(host, "host"), port: port(options.port[index] ?? options.port[0], "port") };
  });
}

/** @type {(ssl: unknown) => Draft["tls"]} */
function tlsOf(ssl) {
  if (!ssl) return undefined;
  if (ssl === "require" || ssl === "allow") return { mode: "require" };
  if (ssl === "prefer") return { mode: "prefer" };
  // Whatever else it is, and be it the word "disable", the driver connects with TLS and verifies.
  return tlsFromNode(typeof ssl === "object" ? ssl : true);
}

/** What a connection string can hold that the driver sends to the server, which does not know it. */
const NEVER_PARAMETERS = ["host", "port", "dbname", "password", "sslcert", "sslkey", "sslrootcert"];

/**
 * The driver sends what is truthy, and lets `user` and `database` override its own.
 * @type {(connection: Record<string, unknown>) => Record<string, unknown>}
 */
function sentParameters(connection) {
  const sent = Object.fromEntries(Object.entries(connection ?? {}).filter(([, value]) => value));
  // Already understood by the driver: it has turned this into ssl: 'verify-full'.
  if (sent.sslrootcert === "system") delete sent.sslrootcert;
  // The driver knows no channel binding and leaves it to the server to overlook the word. Connection
  // strings of hosting providers hold it, so refusing it here would refuse what works.
  delete sent.channel_binding;
  const never = NEVER_PARAMETERS.find((name) => name in sent);
  if (never === undefined) return sent;
  throw cannotHonour(`connection.${never}`, "postgres.js does not know it, and sends it to the server");
}

module.exports = { draftFromPostgresJs };
