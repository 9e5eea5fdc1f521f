import { randomUUID } from "node:crypto";

import type postgres from "postgres";
import { afterAll } from "vitest";

import type { TestDatabase } from "../../support/database.js";
import { leaseMaintenance, type LeaseMaintenance, type LeaseMaintenanceOptions } from "./library.js";
import { openTables } from "./tables.js";

/** Text in PostgreSQL's own form, or an expression. */
export type Value = string | null | { expression: string };
/** By their names in the table. */
export type Columns = Record<string, Value>;
/** A row, with each column as text. */
export type Row = Record<string, string | null>;

/** Where a lease goes that says no more of itself. */
export interface Place {
  companyId: string;
  environmentId: string;
}

export interface Stand extends Pick<TestDatabase, "url" | "sql"> {
  maintenance: LeaseMaintenance;
  /** One more, which is closed in the end. */
  open(options?: LeaseMaintenanceOptions): LeaseMaintenance;
  /** One at another address. */
  openOn(url: string, options?: LeaseMaintenanceOptions): LeaseMaintenance;
  insert(table: string, columns: Columns): Promise<string>;
  update(table: string, id: string, columns: Columns): Promise<void>;
  company(): Promise<string>;
  environment(companyId: string, columns?: Columns): Promise<string>;
  /** A company, and an environment for it. */
  place(columns?: Columns): Promise<Place>;
  workspace(companyId: string, columns?: Columns): Promise<string>;
  issue(companyId: string, columns?: Columns): Promise<string>;
  run(companyId: string, columns?: Columns): Promise<string>;
  /** A run that succeeded an hour ago. */
  finishedRun(companyId: string): Promise<string>;
  lease(place: Place, columns?: Columns): Promise<string>;
  row(id: string): Promise<Row>;
  rows(condition: string): Promise<Row[]>;
  /** What the database's clock says, in microseconds. */
  now(): Promise<bigint>;
}

export const ago = (interval: string): Value => ({ expression: `now() - interval '${interval}'` });
export const ahead = (interval: string): Value => ({ expression: `now() + interval '${interval}'` });

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const times = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

/** One after the other, so that rows lie in this order. */
export async function inTurn<T>(count: number, make: (n: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let n = 0; n < count; n++) made.push(await make(n));
  return made;
}

/** A database for this test file, and maintenance of its leases. */
export async function startStand(tables: "T1" | "T4" = "T4"): Promise<Stand> {
  return standOn(await openTables(tables));
}

/** The same on a database that is there. */
export async function standOn(database: TestDatabase): Promise<Stand> {
  const { url, sql } = database;
  const opened: LeaseMaintenance[] = [];
  afterAll(async () => {
    await Promise.all(opened.map((maintenance) => maintenance.close()));
    await database.close();
  });
  const openOn = (at: string, options?: LeaseMaintenanceOptions) => {
    const maintenance = leaseMaintenance(at, { applicationName: `maintenance ${randomUUID()}`, ...options });
    opened.push(maintenance);
    return maintenance;
  };
  const open = (options?: LeaseMaintenanceOptions) => openOn(url, options);
  return { url, sql, maintenance: open(), open, openOn, ...(await planting(sql)) };
}

type Planting = Omit<Stand, "url" | "sql" | "maintenance" | "open" | "openOn">;

async function planting(sql: postgres.Sql): Promise<Planting> {
  const columns = await sql<{ name: string }[]>`
    select table_name || '.' || column_name as name from information_schema.columns
    where table_schema = 'public'`;
  const there = new Set(columns.map(({ name }) => name));
  /** What some tables ask for, and others have not. */
  const defaults = (table: string, values: Columns): Columns =>
    Object.fromEntries(Object.entries(values).filter(([column]) => there.has(`${table}.${column}`)));

  const written = (values: Columns) => {
    const parameters: (string | null)[] = [];
    const places = Object.entries(values).map(([column, value]) => {
      if (value !== null && typeof value === "object") return [column, value.expression] as const;
      parameters.push(value);
      return [column, `$${parameters.length}`] as const;
    });
    return { places, parameters };
  };

  const insert: Stand["insert"] = async (table, values) => {
    const row = { id: randomUUID() as string, ...values };
    const { places, parameters } = written(row);
    const names = places.map(([column]) => column).join(", ");
    const cells = places.map(([, cell]) => cell).join(", ");
    await sql.unsafe(`insert into ${table} (${names}) values (${cells})`, parameters);
    return String(row.id);
  };

  const anyName = () => randomUUID().slice(0, 8);
  const parentOf = async (table: string, companyId: string) =>
    there.has(`${table}.id`) ? insert(table, { company_id: companyId, name: anyName() }) : null;

  const stand: Planting = {
    insert,
    update: async (table: string, id: string, values: Columns) => {
      const { places, parameters } = written(values);
      const set = places.map(([column, cell]) => `${column} = ${cell}`).join(", ");
      await sql.unsafe(`update ${table} set ${set} where id = '${id}'`, parameters);
    },
    company: () => insert("companies", defaults("companies", { name: "Company", issue_prefix: anyName() })),
    environment: (companyId: string, values: Columns = {}) =>
      insert("environments", {
        ...defaults("environments", { company_id: companyId }),
        ...{ name: anyName(), driver: "ssh", ...values },
      }),
    place: async (values: Columns = {}) => {
      const companyId = await stand.company();
      return { companyId, environmentId: await stand.environment(companyId, values) };
    },
    workspace: async (companyId: string, values: Columns = {}) => {
      const project = there.has("execution_workspaces.project_id")
        ? await parentOf("projects", companyId)
        : null;
      const asked = { project_id: project, mode: "shared", strategy_type: "none", name: "Workspace" };
      return insert("execution_workspaces", {
        ...{ company_id: companyId, ...defaults("execution_workspaces", asked) },
        ...values,
      });
    },
    issue: (companyId: string, values: Columns = {}) =>
      insert("issues", { company_id: companyId, ...defaults("issues", { title: "Issue" }), ...values }),
    run: async (companyId: string, values: Columns = {}) => {
      const agent = there.has("heartbeat_runs.agent_id") ? await parentOf("agents", companyId) : null;
      const asked = defaults("heartbeat_runs", { agent_id: agent });
      return insert("heartbeat_runs", { company_id: companyId, status: "running", ...asked, ...values });
    },
    finishedRun: (companyId: string) =>
      stand.run(companyId, { status: "succeeded", finished_at: ago("1 hour") }),
    lease: ({ companyId, environmentId }: Place, values: Columns = {}) =>
      insert("environment_leases", { company_id: companyId, environment_id: environmentId, ...values }),
    rows: async (condition: string) => {
      const rows = await sql.unsafe<{ row: string }[]>(
        `select row_to_json(t)::text as row from environment_leases t where ${condition} order by id`,
      );
      return rows.map(({ row }) => textOf(JSON.parse(row)));
    },
    row: async (id: string) => {
      const [row] = await stand.rows(`id = '${id}'`);
      if (row === undefined) throw new Error(`there is no lease ${id}`);
      return row;
    },
    now: async () => {
      const [row] = await sql.unsafe<{ now: string }[]>(
        "select (extract(epoch from clock_timestamp()) * 1000000)::bigint::text as now",
      );
      return BigInt(row?.now ?? 0);
    },
  };
  return stand;
}

function textOf(row: Record<string, unknown>): Row {
  const text = (value: unknown) =>
    value === null || typeof value === "string" ? value : JSON.stringify(value);
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, text(value)]));
}

/** A time out of a row, in microseconds: it may have fewer digits than six. */
export function microseconds(time: string | null | undefined): bigint {
  const parts = /^(.*?)(?:\.(\d+))?(?:[+-]00(?::00)?|Z)$/.exec(time ?? "");
  if (!parts) throw new Error(`${time} is no time in UTC`);
  return BigInt(Date.parse(`${parts[1]}Z`)) * 1000n + BigInt((parts[2] ?? "").padEnd(6, "0"));
}

/** All ids of a result, wherever they are in it. */
export const idsOf = (list: readonly { lease: { id: string } }[]): string[] =>
  list.map(({ lease }) => lease.id).sort();
