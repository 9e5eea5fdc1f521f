// Several processes at once, and processes that die.

import { fork, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, afterEach, beforeEach, expect, it } from "vitest";

import { until } from "../addon/support/until.js";
import type { ReapOptions, ReapResult } from "./support/library.js";
import { ago, idsOf, startStand, times, type Place } from "./support/stand.js";

const stand = await startStand();
const { sql, url } = stand;

const folder = await mkdtemp(path.join(tmpdir(), "reapers-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

// Who changes a lease from what to what, and when it is claimed.
await sql.unsafe(`
  create table seen (lease_id uuid, was text, became text, is_claim boolean);
  create function see() returns trigger language plpgsql as $$
  begin
    insert into seen values (new.id, old.status, new.status,
      new.cleanup_status = 'pending' and (old.cleanup_status is distinct from 'pending'
        or old.updated_at < now() - interval '10 minutes'));
    return null;
  end $$;
  create trigger see after update on environment_leases for each row execute function see()`);

let file = "";
let files = 0;
beforeEach(async () => {
  file = path.join(folder, `calls ${(files += 1)}`);
  await writeFile(file, "");
  await sql.unsafe("truncate seen");
});

const callsOfHooks = async (): Promise<{ id: string; pid: number }[]> =>
  (await readFile(file, "utf8"))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

interface Report {
  outcomes: { id: string; why: string }[];
  rounds: number;
  reaped: { ended: number; left: number; failed: number };
}

const program = fileURLToPath(new URL("support/reaper.mjs", import.meta.url));

/** The next message for which this holds. */
const message = <T>(child: ChildProcess, isWanted: (message: unknown) => boolean): Promise<T> =>
  new Promise((resolve, reject) => {
    child.on("message", (one) => {
      if (isWanted(one)) resolve(one as T);
    });
    child.once("exit", (code, signal) => reject(new Error(`the process ended: ${code ?? signal}`)));
  });

async function start(what: ReapOptions, how = "through") {
  const child = fork(program, [url, file, JSON.stringify(what), how], { execArgv: [] });
  children.push(child);
  const report = message<Report>(child, (one) => typeof one === "object");
  report.catch(() => {});
  const inHook = message(child, (one) => one === "in the hook");
  inHook.catch(() => {});
  await message(child, (one) => one === "ready");
  return { child, report, inHook, go: () => child.send("go") };
}

async function plant(place: Place, notes: number, held: number) {
  const { companyId, environmentId } = place;
  const run = await stand.finishedRun(companyId);
  await sql`
    insert into environment_leases
      (company_id, environment_id, heartbeat_run_id, provider, provider_lease_id, lease_policy)
    select ${companyId}, ${environmentId}, ${run},
      case when n > ${notes} then 'daytona' end, case when n > ${notes} then ${companyId} || n end,
      (array['retain_on_failure', 'ephemeral', 'reuse_by_environment'])[n % 3 + 1]
    from generate_series(1, ${notes + held}) n`;
  return stand.rows(`company_id = '${companyId}'`);
}

it(
  "eight end each of 1,000 leases once, and call the hook once for each claim",
  { timeout: 60_000 },
  async () => {
    const place = await stand.place({ driver: "plugin" });
    const leases = await plant(place, 300, 700);
    const ids = leases.map(({ id }) => String(id)).sort();
    const held = leases
      .filter(({ provider }) => provider !== null)
      .map(({ id }) => String(id))
      .sort();

    const what = { companyId: place.companyId, limit: 40, concurrency: 8 };
    const started = await Promise.all(times(8, () => start(what)));
    for (const { go } of started) go();
    const reports = await Promise.all(started.map(({ report }) => report));

    const outcomes = reports.flatMap((report) => report.outcomes);
    expect(outcomes.filter(({ why }) => why !== "ended")).toEqual([]);
    expect(outcomes.map(({ id }) => id).sort()).toEqual(ids);

    const calls = await callsOfHooks();
    expect(calls.map(({ id }) => id).sort()).toEqual(held);
    const claims = await sql<{ id: string }[]>`select lease_id as id from seen where is_claim`;
    expect(claims.map(({ id }) => id).sort()).toEqual(held);
    const ends = await sql<
      { id: string }[]
    >`select lease_id as id from seen where was = 'active' and became <> was`;
    expect(ends.map(({ id }) => id).sort()).toEqual(ids);
    // One write for a note, and two for a claim and its end.
    const [writes] = await sql<{ count: number }[]>`select count(*)::int from seen`;
    expect(writes?.count).toBe(300 + 2 * 700);

    for (const { reaped, outcomes: own } of reports) {
      expect(reaped).toMatchObject({ ended: own.length, failed: 0 });
    }
    // Otherwise one would have done it alone.
    expect(reports.filter(({ outcomes: own }) => own.length > 0).length).toBeGreaterThan(4);
    expect(new Set(calls.map(({ pid }) => pid)).size).toBeGreaterThan(4);
  },
);

it("they meet no deadlock, whatever they come across first", { timeout: 60_000 }, async () => {
  const places = await Promise.all(times(3, () => stand.place()));
  for (const place of places) await plant(place, 60, 20);
  const started = await Promise.all(times(4, (n) => start({ limit: 15 + n, concurrency: 3 })));
  for (const { go } of started) go();
  const reports = await Promise.all(started.map(({ report }) => report));
  expect(reports.flatMap(({ outcomes }) => outcomes)).toHaveLength(240);
  const [row] = await sql.unsafe(
    "select deadlocks::text as deadlocks from pg_stat_database where datname = current_database()",
  );
  expect(row).toEqual({ deadlocks: "0" });
});

it("a process that is killed in its hook leaves a claim that ages out", { timeout: 30_000 }, async () => {
  const place = await stand.place({ driver: "plugin" });
  const [lease] = await plant(place, 0, 1);
  const id = String(lease?.["id"]);
  const { companyId } = place;
  const { child, inHook, go } = await start({ companyId }, "hang");
  go();
  await inHook;
  child.kill("SIGKILL");
  await until("the process is gone", () => child.signalCode === "SIGKILL");
  await until("its connections are gone", async () => {
    const [row] = await sql`select count(*)::int as count from pg_stat_activity
      where datname = current_database() and application_name = 'reaper'`;
    return row?.["count"] === 0;
  });

  const claimed = await stand.row(id);
  expect(claimed).toMatchObject({ status: "active", cleanup_status: "pending", released_at: null });

  const calls: string[] = [];
  const release = async (one: { id: string }) => void calls.push(one.id);
  const reap = (): Promise<ReapResult> => stand.maintenance.reap({ companyId, release });
  expect(await reap()).toMatchObject({ ended: [], failed: [], left: [{ lease: { id }, why: "claimed" }] });
  await stand.update("environment_leases", id, { updated_at: ago("9 minutes 55 seconds") });
  expect(await reap()).toMatchObject({ ended: [], failed: [], left: [{ lease: { id }, why: "claimed" }] });
  expect(calls).toEqual([]);

  await stand.update("environment_leases", id, { updated_at: ago("10 minutes 1 second") });
  expect(idsOf((await reap()).ended)).toEqual([id]);
  expect(calls).toEqual([id]);
  expect(await stand.row(id)).toMatchObject({ status: "expired", cleanup_status: "success" });
  // The one that died, and the one that took over.
  expect(await callsOfHooks()).toMatchObject([{ id, pid: child.pid }]);
  expect((await reap()).ended).toEqual([]);
});
