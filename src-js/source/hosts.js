"use strict";

/** Where the server is: names, addresses and socket directories, with their ports. */

const { isIPv6 } = require("node:net");
const { badSetting } = require("./refusal.js");
const { percentDecoded } = require("./values.js");

/**
 * One place to connect to; without a port where none was said.
 * @typedef {{ host: string, port?: number } | { socket: string, port?: number }} Place
 */

const PORT = "be a whole number from 1 to 65535";

/**
 * @param {unknown} value a number, or text that holds one
 * @param {string} name
 * @returns {number | undefined}
 */
function port(value, name) {
  if (value === undefined || value === null || value === "") return undefined;
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number) || number < 1 || number > 65535) {
    // The value is not quoted: in a connection string with an unescaped character it can be a piece of the password.
    throw badSetting(name, PORT);
  }
  return number;
}

/**
 * Ports as a list: a single one, an array, or text with commas between.
 * @param {unknown} value
 * @param {string} name
 * @returns {Array<number | undefined>}
 */
function ports(value, name) {
  if (Array.isArray(value)) return value.map((each) => port(each, name));
  if (typeof value === "string") return value.split(",").map((each) => port(each.trim(), name));
  const single = port(value, name);
  return single === undefined ? [] : [single];
}

/**
 * Reads one place: `name`, `name:port`, `address`, `[IPv6 address]:port`, or the directory of a Unix
 * socket, which begins with a slash (percent-encoded where it stands in a connection string).
 * @param {string} written
 * @param {string} name
 * @returns {Place}
 */
function place(written, name) {
  if (written.startsWith("/") && !written.includes("\0")) return { socket: written };
  if (isIPv6(written)) return { host: written };

  const bracketed = /^\[(.*)\](?::(.*))?$/.exec(written);
  if (bracketed) {
    const [, encoded = "", after] = bracketed;
    const address = percentDecoded(encoded);
    if (!isIPv6(address)) throw badSetting(name, "hold an IPv6 address between brackets");
    return withPort({ host: address }, port(after, `the port in ${name}`));
  }

  const colon = written.lastIndexOf(":");
  const host = percentDecoded(colon < 0 ? written : written.slice(0, colon));
  const number = colon < 0 ? undefined : port(written.slice(colon + 1), `the port in ${name}`);
  if (host.startsWith("/") && !host.includes("\0")) return withPort({ socket: host }, number);
  if (/[\s[\]:@/\0]/.test(host)) throw badSetting(name, "be a host name, an address or a socket directory");
  // An empty name is this machine, as in postgres.js; libpq would look for a socket.
  return withPort({ host: host === "" ? "localhost" : host }, number);
}

/**
 * @param {Place} where
 * @param {number | undefined} number
 * @returns {Place}
 */
function withPort(where, number) {
  return number === undefined ? where : { ...where, port: number };
}

/**
 * Hosts and ports, said apart from each other, as places.
 * @param {unknown} hosts text with commas between, or an array
 * @param {unknown} numbers one port for all of them, or as many as there are hosts
 * @param {string} name
 * @returns {Place[] | undefined}
 */
function places(hosts, numbers, name) {
  if (hosts === undefined || hosts === null || hosts === "") return undefined;
  const written = Array.isArray(hosts) ? hosts : typeof hosts === "string" ? hosts.split(",") : [hosts];
  if (written.length === 0) throw badSetting(name, "name at least one host");

  return withPorts(
    written.map((each) => {
      if (typeof each !== "string") throw badSetting(name, "be a string or an array of strings");
      return place(each.trim(), name);
    }),
    ports(numbers, "port"),
  );
}

/**
 * @param {Place[]} where
 * @param {Array<number | undefined>} numbers
 * @returns {Place[]} with the port filled in where none was written beside the host
 */
function withPorts(where, numbers) {
  if (numbers.length > 1 && numbers.length !== where.length) {
    throw badSetting("port", "be one port, or one for each host"); // libpq, 34.1.1.3
  }
  return where.map((each, index) =>
    each.port === undefined ? withPort(each, numbers.length > 1 ? numbers[index] : numbers[0]) : each,
  );
}

/**
 * The full path of a server's socket, taken apart. PostgreSQL names the file after the port
 * (libpq, 34.1.2, host).
 * @param {string} path
 * @returns {Place | undefined} undefined if the file has another name
 */
function socketFile(path) {
  const parts = /^(\/.*)\/\.s\.PGSQL\.(\d+)$/.exec(path);
  return parts ? { socket: /** @type {string} */ (parts[1]), port: port(parts[2], "path") } : undefined;
}

module.exports = { place, places, ports, port, withPorts, socketFile };
