import { randomBytes } from "node:crypto";

import postgres from "postgres";
import type { TestProject } from "vitest/node";

import { prepareOriginal } from "./original.mjs";
import { startPostgres } from "./postgres.mjs";
import { TABLES } from "./tables.mjs";
import { withDatabase } from "./url.js";

declare module "vitest" {
  export interface ProvidedContext {
    /** The server's superuser, on its maintenance database. */
    serverUrl: string;
    /** A database that holds the schema and nothing else, to copy from. */
    templateDatabase: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Here once, so that no two workers ever download it at the same time.
  if (process.env["PROVIDER"] === "original") await prepareOriginal();

  const given = process.env["TEST_DATABASE_URL"];
  const server = given ? { url: given, stop: async () => {} } : await startPostgres();
  const template = `template_${randomBytes(6).toString("hex")}`;
  const dropTemplate = () => maintain(server.url, `drop database if exists "${template}" with (force)`);
  try {
    await maintain(server.url, `create database "${template}"`);
    await maintain(withDatabase(server.url, template), TABLES);
  } catch (error) {
    await server.stop();
    throw error;
  }

  project.provide("serverUrl", server.url);
  project.provide("templateDatabase", template);

  return async () => {
    // A server of our own is thrown away whole.
    if (given) await dropTemplate();
    await server.stop();
  };
}

async function maintain(url: string, statements: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(statements);
  } finally {
    await sql.end();
  }
}
