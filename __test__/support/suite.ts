import { randomUUID } from "node:crypto";

import { afterAll } from "vitest";

import { openDatabase, type TestDatabase } from "./database.js";
import { createService, type EnvironmentService } from "./provider.js";

export interface Suite<Service> extends TestDatabase {
  service: Service;
}

/** A database for this test file, and the service on it: that of 2026.427, unless the file is about another. */
export async function startSuite<Service = EnvironmentService>(): Promise<Suite<Service>> {
  const database = await openDatabase();
  afterAll(() => database.close());
  return { ...database, service: createService(database.db) as Service };
}

/** A well-formed id that no row has. */
export function unknownId(): string {
  return randomUUID();
}

/** An argument that the types forbid, but plain JavaScript can pass. */
export function invalid<T>(value: unknown): T {
  return value as T;
}
