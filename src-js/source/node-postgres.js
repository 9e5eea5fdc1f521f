"use strict";

/**
 * A `pg.Pool`. It keeps what it was given, often just a connection string, and leaves the rest to its
 * client: pg's own grammar, pg.defaults and the environment. So a client is made, which opens nothing
 * until it is told to, and asked what it would do. This follows pg where its meaning changes (from pg 9
 * on, sslmode=require will no longer verify), and whatever class the pool makes its clients of.
 */

const { badSetting, cannotHonour, refuseUnsupported } = require("./refusal.js");
const { MILLISECOND, SECOND, duration, isObject, passwordText, text } = require("./values.js");
const { port } = require("./hosts.js");
const { session } = require("./parameters.js");
const { tlsFromNode, VERIFIED } = require("./tls.js");
const { refuseTlsOverSocket } = require("./settings.js");

/** @typedef {import("./settings.js").Draft} Draft */
/** @typedef {import("./tls.js").WrittenTls} WrittenTls */

/**
 * @param {{ options: Record<string, any>, Client: new (options: object) => any }} pool
 * @returns {Draft}
 */
function draftFromNodePostgres(pool) {
  const { options } = pool;
  refuseUnsupported(options);
  if (options.connection) throw cannotHonour("connection", "the native driver makes its connections itself");
  const client = connectionParameters(pool);
  refuseUnsupported(client);

  const number = port(client.port, "port");
  const { host } = client;
  const hosts = [host.startsWith("/") ? { socket: host, port: number } : { host, port: number }];
  const tls = tlsOf(client.ssl, options.ssl);
  refuseTlsOverSocket(tls, hosts);
  const { password } = client;
  const { parameters, applicationName } = session(Object.entries(sentParameters(client)), (key) => key);

  return {
    hosts,
    user: text(client.user, "user"),
    password:
      typeof password === "function"
        ? async () => passwordText(await password(client))
        : text(password, "password"),
    database: text(client.database, "database"),
    tls,
    parameters,
    applicationName,
    connectTimeout: duration(options.connectionTimeoutMillis, MILLISECOND, "connectionTimeoutMillis"),
    idleTimeout: duration(options.idleTimeoutMillis, MILLISECOND, "idleTimeoutMillis"),
    maxLifetime: duration(options.maxLifetimeSeconds, SECOND, "maxLifetimeSeconds"),
  };
}

/**
 * @param {{ options: Record<string, any>, Client: new (options: object) => any }} pool
 * @returns {Record<string, any>} everything that pg has settled for a connection
 */
function connectionParameters(pool) {
  let settled;
  try {
    settled = new pool.Client(pool.options).connectionParameters;
  } catch (error) {
    // Not the error itself: that of an unreadable URL carries the URL.
    const code = /** @type {NodeJS.ErrnoException} */ (error)?.code;
    throw badSetting(
      "the pool's options",
      `be such that pg can connect with them (${code ?? "pg refuses them"})`,
    );
  }
  if (!isObject(settled) || typeof (/** @type {any} */ (settled).host) !== "string") {
    throw badSetting("the pool's Client", "be one of pg's");
  }
  return /** @type {Record<string, any>} */ (settled);
}

/**
 * What pg tells the server when a session begins.
 * @param {Record<string, any>} client
 * @returns {Record<string, unknown>}
 */
function sentParameters(client) {
  return {
    application_name: client.application_name || client.fallback_application_name || undefined,
    ...timeouts(client),
    options: client.options || undefined,
    client_encoding: client.client_encoding || undefined,
  };
}

/**
 * The limits for statements that pg has options for, in milliseconds. `query_timeout` is how long pg itself
 * waits; the server can see to it as well, which then also stops working on what nobody waits for.
 * @param {Record<string, any>} said
 * @returns {Record<string, string>}
 */
function timeouts(said) {
  /** @type {Record<string, string>} */
  const result = {};
  for (const name of ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"]) {
    const limit = duration(said[name] || undefined, MILLISECOND, name);
    if (limit) result[name] = String(limit);
  }
  const patience = duration(said.query_timeout || undefined, MILLISECOND, "query_timeout");
  if (patience)
    result.statement_timeout = String(Math.min(patience, Number(result.statement_timeout ?? patience)));
  return result;
}

/**
 * @param {unknown} ssl as pg has settled it
 * @param {unknown} given as the pool was given it
 * @returns {WrittenTls | undefined}
 */
function tlsOf(ssl, given) {
  if (!ssl) return undefined;
  if (ssl === true) return VERIFIED;
  if (typeof ssl !== "object") throw badSetting("ssl", "be a boolean or an object, as pg takes it");

  const options = { .../** @type {Record<string, unknown>} */ (ssl) };
  options.key = /** @type {Record<string, unknown>} */ (ssl).key; // hidden from enumeration by pg
  // pg writes this function itself where a connection string asks for libpq's verify-ca: the chain counts, not
  // the name. One that the user wrote can do anything.
  const verifyCa = ssl !== given && typeof options.checkServerIdentity === "function";
  if (verifyCa) delete options.checkServerIdentity;
  const tls = tlsFromNode(options, "ssl");
  return verifyCa && tls.mode === "verify-full" ? { ...tls, mode: "verify-ca" } : tls;
}

module.exports = { draftFromNodePostgres, timeouts };
