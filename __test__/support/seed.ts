import { randomUUID } from "node:crypto";

import type postgres from "postgres";

/** Columns by their names in the table, each in Postgres's own text form. */
export type Columns = Record<string, string | null>;

/** Puts rows in place without the service. Each helper gives the new row's id. */
export interface Seed {
  company(): Promise<string>;
  issue(companyId: string): Promise<string>;
  workspace(companyId: string): Promise<string>;
  run(companyId: string): Promise<string>;
  environment(companyId: string, columns?: Columns): Promise<string>;
  lease(companyId: string, environmentId: string, columns?: Columns): Promise<string>;
}

export function seeding(sql: postgres.Sql): Seed {
  const insert = async (table: string, columns: Columns): Promise<string> => {
    const row = { id: randomUUID(), ...columns };
    const names = Object.keys(row).join(", ");
    const places = Object.keys(row).map((_, index) => `$${index + 1}`);
    await sql.unsafe(`insert into ${table} (${names}) values (${places.join(", ")})`, Object.values(row));
    return row.id;
  };

  return {
    company: () => insert("companies", {}),
    issue: (companyId) => insert("issues", { company_id: companyId }),
    workspace: (companyId) => insert("execution_workspaces", { company_id: companyId }),
    run: (companyId) => insert("heartbeat_runs", { company_id: companyId }),
    // Not the column's default driver: a company can have one local environment only.
    environment: (companyId, columns) =>
      insert("environments", { company_id: companyId, name: "Environment", driver: "ssh", ...columns }),
    lease: (companyId, environmentId, columns) =>
      insert("environment_leases", { company_id: companyId, environment_id: environmentId, ...columns }),
  };
}
