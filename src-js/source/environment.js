"use strict";

/**
 * The environment variables that stand in for what a connection string or an options object leaves open:
 * libpq's (34.15), with PGSSL, PGUSERNAME, PGPREPARE, PGIDLE_TIMEOUT and PGMAX_LIFETIME of postgres.js.
 * The drivers' own objects have done this by themselves, when they were made.
 */

const { SECOND, duration, flag, sessionAttributes, text } = require("./values.js");
const { places, ports, withPorts } = require("./hosts.js");
const { onTopOf, session } = require("./parameters.js");
const { tlsFromLibpq } = require("./tls.js");
const { refuseTlsOverSocket } = require("./settings.js");

/** @typedef {import("./settings.js").Draft} Draft */

/**
 * @param {Draft} draft
 * @param {NodeJS.ProcessEnv} env
 * @returns {Draft}
 */
function filledFromEnvironment(draft, env) {
  let hosts = draft.hosts ?? places(env.PGHOST, undefined, "PGHOST") ?? [{ host: "localhost" }];
  hosts = withPorts(hosts, draft.ports ?? []);
  // Looked at only where a port is missing: it may hold one for each host of PGHOST.
  if (hosts.some((each) => each.port === undefined)) hosts = withPorts(hosts, ports(env.PGPORT, "PGPORT"));

  const tls = draft.tls ?? tlsFromLibpq({ ssl: env.PGSSL, sslmode: env.PGSSLMODE }, env);
  refuseTlsOverSocket(draft.tls, hosts);

  return {
    hosts,
    user: draft.user ?? text(env.PGUSERNAME, "PGUSERNAME") ?? text(env.PGUSER, "PGUSER"),
    password: draft.password ?? text(env.PGPASSWORD, "PGPASSWORD"),
    database: draft.database ?? text(env.PGDATABASE, "PGDATABASE"),
    tls: hosts.every((each) => "socket" in each) ? undefined : tls,
    ...onTopOf(
      { parameters: draft.parameters ?? {}, applicationName: draft.applicationName },
      session(Object.entries({ options: env.PGOPTIONS, application_name: env.PGAPPNAME }), (key) =>
        key === "options" ? "PGOPTIONS" : "PGAPPNAME",
      ),
    ),
    prepare: draft.prepare ?? flag(env.PGPREPARE, "PGPREPARE"),
    targetSessionAttrs:
      draft.targetSessionAttrs ?? sessionAttributes(env.PGTARGETSESSIONATTRS, "PGTARGETSESSIONATTRS"),
    connectTimeout: either(
      draft.connectTimeout,
      duration(env.PGCONNECT_TIMEOUT, SECOND, "PGCONNECT_TIMEOUT"),
    ),
    idleTimeout: either(draft.idleTimeout, duration(env.PGIDLE_TIMEOUT, SECOND, "PGIDLE_TIMEOUT")),
    maxLifetime: either(draft.maxLifetime, duration(env.PGMAX_LIFETIME, SECOND, "PGMAX_LIFETIME")),
  };
}

/**
 * Unlike `??`, null counts: it says "without a limit".
 * @param {number | null | undefined} said
 * @param {number | null | undefined} otherwise
 * @returns {number | null | undefined}
 */
function either(said, otherwise) {
  return said === undefined ? otherwise : said;
}

module.exports = { filledFromEnvironment };
