"use strict";

/** The settings for the native side: those of a source, completed by the service's options and by defaults. */

const { userInfo } = require("node:os");
const { badSetting, cannotHonour, unknownKey } = require("./refusal.js");
const { LONGEST } = require("./values.js");
const { areSockets } = require("./hosts.js");

/** @import { Place } from "./hosts.js" */
/** @import { Tls, WrittenTls } from "./tls.js" */
/** @import { SessionAttributes } from "./values.js" */

/**
 * The settings of one pool, as the native side reads them (JSON). Times are in milliseconds; null means no limit.
 * Hosts are in the order in which they are tried. `socket` is the directory of a Unix socket, for which `tls` has no
 * effect. The password is absent if there is none, or if a function returns it. Parameters are sorted by name, and
 * do not include application_name.
 * @typedef {object} Settings
 * @property {Array<Place & { port: number }>} hosts
 * @property {string} user
 * @property {string} [password]
 * @property {string} database
 * @property {Tls} tls
 * @property {Record<string, string>} parameters
 * @property {string} applicationName
 * @property {boolean} prepare whether prepared statements may have names
 * @property {SessionAttributes | null} targetSessionAttrs
 * @property {number} maxConnections
 * @property {number | null} connectTimeout
 * @property {number | null} idleTimeout
 * @property {number | null} maxLifetime
 */

/**
 * The settings of one source. An undefined one was not given. A password function is called for each connection, and
 * application_name is among the parameters.
 * @typedef {{ hosts: Place[], password?: string | (() => unknown), tls?: WrittenTls }} Own
 * @typedef {Own & Partial<Omit<Settings, keyof Own | "applicationName" | "maxConnections">>} Draft
 */

/** The defaults, for what neither the source nor the options set. */
const DEFAULTS = Object.freeze({
  port: 5432,
  applicationName: "paperclip-environment-service",
  prepare: true,
  targetSessionAttrs: null,
  /** A few are enough, because a batch holds many calls, and a server's connections are limited. */
  maxConnections: 4,
  connectTimeout: 30_000, // as in postgres.js
  /** The service shares its database with the host's own pool and is idle most of the time. */
  idleTimeout: 30_000,
  /** The least value of postgres.js: long enough to cost nothing, short enough to follow a failover. */
  maxLifetime: 1_800_000,
});

/**
 * The options that override the source and the defaults. Times are in milliseconds; null means no limit.
 * @typedef {object} ServiceOptions
 * @property {number} [maxConnections]
 * @property {number | null} [connectTimeout]
 * @property {number | null} [idleTimeout]
 * @property {number} [statementTimeout] 0 means no limit, as in PostgreSQL
 * @property {string} [applicationName]
 */

/** @type {(value: any, least: number, most: number) => boolean} */
const isWhole = (value, least, most) => Number.isInteger(value) && value >= least && value <= most;
const isTime = (/** @type {unknown} */ value) => isWhole(value, 0, LONGEST);
const isName = (/** @type {unknown} */ value) => typeof value === "string" && /^[^\0]+$/.test(value);
const TIME = `be a whole number of milliseconds from 0 (no limit) to ${LONGEST}`;

/** @type {Record<string, { fits: (value: any) => boolean, must: string }>} */
const CHECKS = {
  maxConnections: { fits: (value) => isWhole(value, 1, 100), must: "be a whole number from 1 to 100" },
  connectTimeout: { fits: (value) => value === null || isTime(value), must: TIME },
  idleTimeout: { fits: (value) => value === null || isTime(value), must: TIME },
  statementTimeout: { fits: isTime, must: TIME },
  applicationName: { fits: isName, must: "be a string that is not empty" },
};

/** @type {(options: unknown) => ServiceOptions} */
function readServiceOptions(options) {
  const isUsable = typeof options === "object" && options !== null && !Array.isArray(options);
  if (options !== undefined && !isUsable) throw badSetting("options", "be an object");
  /** @type {Record<string, unknown>} */
  const result = own({});
  for (const [key, value] of Object.entries(options ?? {})) {
    const check = Object.hasOwn(CHECKS, key) ? CHECKS[key] : undefined;
    if (!check) throw unknownKey("options", key, Object.keys(CHECKS));
    if (value !== undefined && !check.fits(value)) throw badSetting(`options.${key}`, check.must);
    // Zero and null both mean no limit.
    result[key] = value === 0 && key !== "statementTimeout" ? null : value;
  }
  return result;
}

/** A key that is the same for equal options. @type {(options: ServiceOptions) => string} */
function keyOf(options) {
  const { maxConnections, connectTimeout, idleTimeout, statementTimeout, applicationName } = options;
  const name = applicationName === undefined ? "" : JSON.stringify(applicationName);
  return `${maxConnections} ${connectTimeout} ${idleTimeout} ${statementTimeout} ${name}`;
}

/** @type {(draft: Draft, options: ServiceOptions) => Settings} */
function complete(draft, options) {
  const user = draft.user ?? systemUser();
  if (!user) throw badSetting("user", "be given, since the operating system does not know it either");

  const hosts = draft.hosts.map((place) => ({ ...place, port: place.port ?? DEFAULTS.port }));
  /** @type {WrittenTls} */
  const { servername, ...tls } = own(draft.tls ?? { mode: "disable" });
  refuseUnverifiable(tls.mode, servername, hosts);

  const { application_name: name, ...parameters } = own(draft.parameters ?? {});
  if (options.statementTimeout !== undefined) {
    // PostgreSQL ignores the case of names, so two spellings would conflict.
    for (const each of Object.keys(parameters)) {
      if (each.toLowerCase() === "statement_timeout") delete parameters[each];
    }
    parameters.statement_timeout = String(options.statementTimeout);
  }
  // "postgres.js" is the driver's own default.
  const applicationName = name === "postgres.js" ? undefined : name;
  const said = { ...DEFAULTS, ...onlySaid({ applicationName, ...draft }), ...onlySaid(options) };
  // The order is fixed, because equal sources must give equal JSON.
  return {
    hosts,
    user,
    ...(typeof draft.password === "string" ? { password: draft.password } : {}),
    database: draft.database ?? user, // libpq, 34.1.2, dbname
    tls,
    parameters: Object.fromEntries(Object.entries(parameters).sort()),
    applicationName: said.applicationName,
    prepare: said.prepare,
    targetSessionAttrs: said.targetSessionAttrs,
    maxConnections: said.maxConnections,
    connectTimeout: said.connectTimeout,
    idleTimeout: said.idleTimeout,
    maxLifetime: said.maxLifetime,
  };
}

/** A copy without inherited properties, which are not settings. @type {<T extends object>(from: T) => T} */
const own = (from) => Object.assign(Object.create(null), from);

/**
 * A copy without undefined values. Null stays, because it means no limit.
 * @type {<T extends object>(from: T) => { [K in keyof T]: Exclude<T[K], undefined> }}
 */
function onlySaid(from) {
  const entries = Object.entries(from).filter(([, value]) => value !== undefined);
  return /** @type {any} */ (Object.fromEntries(entries));
}

/**
 * The user that runs this process. It is the last default of libpq (34.1.2, user) and of both drivers, except for pg
 * if the variable USER is not set, as in many containers.
 */
function systemUser() {
  try {
    return userInfo().username;
  } catch {
    // A container's user may have a number and no name.
    const { USERNAME, USER, LOGNAME } = process.env;
    return USERNAME || USER || LOGNAME;
  }
}

/**
 * The native driver verifies the host name that it connects to, so a different name is refused. There is no TLS on a
 * Unix socket: the two drivers ask the server, which always declines, and fail if TLS is required.
 * @type {(mode: Tls["mode"], servername: string | undefined, hosts: Place[]) => void}
 */
function refuseUnverifiable(mode, servername, hosts) {
  const isNamed = (/** @type {Place} */ place) =>
    "socket" in place || place.host.toLowerCase() === servername?.toLowerCase();
  if (servername !== undefined && !hosts.every(isNamed)) {
    throw cannotHonour("ssl.servername", "the native driver takes this name from the host, and they differ");
  }
  if (mode !== "disable" && mode !== "prefer" && areSockets(hosts)) {
    throw cannotHonour("ssl", "there is no TLS over a Unix socket");
  }
}

module.exports = { CHECKS, DEFAULTS, complete, keyOf, own, readServiceOptions };
