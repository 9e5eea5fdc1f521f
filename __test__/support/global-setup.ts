import { randomBytes } from "node:crypto";

import postgres from "postgres";
import type { TestProject } from "vitest/node";

import type { Generation } from "./generation.js";
import { prepareOriginal, tablesOf } from "./original.mjs";
import { startPostgres } from "./postgres.mjs";
import { withDatabase } from "./url.js";

declare module "vitest" {
  export interface ProvidedContext {
    /** The URL of the server's superuser, on its maintenance database. */
    serverUrl: string;
    /** Template databases with a generation's tables and no rows. */
    templates: Record<Generation, string>;
  }
}

const GENERATIONS: Generation[] = ["2026.427", "2026.916"];
const ORIGINALS = ["2026.427", "2026.824", "2026.831", "2026.916"] as const;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Done here once, so that workers do not download it at the same time.
  await Promise.all(ORIGINALS.map(prepareOriginal));

  const given = process.env["TEST_DATABASE_URL"];
  const server = given ? { url: given, stop: async () => {} } : await startPostgres();
  const suffix = randomBytes(6).toString("hex");
  const nameOf = (generation: Generation) => `template_${generation.replace(".", "_")}_${suffix}`;
  const dropTemplate = (generation: Generation) =>
    maintain(server.url, [`drop database if exists "${nameOf(generation)}" with (force)`]);
  const makeTemplate = async (generation: Generation) => {
    await maintain(server.url, [`create database "${nameOf(generation)}"`]);
    await maintain(withDatabase(server.url, nameOf(generation)), await tablesOf(generation));
  };
  try {
    for (const generation of GENERATIONS) await makeTemplate(generation);
  } catch (error) {
    await server.stop();
    throw error;
  }

  project.provide("serverUrl", server.url);
  project.provide("templates", { "2026.427": nameOf("2026.427"), "2026.916": nameOf("2026.916") });

  return async () => {
    // A server started here is removed as a whole.
    if (given) await Promise.all(GENERATIONS.map(dropTemplate));
    await server.stop();
  };
}

async function maintain(url: string, statements: string[]): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(statements.join(";\n"));
  } finally {
    await sql.end();
  }
}
