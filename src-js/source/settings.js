"use strict";

/** What the native side is told: what a source said, completed by the service's options and by defaults. */

const { userInfo } = require("node:os");
const { badSetting, cannotHonour, unknownKey } = require("./refusal.js");
const { LONGEST } = require("./values.js");
const { areSockets } = require("./hosts.js");

/** @import { Place } from "./hosts.js" */
/** @import { Tls, WrittenTls } from "./tls.js" */
/** @import { SessionAttributes } from "./values.js" */

/**
 * The settings of one pool, as the native side reads them (JSON). Times are in milliseconds; null means without a
 * limit. Hosts are in the order in which they are tried, `socket` being the directory of a Unix socket, for which
 * `tls` has no meaning. The password is missing where there is none, or where a function gives it. Parameters are
 * sorted by name, application_name excepted.
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
 * What one source said; undefined is what it left open. A password function is asked for each connection, and
 * application_name is among the parameters.
 * @typedef {{ hosts: Place[], password?: string | (() => unknown), tls?: WrittenTls }} Own
 * @typedef {Own & Partial<Omit<Settings, keyof Own | "applicationName" | "maxConnections">>} Draft
 */

/** What holds where neither the source nor the options say anything. */
const DEFAULTS = Object.freeze({
  port: 5432,
  applicationName: "paperclip-environment-service",
  prepare: true,
  targetSessionAttrs: null,
  /** A batch holds many calls, and an organisation's databases run out of connections: few are enough. */
  maxConnections: 4,
  connectTimeout: 30_000, // as in postgres.js
  /** The service shares its database with the host's own pool and is idle most of the time. */
  idleTimeout: 30_000,
  /** The lower bound of what postgres.js takes; long enough not to matter, short enough to follow a failover. */
  maxLifetime: 1_800_000,
});

/**
 * What overrides the source and the defaults. Times are in milliseconds; null means without a limit.
 * @typedef {object} ServiceOptions
 * @property {number} [maxConnections]
 * @property {number | null} [connectTimeout]
 * @property {number | null} [idleTimeout]
 * @property {number} [statementTimeout] 0: without a limit, as PostgreSQL has it
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
    // Both stand for no limit.
    result[key] = value === 0 && key !== "statementTimeout" ? null : value;
  }
  return result;
}

/** The same for options that say the same. @type {(options: ServiceOptions) => string} */
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
    // PostgreSQL does not mind the case of a name, and two of them would quarrel.
    for (const each of Object.keys(parameters)) {
      if (each.toLowerCase() === "statement_timeout") delete parameters[each];
    }
    parameters.statement_timeout = String(options.statementTimeout);
  }
  // What postgres.js calls itself when nobody gives it a name.
  const applicationName = name === "postgres.js" ? undefined : name;
  const said = { ...DEFAULTS, ...onlySaid({ applicationName, ...draft }), ...onlySaid(options) };
  // Always in the same order: equal sources have to give equal JSON.
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

/** A copy without what all objects inherit: nobody has said that. @type {<T extends object>(from: T) => T} */
const own = (from) => Object.assign(Object.create(null), from);

/**
 * Without what is undefined. Null stays: it says "without a limit".
 * @type {<T extends object>(from: T) => { [K in keyof T]: Exclude<T[K], undefined> }}
 */
function onlySaid(from) {
  const entries = Object.entries(from).filter(([, value]) => value !== undefined);
  return /** @type {any} */ (Object.fromEntries(entries));
}

/**
 * Who runs this process: the last resort of libpq (34.1.2, user) and of both drivers, but for pg where the
 * variable USER is not set, as in many containers.
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
 * The native driver verifies the name that it connects to, so another name can only be refused. Over a Unix socket
 * there is no TLS: the two drivers ask the server, which always declines, so that whoever insists never connects.
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
