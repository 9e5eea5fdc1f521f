// One side of a history: a service with a database of its own, which can be reset.

import { openDatabase, type Db, type TestDatabase } from "../support/database.js";
import { isByCompany } from "../support/generation.js";
import { loadOriginal } from "../support/original.mjs";
import { loadAddon, original, server, type EnvironmentService } from "../support/provider.js";
import { inTransactions, logOf, repairing, type Log } from "./2026.916/world.js";
import type { Outcome } from "./outcome.js";
import type { Call, Kind, Known } from "./step.js";

export interface World extends TestDatabase, Log {
  service: EnvironmentService;
  /** Puts the tables back to the start. */
  reset(): Promise<void>;
  /** Has the original answer a call that it would refuse for a fault of its own. */
  repairing(call: Call, answer: () => Promise<Outcome>): Promise<Outcome>;
}

export async function addonWorld(): Promise<World> {
  return openWorld(loadAddon());
}

export async function originalWorld(): Promise<World> {
  return openWorld((await loadOriginal(original)) as (db: Db) => EnvironmentService);
}

async function openWorld(factory: (db: Db) => EnvironmentService): Promise<World> {
  const database = await openDatabase();
  const service = factory(database.db);
  const log = logOf(server, database.db);
  return {
    ...database,
    ...log,
    service: isByCompany ? service : { ...service, ...inTransactions(service, database.db) },
    reset: async () => {
      await database.sql.unsafe(RESET);
      log.takeLog();
    },
    repairing: (call, answer) => (isByCompany ? answer() : repairing(database.sql, call, answer)),
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

const EMPTY = [
  ...["environment_leases", "environments", "instance_settings", "issues"],
  ...["execution_workspaces", "projects", "heartbeat_runs", "agents", "companies"],
]
  .map((table) => `delete from ${table};`)
  // Which binding comes first is up to where it lies, which is to be the same on both sides.
  .concat("truncate built_in_managed_resources;")
  .join(" ");

const RESET = resetStatements();

function resetStatements(): string {
  const [emptyCompany, otherCompany, company] = START.company;
  const owners = [company, otherCompany];
  const text = (value: unknown) => (typeof value === "number" ? String(value) : `'${String(value)}'`);
  const insert = (table: string, columns: string[], values: unknown[][]) => {
    const rows = values.map((row) => `(${row.map(text).join(", ")})`);
    return `insert into ${table} (${columns.join(", ")}) values ${rows.join(", ")};`;
  };
  /** Rows that belong to the first two companies; the whole tables ask for more than ours. */
  const owned = (table: string, ids: string[], more: Record<string, (n: number) => unknown> = {}) => {
    const others = isByCompany ? {} : more;
    return insert(
      table,
      ["id", "company_id", ...Object.keys(others)],
      ids.map((id, n) => [id, owners[n], ...Object.values(others).map((value) => value(n))]),
    );
  };
  const [environment, otherEnvironment] = START.environment;
  const [run, otherRun] = START.run;
  const past = "2020-01-01 00:00:00.123999+00";
  const parents = [1, 2].map((n) => fixedId(7, n));
  const environments = [
    [environment, company, "first", "ssh", past, past],
    [otherEnvironment, otherCompany, "second", "sandbox", past, past],
  ];
  const columns = ["id", "company_id", "name", "driver", "created_at", "updated_at"];
  const isOwn = (_: unknown, n: number) => isByCompany || n !== 1;
  return [
    // To truncate the whole tables takes long.
    isByCompany ? "truncate companies cascade;" : EMPTY,
    isByCompany
      ? insert("companies", ["id"], [[company], [otherCompany], [emptyCompany]])
      : insert(
          "companies",
          ["id", "name", "issue_prefix"],
          START.company.map((id, n) => [id, `Company ${n}`, `P${n}`]),
        ),
    isByCompany ? "" : "insert into instance_settings (singleton_key) values ('default');",
    isByCompany ? "" : owned("agents", parents, { name: (n) => `Agent ${n}` }),
    isByCompany ? "" : owned("projects", parents, { name: (n) => `Project ${n}` }),
    owned("issues", START.issue, { title: (n) => `Issue ${n}`, identifier: (n) => `P-${n}` }),
    owned("execution_workspaces", START.workspace, {
      project_id: (n) => parents[n],
      mode: () => "shared",
      strategy_type: () => "none",
      name: (n) => `Workspace ${n}`,
    }),
    owned("heartbeat_runs", START.run, { agent_id: (n) => parents[n] }),
    insert(
      "environments",
      columns.filter(isOwn),
      environments.map((row) => row.filter(isOwn)),
    ),
    insert(
      "environment_leases",
      [
        "id",
        "company_id",
        "environment_id",
        "heartbeat_run_id",
        "acquired_at",
        "last_used_at",
        "created_at",
        "updated_at",
      ],
      [
        [START.lease[0], company, environment, run, past, past, past, past],
        [START.lease[1], company, environment, run, past, past, past, past],
        [START.lease[2], otherCompany, otherEnvironment, otherRun, past, past, past, past],
      ],
    ),
  ].join("\n");
}
