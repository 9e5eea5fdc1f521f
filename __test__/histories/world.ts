// One side of a history: a service over a database of its own, which can be put back to its start.

import { createRequire } from "node:module";

import { openDatabase, type Db, type TestDatabase } from "../support/database.js";
import { loadOriginal } from "../support/original.mjs";
import type { EnvironmentService } from "../support/provider.js";
import type { Kind, Known } from "./step.js";

export interface World extends TestDatabase {
  service: EnvironmentService;
  /** Puts the tables back to the start. */
  reset(): Promise<void>;
}

export async function addonWorld(): Promise<World> {
  const { environmentService } = createRequire(import.meta.url)(
    "../../index.js",
  ) as typeof import("../../index.js");
  return openWorld((db) => environmentService(db));
}

export async function originalWorld(): Promise<World> {
  return openWorld((await loadOriginal()) as (db: Db) => EnvironmentService);
}

async function openWorld(factory: (db: Db) => EnvironmentService): Promise<World> {
  const database = await openDatabase();
  return {
    ...database,
    service: factory(database.db),
    reset: async () => void (await database.sql.unsafe(RESET)),
  };
}

/** Fixed ids, so that a row of the start is the same on both sides and in every run. */
const fixedId = (kind: number, n: number) => `0${kind}ab0000-0000-4000-8000-00000000c0d${n}`;

const START: Record<Kind, string[]> = {
  company: [1, 2, 3].map((n) => fixedId(1, n)),
  issue: [1, 2].map((n) => fixedId(2, n)),
  workspace: [1, 2].map((n) => fixedId(3, n)),
  run: [1, 2].map((n) => fixedId(4, n)),
  environment: [1, 2].map((n) => fixedId(5, n)),
  lease: [1, 2, 3].map((n) => fixedId(6, n)),
};

/** The ids that a history knows when it starts. */
export function knownAtStart(): Known {
  return structuredClone(START);
}

const RESET = resetStatements();

function resetStatements(): string {
  const [emptyCompany, otherCompany, company] = START.company;
  const owners = [company, otherCompany];
  const rows = (values: (string | undefined)[][]) =>
    values.map((row) => `('${row.join("', '")}')`).join(", ");
  const owned = (ids: string[]) => rows(ids.map((id, n) => [id, owners[n]]));
  const [environment, otherEnvironment] = START.environment;
  const [run, otherRun] = START.run;
  const past = "2020-01-01 00:00:00.123999+00";
  return `
    truncate companies cascade;
    insert into companies (id) values ${rows([[company], [otherCompany], [emptyCompany]])};
    insert into issues (id, company_id) values ${owned(START.issue)};
    insert into execution_workspaces (id, company_id) values ${owned(START.workspace)};
    insert into heartbeat_runs (id, company_id) values ${owned(START.run)};
    insert into environments (id, company_id, name, driver, created_at, updated_at) values ${rows([
      [environment, company, "first", "ssh", past, past],
      [otherEnvironment, otherCompany, "second", "sandbox", past, past],
    ])};
    insert into environment_leases
      (id, company_id, environment_id, heartbeat_run_id, acquired_at, last_used_at, created_at, updated_at)
    values ${rows([
      [START.lease[0], company, environment, run, past, past, past, past],
      [START.lease[1], company, environment, run, past, past, past, past],
      [START.lease[2], otherCompany, otherEnvironment, otherRun, past, past, past, past],
    ])};
  `;
}
