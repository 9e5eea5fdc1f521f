"use strict";

/** Reads the settings with which the objects of the two drivers would connect. */

const { badSetting, cannotHonour } = require("./refusal.js");
const { flag, isObject, milliseconds, seconds, sessionAttributes, text } = require("./values.js");
const { place, port } = require("./hosts.js");
const { runTimeParameters } = require("./parameters.js");
const { tlsFromNode } = require("./tls.js");

/** @import { Draft } from "./settings.js" */
/** @typedef {{ options: Record<string, any>, Client: new (options: object) => any }} Pool */

/** Settings of either driver for kinds of connections that the native driver does not offer. */
const UNSUPPORTED = ["socket", "stream", "onConnect", "verify", "replication", "sslnegotiation"];

/** Refuses a driver's settings if one of these is in use. @type {(said: Readonly<Record<string, unknown>>) => void} */
function refuseUnsupported(said) {
  const used = UNSUPPORTED.find((key) => said[key] && (key !== "sslnegotiation" || said[key] !== "postgres"));
  if (used) throw cannotHonour(used, "the native driver makes its connections itself and in the usual way");
}

/**
 * Reads a postgres.js `sql`. Its `options` are parsed and completed from the environment already, so they are taken
 * as they are (postgres 3.4, src/index.js and src/connection.js).
 * @type {(options: Record<string, any>) => Draft}
 */
function draftFromPostgresJs(options) {
  refuseUnsupported(options);
  const { user, database, ...parameters } = sentBySql(options.connection);
  const lifetime = options.max_lifetime;
  return {
    hosts: options.path ? [socketFile(options.path)] : hostsOf(options),
    user: text(user ?? options.user, "user"),
    // Called as a method of `options`, as the driver does.
    password: typeof options.pass === "function" ? () => options.pass() : text(options.pass, "pass"),
    database: text(database ?? options.database, "database"),
    tls: tlsOfSql(options.ssl),
    parameters: runTimeParameters(Object.entries(parameters), (key) => `connection.${key}`),
    prepare: flag(options.prepare, "prepare"),
    targetSessionAttrs: sessionAttributes(options.target_session_attrs, "target_session_attrs"),
    connectTimeout: seconds(options.connect_timeout, "connect_timeout"),
    // The driver's default is null, so null does not show what the user wants.
    idleTimeout: seconds(options.idle_timeout ?? undefined, "idle_timeout"),
    // By default, a function that returns half an hour to an hour. It is called once for the whole pool.
    maxLifetime: seconds(typeof lifetime === "function" ? lifetime() : lifetime, "max_lifetime"),
  };
}

/**
 * Reads the full path of a server's socket. PostgreSQL names the file after the port (libpq, 34.1.2, host).
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
    // The driver splits text at each colon, so that only "[" and the first group remain of an IPv6 address.
    if (typeof host !== "string" || host.startsWith("[")) {
      throw badSetting("host", "be a name or an address; postgres.js takes an IPv6 address in an array only");
    }
    return { ...place(host, "host"), port: port(options.port[index] ?? options.port[0], "port") };
  });
}

/** @type {(ssl: unknown) => Draft["tls"]} */
function tlsOfSql(ssl) {
  if (!ssl) return undefined;
  if (ssl === "require" || ssl === "allow") return { mode: "require" };
  if (ssl === "prefer") return { mode: "prefer" };
  // For any other value, even "disable", the driver connects with TLS and verifies.
  return tlsFromNode(typeof ssl === "object" ? ssl : true);
}

/** Settings in a connection string that the driver sends to the server, which does not know them. */
const NEVER_PARAMETERS = ["host", "port", "dbname", "password", "sslcert", "sslkey", "sslrootcert"];

/**
 * The driver sends truthy values, and lets `user` and `database` override its own.
 * @type {(connection: Record<string, unknown>) => Record<string, unknown>}
 */
function sentBySql(connection) {
  const sent = Object.fromEntries(Object.entries(connection ?? {}).filter(([, value]) => value));
  // The driver has converted this to ssl: 'verify-full' already.
  if (sent.sslrootcert === "system") delete sent.sslrootcert;
  // The driver does not know channel binding and sends the word to the server, which ignores it. Connection strings
  // of hosting providers contain it, so refusing it here would refuse what works.
  delete sent.channel_binding;
  const never = NEVER_PARAMETERS.find((name) => name in sent);
  if (never === undefined) return sent;
  throw cannotHonour(`connection.${never}`, "postgres.js does not know it, and sends it to the server");
}

/**
 * Reads a `pg.Pool`. The pool keeps what it was given, often just a connection string. Its client applies pg's own
 * grammar, pg.defaults and the environment. So a client is created, which does not connect, and its settings are
 * read. This follows later changes of pg (from pg 9 on, sslmode=require will no longer verify), and any class of
 * clients that the pool uses.
 * @type {(pool: Pool) => Draft}
 */
function draftFromNodePostgres(pool) {
  const { options } = pool;
  refuseUnsupported(options);
  if (options.connection) throw cannotHonour("connection", "the native driver makes its connections itself");
  const client = connectionParameters(pool);
  refuseUnsupported(client);
  const { host, password } = client;
  return {
    hosts: [{ ...(host.startsWith("/") ? { socket: host } : { host }), port: port(client.port, "port") }],
    user: text(client.user, "user"),
    password: typeof password === "function" ? () => password(client) : text(password, "password"),
    database: text(client.database, "database"),
    tls: tlsOfPool(client.ssl, options.ssl),
    parameters: runTimeParameters(Object.entries(sentByPool(client)), (key) => key),
    connectTimeout: milliseconds(options.connectionTimeoutMillis, "connectionTimeoutMillis"),
    idleTimeout: milliseconds(options.idleTimeoutMillis, "idleTimeoutMillis"),
    maxLifetime: seconds(options.maxLifetimeSeconds, "maxLifetimeSeconds"),
  };
}

/** All settings of a connection, as pg has completed them. @type {(pool: Pool) => Record<string, any>} */
function connectionParameters(pool) {
  let parsed;
  try {
    parsed = new pool.Client(pool.options).connectionParameters;
  } catch (error) {
    // The error itself is not quoted: for an unreadable URL, it contains the URL.
    const code = /** @type {NodeJS.ErrnoException} */ (error)?.code ?? "pg refuses them";
    throw badSetting("the pool's options", `be such that pg can connect with them (${code})`);
  }
  if (isObject(parsed) && "host" in parsed && typeof parsed.host === "string") return parsed;
  throw badSetting("the pool's Client", "be one of pg's");
}

/**
 * The run-time parameters that pg sends when a session begins, with times in milliseconds. `query_timeout` is how long
 * pg itself waits. As the server's `statement_timeout` it has the same effect, and also ends the statement.
 * @type {(client: Record<string, any>) => Record<string, unknown>}
 */
function sentByPool(client) {
  const limit = (/** @type {string} */ name) => milliseconds(client[name] || undefined, name) ?? undefined;
  const patience = Math.min(limit("statement_timeout") ?? Infinity, limit("query_timeout") ?? Infinity);
  return {
    application_name: client.application_name || client.fallback_application_name || undefined,
    statement_timeout: patience === Infinity ? undefined : patience,
    lock_timeout: limit("lock_timeout"),
    idle_in_transaction_session_timeout: limit("idle_in_transaction_session_timeout"),
    options: client.options || undefined,
    client_encoding: client.client_encoding || undefined,
  };
}

/** Reads TLS settings: as pg has completed them, and as the pool was given them.
 * @type {(ssl: unknown, given: unknown) => Draft["tls"]} */
function tlsOfPool(ssl, given) {
  if (!ssl) return undefined;
  if (ssl === true) return tlsFromNode(ssl);
  if (typeof ssl !== "object") throw badSetting("ssl", "be a boolean or an object, as pg takes it");

  // pg hides the key from enumeration.
  const { checkServerIdentity, key, ...others } = /** @type {Record<string, unknown>} */ (ssl);
  // pg adds this function itself if a connection string asks for libpq's verify-ca, which verifies the chain and not
  // the name. A function of the user's can do anything.
  const verifyCa = ssl !== given && typeof checkServerIdentity === "function";
  const tls = tlsFromNode({
    ...others,
    key,
    checkServerIdentity: verifyCa ? undefined : checkServerIdentity,
  });
  return verifyCa && tls.mode === "verify-full" ? { ...tls, mode: "verify-ca" } : tls;
}

module.exports = { draftFromNodePostgres, draftFromPostgresJs };
