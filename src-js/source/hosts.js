"use strict";

/** Where the server is: names, addresses and socket directories, with their ports. */

const { isIPv6 } = require("node:net");
const { badSetting } = require("./refusal.js");
const { percentDecoded } = require("./values.js");

/** One place, with its port if one was given. @typedef {Address & { port?: number }} Place */
/** @typedef {{ host: string } | { socket: string }} Address */

/**
 * Reads a number, or text with one. In an unescaped connection string, that text can be a part of the password.
 * @type {import("./values.js").Reader<number>}
 */
function port(value, name) {
  if (value === undefined || value === null || value === "") return undefined;
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && number >= 1 && number <= 65535) return number;
  throw badSetting(name, "be a whole number from 1 to 65535");
}

/**
 * Reads one place: `name`, `name:port`, `address`, `[IPv6 address]:port`, or the directory of a Unix
 * socket, which begins with a slash (percent-encoded where it stands in a connection string).
 * @type {(written: string, name: string) => Place}
 */
function place(written, name) {
  if (written.startsWith("/") && !written.includes("\0")) return { socket: written };
  if (isIPv6(written)) return { host: written };

  const [, address, other = "", number] = /^(?:\[(.*)\]|(.*?))(?::([^:]*))?$/s.exec(written) ?? [];
  const host = percentDecoded(address ?? other);
  if (address !== undefined && !isIPv6(host)) {
    throw badSetting(name, "hold an IPv6 address between brackets");
  }
  const where = { port: port(number, `the port in ${name}`) };
  if (host.startsWith("/") && !host.includes("\0")) return { socket: host, ...where };
  if (address === undefined && /[\s[\]:@/\0]/.test(host)) {
    throw badSetting(name, "be a host name, an address or a socket directory");
  }
  // An empty name means this machine, as in postgres.js. libpq would use a Unix socket.
  return { host: host === "" ? "localhost" : host, ...where };
}

/**
 * Completes hosts without a port: with one port for all, or one for each (libpq, 34.1.1.3).
 * @type {(where: Place[], written: string | undefined, name: string) => Place[]}
 */
function withPorts(where, written, name) {
  const numbers = (written ?? "").split(",").map((each) => port(each.trim(), name));
  if (numbers.length > 1 && numbers.length !== where.length) {
    throw badSetting("port", "be one port, or one for each host");
  }
  return where.map((each, n) => ({ ...each, port: each.port ?? numbers[numbers.length > 1 ? n : 0] }));
}

/** @type {(where: Place[]) => boolean} */
const areSockets = (where) => where.every((each) => "socket" in each);

module.exports = { areSockets, place, port, withPorts };
