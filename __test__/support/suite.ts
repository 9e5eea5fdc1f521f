import { randomUUID } from "node:crypto";

import { afterAll } from "vitest";

import { openDatabase, type TestDatabase } from "./database.js";
import { createService, type EnvironmentService } from "./provider.js";

export interface Suite extends TestDatabase {
  service: EnvironmentService;
}

/** A database for this test file, and the service over it. */
export async function startSuite(): Promise<Suite> {
  const database = await openDatabase();
  afterAll(() => database.close());
  return { ...database, service: createService(database.db) };
}

/** A well-formed id that no row has. */
export function unknownId(): string {
  return randomUUID();
}

/** An argument that the types forbid, and that plain JavaScript passes nevertheless. */
export function invalid<T>(value: unknown): T {
  return value as T;
}
