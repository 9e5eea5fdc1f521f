"use strict";

/** Finds the database: the one in the options, or that of the Paperclip on this machine. */

const { existsSync, readFileSync } = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const { resolveSource } = require("../source");

/** Where Paperclip's embedded PostgreSQL listens unless its configuration says otherwise. */
const DEFAULT_PORT = 54329;

/** @typedef {{ url: string, from: string }} Database */

/** @param {string | undefined} named @returns {Database} */
function findDatabase(named, env = process.env) {
  if (named) return { url: named, from: "--database-url" };
  if (env["DATABASE_URL"]) return { url: env["DATABASE_URL"], from: "DATABASE_URL" };
  return ofPaperclip(env);
}

/** Finds the database as Paperclip's server does. @param {NodeJS.ProcessEnv} env @returns {Database} */
function ofPaperclip(env) {
  const home = expanded(env["PAPERCLIP_HOME"]?.trim() || "~/.paperclip");
  const instance = path.join(home, "instances", env["PAPERCLIP_INSTANCE_ID"]?.trim() || "default");
  const file = env["PAPERCLIP_CONFIG"] || configAbove(process.cwd()) || path.join(instance, "config.json");

  const dotenv = path.join(path.dirname(file), ".env");
  const [, , fromDotenv] =
    /^\s*(?:export\s+)?DATABASE_URL\s*=\s*(['"]?)(\S+?)\1\s*(?:#.*)?$/m.exec(textOf(dotenv)) ?? [];
  if (fromDotenv) return { url: fromDotenv, from: dotenv };

  const { mode, connectionString, embeddedPostgresDataDir, embeddedPostgresPort } = configOf(file);
  if (mode === "postgres" && connectionString) return { url: String(connectionString), from: file };

  const data = embeddedPostgresDataDir
    ? expanded(String(embeddedPostgresDataDir))
    : path.join(instance, "db");
  // The fourth line is the port of the running server: if the port was in use, Paperclip has taken the next one.
  const running = Number(textOf(path.join(data, "postmaster.pid")).split("\n")[3]);
  const port = running || Number(embeddedPostgresPort) || DEFAULT_PORT;
  const from = `embedded by the Paperclip in ${instance}`;
  return { url: `postgres://paperclip:paperclip@127.0.0.1:${port}/paperclip`, from };
}

/** @param {string} folder @returns {string | null} */
function configAbove(folder) {
  const file = path.join(folder, ".paperclip", "config.json");
  if (existsSync(file)) return file;
  const parent = path.dirname(folder);
  return parent === folder ? null : configAbove(parent);
}

/** The database settings in Paperclip's configuration. @param {string} file @returns {Record<string, unknown>} */
function configOf(file) {
  const text = textOf(file);
  try {
    return Object(JSON.parse(text || "{}").database);
  } catch {
    // The parser's own message quotes the file, which may hold a password.
    throw new Error(`${file} is not JSON`);
  }
}

/** @param {string} file */
function textOf(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** @param {string} folder */
const expanded = (folder) => path.resolve(folder.replace(/^~(?=$|\/)/, os.homedir()));

/** The database's name in errors, without the user and the password. @param {Database} database */
function nameOf({ url, from }) {
  try {
    const { hosts, database } = resolveSource(url).settings();
    const places = hosts.map((host) => ("socket" in host ? host.socket : `${host.host}:${host.port}`));
    return `database "${database}" at ${places.join(", ")}, ${from}`;
  } catch {
    return from;
  }
}

module.exports = { findDatabase, nameOf };
