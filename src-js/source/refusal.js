"use strict";

/**
 * The words in which a source or one of its settings is refused. Each is a TypeError, and none ever
 * holds a value that was given: only the names of settings, so that no password can slip into a log.
 */

const ACCEPTED =
  "a drizzle database over postgres.js or node-postgres, a postgres.js sql, a pg.Pool, " +
  "a connection string or URL (postgres://…), an options object, " +
  "or nothing at all when DATABASE_URL is set";

/**
 * What was given is no source at all.
 * @param {string} what what it is, in words
 * @returns {TypeError}
 */
function notASource(what) {
  return new TypeError(`environmentService cannot connect through ${what}. It accepts ${ACCEPTED}.`);
}

/**
 * What was given belongs to one connection, on which something may not be committed yet.
 * @param {string} what
 * @returns {TypeError}
 */
function insideOneConnection(what) {
  return notASource(
    `${what}: the service has connections of its own, and a separate connection cannot see ` +
      "what happens inside this one before it is committed; pass the database that it came from",
  );
}

/**
 * The setting is of the wrong type, out of range or misspelt.
 * @param {string} setting its name, as the user wrote it
 * @param {string} expected completes the sentence "<setting> must …"
 * @returns {TypeError}
 */
function badSetting(setting, expected) {
  return new TypeError(`environmentService: ${setting} must ${expected}`);
}

/**
 * The setting is right, but this service has no means to do what it says.
 * @param {string} setting
 * @param {string} why
 * @returns {TypeError}
 */
function cannotHonour(setting, why) {
  return new TypeError(`environmentService cannot honour ${setting}: ${why}`);
}

/**
 * Settings of either driver that this service has no means to honour, by name, each with the reason.
 * @type {Readonly<Record<string, string>>}
 */
const UNSUPPORTED = {
  socket: "the native driver makes its connections itself",
  stream: "the native driver makes its connections itself",
  onConnect: "it cannot be run on the native driver's connections; use run-time parameters",
  verify: "it cannot be run on the native driver's connections",
  replication: "the service needs an ordinary session",
  sslnegotiation: "the native driver asks for TLS in the usual way only",
};

/**
 * @param {Readonly<Record<string, unknown>>} said settings of a driver
 * @returns {void}
 * @throws {TypeError} if one of them is in use that cannot be honoured
 */
function refuseUnsupported(said) {
  for (const [name, why] of Object.entries(UNSUPPORTED)) {
    const usual = !said[name] || (name === "sslnegotiation" && said[name] === "postgres");
    if (!usual) throw cannotHonour(name, why);
  }
}

/**
 * A setting that nobody knows.
 * @param {string} where "source" or "options"
 * @param {string} key
 * @param {Iterable<string>} known
 * @returns {TypeError}
 */
function unknownKey(where, key, known) {
  return new TypeError(
    `environmentService: unknown key ${JSON.stringify(key)} in ${where}; known are ${[...known].join(", ")}`,
  );
}

module.exports = {
  UNSUPPORTED,
  notASource,
  insideOneConnection,
  badSetting,
  cannotHonour,
  refuseUnsupported,
  unknownKey,
};
