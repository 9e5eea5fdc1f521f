// 200,000 leases, few of them live: all methods except those that count history use indexes and read few rows.

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { leaseMaintenance, type LeaseMaintenance } from "./support/library.js";
import { DAY, HOUR, startStand } from "./support/stand.js";

const stand = await startStand();
const { sql, url } = stand;

const LEASES = 200_000;
const COMPANIES = 20;
/** Of each company. */
const ENVIRONMENTS = 5;
const RUNS = 20_000;

/** The cursor behind many pages. */
let deep = "";
let ids: Record<"company" | "environment" | "run" | "workspace", string>;

beforeAll(async () => {
  await sql.begin(async (work) => {
    // Without a look at the parents of each row, whose keys are right by their making.
    await work.unsafe("set local session_replication_role = replica");
    await work.unsafe(`
      insert into companies (id, name, issue_prefix)
        select md5('company' || c)::uuid, 'Company ' || c, 'P' || c from generate_series(1, ${COMPANIES}) c;
      insert into environments (id, name, driver)
        select md5('environment' || e)::uuid, 'Environment ' || e, 'plugin'
        from generate_series(1, ${COMPANIES * ENVIRONMENTS}) e;
      insert into agents (id, company_id, name)
        select md5('agent' || c)::uuid, md5('company' || c)::uuid, 'Agent' from generate_series(1, ${COMPANIES}) c;
      insert into projects (id, company_id, name)
        select md5('project' || c)::uuid, md5('company' || c)::uuid, 'Project' from generate_series(1, ${COMPANIES}) c;
      insert into execution_workspaces (id, company_id, project_id, mode, strategy_type, name)
        select md5('workspace' || w)::uuid, md5('company' || w % ${COMPANIES} + 1)::uuid,
          md5('project' || w % ${COMPANIES} + 1)::uuid, 'shared', 'none', 'Workspace'
        from generate_series(1, 2000) w;
      insert into heartbeat_runs (id, company_id, agent_id, status, finished_at)
        select md5('run' || r)::uuid, md5('company' || r % ${COMPANIES} + 1)::uuid,
          md5('agent' || r % ${COMPANIES} + 1)::uuid, 'succeeded', now() - interval '2 hours'
        from generate_series(1, ${RUNS}) r;
      insert into environment_leases (company_id, environment_id, execution_workspace_id, heartbeat_run_id, status,
          provider, provider_lease_id, acquired_at, last_used_at, released_at, created_at, updated_at, cleanup_status)
        select md5('company' || c)::uuid, md5('environment' || c + n / ${COMPANIES} % ${ENVIRONMENTS} * ${COMPANIES})::uuid,
          md5('workspace' || c + n / ${COMPANIES} % 100 * ${COMPANIES} - 1)::uuid,
          md5('run' || c + n / ${COMPANIES} % 1000 * ${COMPANIES} - 1)::uuid,
          case when n % 3333 = 0 then 'active' when n % 20000 = 7 then 'retained'
            else (array['released', 'expired', 'failed'])[n % 3 + 1] end,
          case n % 2 when 0 then null else 'daytona' end, case n % 2 when 0 then null else 'box ' || n end,
          t, t, case when n % 3333 = 0 then null else t end, t, t,
          case when n % 2 = 1 then case when n % 5000 = 1 then 'failed' else 'success' end end
        from generate_series(1, ${LEASES}) n cross join lateral
          (select n / 2 % ${COMPANIES} + 1 as c, now() - interval '1 day' - n * interval '40 seconds' as t) x`);
  });
  await sql.unsafe("vacuum analyze environment_leases");
  await sql.unsafe("analyze heartbeat_runs, companies, environments, execution_workspaces");
  const [row] = await sql.unsafe<(typeof ids)[]>(`
    select company_id as company, environment_id as environment, heartbeat_run_id as run,
      execution_workspace_id as workspace from environment_leases where status = 'active' limit 1`);
  ids = row as typeof ids;
  for (let n = 0; n < 15; n++) {
    const filters = { provider: "daytona", limit: 1_000, ...(deep !== "" && { after: deep }) };
    deep = (await stand.maintenance.find(filters)).next ?? "";
  }
}, 90_000);

interface Reads {
  /** Scans of the whole table. */
  whole: number;
  /** Rows that were looked at. */
  rows: number;
}

/** What the statistics of the server say of the table of leases, once all that were connected have told theirs. */
async function readsSoFar(): Promise<Reads> {
  const [row] = await sql.unsafe<{ whole: string; rows: string }[]>(`
    select seq_scan as whole, coalesce(idx_tup_fetch, 0) + seq_tup_read as rows
    from pg_stat_user_tables where relname = 'environment_leases'`);
  return { whole: Number(row?.whole), rows: Number(row?.rows) };
}

const timings: string[] = [];
afterAll(() => {
  process.stdout.write(`${timings.join("\n")}\n`);
});

/** What a call reads of the leases. */
async function readsOf(
  what: string,
  call: (maintenance: LeaseMaintenance) => Promise<unknown>,
): Promise<Reads> {
  const before = await readsSoFar();
  const maintenance = leaseMaintenance(url, { applicationName: `reads ${what}` });
  const took: number[] = [];
  try {
    await call(maintenance);
    for (let n = 0; n < 3; n++) {
      const begin = performance.now();
      await call(maintenance);
      took.push(performance.now() - begin);
    }
  } finally {
    // A connection tells the server what it has read when it ends.
    await maintenance.close();
  }
  const calls = took.length + 1;
  const median = took.sort((one, other) => one - other)[took.length >> 1] ?? 0;
  const after = await settled(before);
  const reads = { whole: after.whole - before.whole, rows: (after.rows - before.rows) / calls };
  timings.push(`${what}: ${median.toFixed(1)} ms, ${Math.round(reads.rows)} rows`);
  return reads;
}

/** Waits until nothing is added any more. */
async function settled(before: Reads): Promise<Reads> {
  let last = before;
  for (let quiet = 0, n = 0; quiet < 3 && n < 100; n++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const now = await readsSoFar();
    const isSame = now.rows === last.rows && now.rows !== before.rows;
    quiet = isSame ? quiet + 1 : 0;
    last = now;
  }
  return last;
}

const release = async () => {};

/** Where a filter has no index, or what is wanted is among all that there has been, the index is walked. */
const ANY = Infinity;

type Case = [what: string, mostRows: number, call: (maintenance: LeaseMaintenance) => Promise<unknown>];
const CASES: Case[] = [
  ["find, a page of all", 5_000, (maintenance) => maintenance.find()],
  ["find, a page of a company", 1_000, (maintenance) => maintenance.find({ companyId: ids.company })],
  [
    "find, the second page of all",
    10_000,
    async (maintenance) => {
      const { next } = await maintenance.find();
      return maintenance.find({ after: next ?? "" });
    },
  ],
  [
    "find, a page behind 30,000 leases",
    10_000,
    (maintenance) => maintenance.find({ provider: "daytona", after: deep }),
  ],
  [
    "find, what was used before",
    5_000,
    (maintenance) => maintenance.find({ usedBefore: new Date(Date.now() - 30 * DAY) }),
  ],
  ["find, a status", ANY, (maintenance) => maintenance.find({ status: ["active", "retained"] })],
  ["find, a run", 1_000, (maintenance) => maintenance.find({ heartbeatRunId: ids.run })],
  ["find, a provider lease", 10, (maintenance) => maintenance.find({ providerLeaseId: "box 777" })],
  ["find, a workspace", 2_000, (maintenance) => maintenance.find({ executionWorkspaceId: ids.workspace })],
  [
    "find, an environment of a company",
    20_000,
    (maintenance) => maintenance.find({ companyId: ids.company, environmentId: ids.environment }),
  ],
  ["summarize", 2_000, (maintenance) => maintenance.summarize()],
  ["summarize, a company", 500, (maintenance) => maintenance.summarize({ companyId: ids.company })],
  ["reap, a dry run", 2_000, (maintenance) => maintenance.reap({ dryRun: true })],
  [
    "reap, a dry run for all that is live",
    4_000,
    (maintenance) =>
      maintenance.reap({
        ...{ dryRun: true, reasons: ["run_finished", "expired", "unowned", "retained"], olderThan: HOUR },
        ...{ release, limit: 1000 },
      }),
  ],
  ["reap, a company", 500, (maintenance) => maintenance.reap({ companyId: ids.company, release })],
  ["reap", 3_000, (maintenance) => maintenance.reap({ limit: 3, release })],
  [
    "reap, failed clean-ups",
    ANY,
    (maintenance) => maintenance.reap({ dryRun: true, reasons: ["cleanup_failed"], release }),
  ],
  [
    "compareWithProvider",
    5_000,
    (maintenance) =>
      maintenance.compareWithProvider({
        provider: "daytona",
        sandboxes: Array.from({ length: 500 }, (_, n) => ({ id: `box ${n * 8 + 1}` })),
        complete: true,
      }),
  ],
  [
    "prune, a dry run of a company",
    30_000,
    (maintenance) =>
      maintenance.prune({ olderThan: 90 * DAY, companyId: ids.company, limit: 500, dryRun: true }),
  ],
  [
    "prune, a dry run of all",
    ANY,
    (maintenance) => maintenance.prune({ olderThan: 80 * DAY, limit: 1_000, dryRun: true }),
  ],
  ["prune", ANY, (maintenance) => maintenance.prune({ olderThan: 80 * DAY, limit: 1_000, batch: 500 })],
];

describe("no scan of the whole table", { timeout: 30_000 }, () => {
  it.each(CASES)("%s: %d rows at most", async (what, mostRows, call) => {
    const { whole, rows } = await readsOf(what, call);
    expect(whole).toBe(0);
    expect(rows).toBeGreaterThan(0);
    expect(rows).toBeLessThanOrEqual(mostRows);
  });

  it("history, which does read the whole table, would be noticed", async () => {
    const { whole } = await readsOf("summarize, with the history", (maintenance) =>
      maintenance.summarize({ history: true }),
    );
    expect(whole).toBeGreaterThan(0);
  });
});

it("all pages of a company come to all of its rows, once", { timeout: 30_000 }, async () => {
  const { maintenance } = stand;
  const seen = new Set<string>();
  let after: string | null = null;
  let pages = 0;
  do {
    const page: Awaited<ReturnType<LeaseMaintenance["find"]>> = await maintenance.find({
      ...{ companyId: ids.company, limit: 1000, ...(after !== null && { after }) },
    });
    for (const { id } of page.leases) seen.add(id);
    after = page.next;
    pages += 1;
  } while (after !== null);
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int from environment_leases where company_id = ${ids.company}`;
  expect(seen.size).toBe(row?.count);
  expect(pages).toBe(Math.ceil(seen.size / 1000));
});
