import type { TestProject } from "vitest/node";

import { startDatabase } from "./database.mjs";

declare module "vitest" {
  export interface ProvidedContext {
    databaseUrl: string;
    companyId: string;
  }
}

/** One server for all test files. */
export default async function setup(project: TestProject) {
  const database = await startDatabase();
  project.provide("databaseUrl", database.url);
  project.provide("companyId", database.companyId);
  return () => database.stop();
}
