"use strict";

/**
 * A `pg.Pool`. It keeps what it was given, often just a connection string, and leaves the rest to its
 * client: pg's own grammar, pg.defaults and the environment. So a client is made, which opens nothing
 * until it is told to, and asked what it would do. This follows pg where its meaning changes (from pg 9
 * on, sslmode=require will no longer verify), and whatever class the pool makes its clients of.
 */

const { badSetting, cannotHonour } = require("./refusal.js");
const { isObject, milliseconds, seconds, text } = require("./values.js");
const { port } = require("./hosts.js");
const { refuseUnsupported, runTimeParameters } = require("./parameters.js");
const { tlsFromNode } = require("./tls.js");

/** @import { Draft } from "./settings.js" */
/** @typedef {{ options: Record<string, any>, Client: new (options: object) => any }} Pool */

/** @type {(pool: Pool) => Draft} */
function draftFromNodePostgres(pool) {
  const { options } = pool;
  refuseUnsupported(options);
  if (options.connection) throw cannotHonour("connection", "the native driver makes its connections itself");
  const client = connectionParameters(pool);
  refuseUnsupported(client);
  const { host, password } = client;
  const number = port(client.port, "port");
  return {
    hosts: [host.startsWith("/") ? { socket: host, port: number } : { host, port: number }],
    user: text(client.user, "user"),
    password: typeof password === "function" ? () => password(client) : text(password, "password"),
    database: text(client.database, "database"),
    tls: tlsOf(client.ssl, options.ssl),
    parameters: runTimeParameters(Object.entries(sentParameters(client)), (key) => key),
    connectTimeout: milliseconds(options.connectionTimeoutMillis, "connectionTimeoutMillis"),
    idleTimeout: milliseconds(options.idleTimeoutMillis, "idleTimeoutMillis"),
    maxLifetime: seconds(options.maxLifetimeSeconds, "maxLifetimeSeconds"),
  };
}

/**
 * Everything that pg has settled for a connection.
 * @type {(pool: Pool) => Record<string, any>}
 */
function connectionParameters(pool) {
  let settled;
  try {
    settled = new pool.Client(pool.options).connectionParameters;
  } catch (error) {
    // Not the error itself: that of an unreadable URL carries the URL.
    const code = /** @type {NodeJS.ErrnoException} */ (error)?.code ?? "pg refuses them";
    throw badSetting("the pool's options", `be such that pg can connect with them (${code})`);
  }
  if (isObject(settled) && "host" in settled && typeof settled.host === "string") return settled;
  throw badSetting("the pool's Client", "be one of pg's");
}

/**
 * What pg tells the server when a session begins, times in milliseconds. `query_timeout` is how long pg itself
 * waits; the server can see to it as well, which then also stops working on what nobody waits for.
 * @type {(client: Record<string, any>) => Record<string, unknown>}
 */
function sentParameters(client) {
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

/**
 * @param {unknown} ssl as pg has settled it
 * @param {unknown} given as the pool was given it
 * @returns {Draft["tls"]}
 */
function tlsOf(ssl, given) {
  if (!ssl) return undefined;
  if (ssl === true) return tlsFromNode(ssl);
  if (typeof ssl !== "object") throw badSetting("ssl", "be a boolean or an object, as pg takes it");

  const { checkServerIdentity, ...options } = /** @type {Record<string, unknown>} */ (ssl);
  options.key = /** @type {Record<string, unknown>} */ (ssl).key; // hidden from enumeration by pg
  // pg writes this function itself where a connection string asks for libpq's verify-ca: the chain counts, not
  // the name. One that the user wrote can do anything.
  const verifyCa = ssl !== given && typeof checkServerIdentity === "function";
  const tls = tlsFromNode(verifyCa ? options : { ...options, checkServerIdentity });
  return verifyCa && tls.mode === "verify-full" ? { ...tls, mode: "verify-ca" } : tls;
}

module.exports = { draftFromNodePostgres };
