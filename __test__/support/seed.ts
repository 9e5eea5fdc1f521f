import { randomUUID } from "node:crypto";

import type postgres from "postgres";

import type { Generation } from "./generation.js";

/** Columns by their names in SQL, each in PostgreSQL's text form. */
export type Columns = Record<string, string | null>;

/** Inserts rows without the service. Each helper returns the new row's id. */
export interface Seed {
  company(): Promise<string>;
  issue(companyId: string): Promise<string>;
  workspace(companyId: string): Promise<string>;
  run(companyId: string): Promise<string>;
  environment(companyId: string, columns?: Columns): Promise<string>;
  lease(companyId: string, environmentId: string, columns?: Columns): Promise<string>;
}

/** A unique name. */
const anyName = () => randomUUID().slice(0, 8);

export function seeding(sql: postgres.Sql, generation: Generation): Seed {
  const isByCompany = generation === "2026.427";
  // Columns that the complete tables require, and the tables of 2026.427 here do not have.
  const only = (columns: Columns): Columns => (isByCompany ? {} : columns);
  const insert = async (table: string, columns: Columns): Promise<string> => {
    const row = { id: randomUUID(), ...columns };
    const names = Object.keys(row).join(", ");
    const places = Object.keys(row).map((_, index) => `$${index + 1}`);
    await sql.unsafe(`insert into ${table} (${names}) values (${places.join(", ")})`, Object.values(row));
    return row.id;
  };

  return {
    company: () => insert("companies", only({ name: "Company", issue_prefix: anyName() })),
    issue: (companyId) => insert("issues", { company_id: companyId, ...only({ title: "Issue" }) }),
    workspace: async (companyId) => {
      const project = isByCompany
        ? null
        : await insert("projects", { company_id: companyId, name: anyName() });
      const columns = { project_id: project, mode: "shared", strategy_type: "none", name: "Workspace" };
      return insert("execution_workspaces", { company_id: companyId, ...only(columns) });
    },
    run: async (companyId) => {
      const agent = isByCompany ? null : await insert("agents", { company_id: companyId, name: anyName() });
      return insert("heartbeat_runs", { company_id: companyId, ...only({ agent_id: agent }) });
    },
    // Not the column's default driver, because there can only be one local environment.
    environment: (companyId, columns) =>
      insert("environments", {
        ...(isByCompany ? { company_id: companyId, name: "Environment" } : { name: anyName() }),
        ...{ driver: "ssh", ...columns },
      }),
    lease: (companyId, environmentId, columns) =>
      insert("environment_leases", { company_id: companyId, environment_id: environmentId, ...columns }),
  };
}
