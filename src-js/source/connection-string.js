"use strict";

/**
 * Connection strings: postgres://user:password@host:port,host:port/database?setting=value
 *
 * Read by libpq's grammar (34.1.1.2 and 34.1.1.3) rather than with `new URL`, which knows one host only,
 * no host without a name, and writes the whole text into its error. As in postgres.js, what is no setting
 * of the client's is a run-time parameter, and a plus sign in the query is a space (URLSearchParams writes
 * spaces so).
 */

const { badSetting, notASource } = require("./refusal.js");
const { SECOND, duration, flag, percentDecoded, sessionAttributes, text } = require("./values.js");
const { place, places, port, ports, withPorts } = require("./hosts.js");
const { session } = require("./parameters.js");
const { DISABLED, tlsFromLibpq } = require("./tls.js");

/** @typedef {import("./settings.js").Draft} Draft */

/** Settings of the two drivers that have no bearing on a connection, or none on this service's. */
const IGNORED = [
  "max",
  "max_pipeline",
  "backoff",
  "keep_alive",
  "debug",
  "fetch_types",
  "publications",
  "uselibpqcompat",
];

/**
 * @param {string} written
 * @param {NodeJS.ProcessEnv} env
 * @returns {Draft}
 */
function draftFromConnectionString(written, env) {
  const parts = /^postgres(?:ql)?:\/\/([^/?]*)(?:\/([^?]*))?(?:\?([\s\S]*))?$/i.exec(written.trim());
  if (!parts) throw notASource("text that does not begin with postgres:// or postgresql://");
  const [, authority = "", path = "", queryText = ""] = parts;

  const at = authority.lastIndexOf("@");
  const [user, password] = credentials(at < 0 ? "" : authority.slice(0, at));
  const said = new Map(query(queryText));
  /** @param {string} key */
  const take = (key) => {
    const value = said.get(key);
    said.delete(key);
    return text(value, key);
  };

  const where = location(authority.slice(at + 1), take("host"), take("port"));
  const tls = tlsFromLibpq(
    {
      sslmode: take("sslmode"),
      ssl: take("ssl"),
      sslrootcert: take("sslrootcert"),
      sslcert: take("sslcert"),
      sslkey: take("sslkey"),
    },
    env,
  );
  /** @type {Draft} */
  const draft = {
    ...where,
    user: take("user") ?? text(user, "user"),
    password: take("password") ?? text(password, "password"),
    database: take("dbname") ?? text(percentDecoded(path), "dbname"),
    // libpq overlooks sslmode where a socket is used.
    tls: tls && where.hosts?.every((each) => "socket" in each) ? DISABLED : tls,
    prepare: flag(take("prepare"), "prepare"),
    targetSessionAttrs: sessionAttributes(take("target_session_attrs"), "target_session_attrs"),
    connectTimeout: duration(take("connect_timeout"), SECOND, "connect_timeout"),
    idleTimeout: duration(take("idle_timeout"), SECOND, "idle_timeout"),
    maxLifetime: duration(take("max_lifetime"), SECOND, "max_lifetime"),
  };
  const fallbackName = take("fallback_application_name");
  for (const key of IGNORED) said.delete(key);
  const { parameters, applicationName } = session(said, (key) => key);
  return { ...draft, parameters, applicationName: applicationName ?? fallbackName };
}

/**
 * @param {string} written what stands before the last @
 * @returns {[user: string, password: string]}
 */
function credentials(written) {
  const colon = written.indexOf(":");
  if (colon < 0) return [percentDecoded(written), ""];
  return [percentDecoded(written.slice(0, colon)), percentDecoded(written.slice(colon + 1))];
}

/**
 * @param {string} written the hosts as they stand in the authority
 * @param {string | undefined} host the query's, which wins
 * @param {string | undefined} numbers
 * @returns {Pick<Draft, "hosts" | "ports">}
 */
function location(written, host, numbers) {
  const separatePorts = ports(numbers, "port");
  if (host !== undefined) return { hosts: places(host, numbers, "host") };
  if (written === "") return { ports: separatePorts };
  if (/^:[^:,\]]*$/.test(written)) {
    // A port and no host: which host is left to PGHOST.
    const inAuthority = port(written.slice(1), "the port in the connection string");
    return { ports: separatePorts.length > 0 ? separatePorts : [inAuthority] };
  }
  return {
    hosts: withPorts(
      written.split(",").map((each) => place(each, "the connection string's host")),
      separatePorts,
    ),
  };
}

/**
 * @param {string} written
 * @returns {Array<[string, string]>}
 */
function query(written) {
  return written
    .split("&")
    .filter((each) => each !== "")
    .map((each) => {
      const equals = each.indexOf("=");
      if (equals < 1) throw badSetting("the connection string's query", "consist of name=value");
      return [spaced(each.slice(0, equals)), spaced(each.slice(equals + 1))];
    });
}

/**
 * @param {string} written
 * @returns {string}
 */
function spaced(written) {
  return percentDecoded(written.replaceAll("+", " "));
}

module.exports = { draftFromConnectionString };
