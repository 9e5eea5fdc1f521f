// Random histories of the service and of maintenance, partly concurrent, while runs begin, end and come back: `reap` never
// ends the lease of a live run, and finds exactly the stale leases according to the rules.
//
//   MAINTENANCE_SEED   play again from a seed that was printed

import { createRequire } from "node:module";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { LeaseMaintenance, ReapReason, ReapResult } from "./support/library.js";
import { chosenSeed } from "./support/random.js";
import { asMaintained, differenceOf, LEAST_CLAIM } from "./support/rules.js";
import { DAY, inTurn, startStand, type Stand } from "./support/stand.js";

const require = createRequire(import.meta.url);

const STEPS = 800;
/** What happens in them. */
const EVENTS = [
  ...["ended: run_finished", "ended: expired", "ended: unowned", "ended: cleanup_failed", "failed"],
  ...["left: claimed", "left: clock", "left: provider", "left: shared", "deleted"],
];

/** As much of a service as both entries have. */
interface Service {
  acquireLease(input: object): Promise<{ id: string }>;
  releaseLease(id: string, status?: string, options?: object): Promise<unknown>;
  releaseLeasesForRun(id: string, status?: string): Promise<unknown>;
  close(): Promise<void>;
}
type Factory = (source: unknown, options?: object) => Service;

const ENTRIES = [
  { entry: "2026.427", stand: await startStand("T1"), file: "../../2026.427.js" },
  { entry: "2026.916", stand: await startStand("T4"), file: "../../2026.916.js" },
];

const TERMINAL = ["succeeded", "failed", "cancelled", "timed_out", "interrupted"] as const;
const LIVE = ["queued", "running", "scheduled_retry", "exploded"] as const;
const PAST = "now() - interval '2 hours'";
const MOMENTS = ["null", PAST, PAST, PAST, "now()", "now() + interval '2 hours'"] as const;
const REASONS = ["run_finished", "expired", "unowned", "cleanup_failed", "retained"] as const;

/** Which of those that there are: the same number always means the same one of the same number. */
const which = fc.nat({ max: 1_000 });
const boxes = fc.option(
  fc.integer({ min: 1, max: 9 }).map((n) => `box ${n}`),
  { freq: 8 },
);
const providers = fc.constantFrom(null, "local", "ssh", "daytona", "daytona", "e2b");
/** A day for what is old, and more. */
const OLD = "now() - interval '30 hours'";

/** A lease as somebody may have left it. */
const planted = fc.record({
  run: fc.option(which, { freq: 2 }),
  environment: which,
  box: boxes,
  columns: fc.record({
    status: fc.constantFrom(
      ...["active", "active", "active", "retained", "released", "expired", "failed", "pending_cleanup"],
    ),
    lease_policy: fc.constantFrom("ephemeral", "ephemeral", "reuse_by_environment", "retain_on_failure"),
    provider: providers,
    cleanup_status: fc.constantFrom(null, null, "failed", "success", "pending"),
  }),
  moments: fc.record({
    acquired_at: fc.constantFrom("now()", OLD),
    last_used_at: fc.constantFrom("now()", OLD, "now() - interval '8 days'"),
    updated_at: fc.constantFrom("now()", PAST),
    expires_at: fc.constantFrom("null", "now()", PAST),
  }),
});

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("acquire" as const),
      run: fc.option(which, { freq: 6 }),
      environment: which,
      policy: fc.constantFrom("ephemeral", "ephemeral", "reuse_by_environment", "retain_on_failure"),
      provider: providers,
      box: boxes,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("plant" as const),
      leases: fc.array(planted, { minLength: 2, maxLength: 8 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("release" as const),
      lease: which,
      status: fc.constantFrom("released", "failed", "retained"),
      cleanupStatus: fc.constantFrom(undefined, "failed", "success", "pending"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("release of run" as const), run: which }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("run" as const),
      run: which,
      status: fc.oneof(fc.constantFrom(...TERMINAL), fc.constantFrom(...LIVE)),
      finished: fc.constantFrom(...MOMENTS),
      updated: fc.constantFrom(...MOMENTS.slice(1)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("delete run" as const), run: which }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("age" as const),
      lease: which,
      column: fc.constantFrom("expires_at", "acquired_at", "last_used_at", "updated_at"),
      hours: fc.constantFrom(1, 30, -1),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("reap" as const),
      reasons: fc.subarray([...REASONS], { minLength: 1 }),
      hook: fc.constantFrom("none", "resolves", "rejects", "is slow"),
      limit: fc.constantFrom(2, 20, 1000),
      by: which,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("prune" as const), keep: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("look" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Steps that are made at once, and groups of them one behind the other. */
const history = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 5, maxLength: 15 });

/** Its run has been deleted meanwhile. */
function noRun(error: { code?: string }): null {
  if (error.code !== "23503") throw error;
  return null;
}

class World {
  readonly tally = new Map<string, number>();
  steps = 0;
  #leases: string[] = [];
  #runs: string[] = [];
  #environments: string[] = [];
  #companyId = "";

  readonly stand: Stand;
  readonly service: Service;
  readonly others: LeaseMaintenance[];

  constructor(stand: Stand, service: Service) {
    this.stand = stand;
    this.service = service;
    this.others = [stand.maintenance, stand.open(), stand.open()];
  }

  async begin() {
    const { stand } = this;
    await stand.sql`delete from environment_leases`;
    this.#companyId = await stand.company();
    this.#environments = await inTurn(2, () => stand.environment(this.#companyId, { driver: "plugin" }));
    this.#environments.push(await stand.environment(this.#companyId, { driver: "ssh" }));
    this.#runs = await inTurn(6, () => stand.run(this.#companyId));
    this.#leases = [];
  }

  async play(groups: Step[][]) {
    await this.begin();
    for (const group of groups) {
      await Promise.all(group.map((one) => this.#make(one)));
      this.steps += group.length;
      await this.#look();
    }
  }

  #count(what: string, by = 1) {
    this.tally.set(what, (this.tally.get(what) ?? 0) + by);
  }

  async #make(one: Step): Promise<void> {
    const { sql } = this.stand;
    const pick = (list: string[], n: number) =>
      list[n % list.length] ?? "00000000-0000-4000-8000-000000000000";
    switch (one.do) {
      case "acquire": {
        const input = {
          companyId: this.#companyId,
          environmentId: pick(this.#environments, one.environment),
          ...(one.run !== null && { heartbeatRunId: pick(this.#runs, one.run) }),
          ...{ leasePolicy: one.policy, provider: one.provider, providerLeaseId: one.box },
        };
        const lease = await this.service.acquireLease(input).catch(noRun);
        if (lease) this.#leases.push(lease.id);
        return;
      }
      case "plant":
        for (const { columns, moments, run, environment, box } of one.leases) {
          const place = { companyId: this.#companyId, environmentId: pick(this.#environments, environment) };
          const times = Object.entries(moments).map(([column, expression]) => [column, { expression }]);
          const id = await this.stand
            .lease(place, {
              ...{ ...columns, ...Object.fromEntries(times), provider_lease_id: box },
              heartbeat_run_id: run === null ? null : pick(this.#runs, run),
            })
            .catch(noRun);
          if (id) this.#leases.push(id);
        }
        return;
      case "release": {
        const options = one.cleanupStatus && { cleanupStatus: one.cleanupStatus };
        await this.service.releaseLease(pick(this.#leases, one.lease), one.status, options);
        return;
      }
      case "release of run":
        await this.service.releaseLeasesForRun(pick(this.#runs, one.run));
        return;
      case "run":
        await sql.unsafe(
          `update heartbeat_runs set status = $1, finished_at = ${one.finished}, updated_at = ${one.updated} where id = $2`,
          [one.status, pick(this.#runs, one.run)],
        );
        return;
      case "delete run": {
        const id = pick(this.#runs, one.run);
        await sql`delete from heartbeat_runs where id = ${id}`;
        this.#runs[this.#runs.indexOf(id)] = await this.stand.run(this.#companyId);
        return;
      }
      case "age":
        await sql.unsafe(
          `update environment_leases set ${one.column} = now() - ${one.hours} * interval '1 hour' where id = $1`,
          [pick(this.#leases, one.lease)],
        );
        return;
      case "reap":
        return this.#reap(one);
      case "prune": {
        const maintenance = this.others[one.keep % this.others.length] as LeaseMaintenance;
        const { deleted } = await maintenance.prune({ olderThan: 7 * DAY, keepPerEnvironment: one.keep });
        this.#count("deleted", deleted);
        return;
      }
      case "look":
        await Promise.all([
          this.others[1]?.find({ limit: 20 }),
          this.others[2]?.summarize({ history: true }),
        ]);
    }
  }

  async #reap({ reasons, hook, limit, by }: Extract<Step, { do: "reap" }>) {
    const called: string[] = [];
    const release = async ({ id }: { id: string }) => {
      called.push(id);
      if (hook === "rejects") throw new Error("rejected");
      if (hook === "is slow") await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const maintenance = this.others[by % this.others.length] as LeaseMaintenance;
    const result = await maintenance.reap({
      ...{ reasons: reasons as ReapReason[], olderThan: DAY, limit },
      ...(hook !== "none" && { release }),
    });
    this.#count("ended", result.ended.length);
    this.#count("failed", result.failed.length);
    for (const { why } of result.left) this.#count(`left: ${why}`);
    for (const { reason } of result.ended) this.#count(`ended: ${reason}`);
    // Once for each claim, and for each lease one claim.
    expect(called.length).toBe(new Set(called).size);
    const all = [...result.ended, ...result.left, ...result.failed].map(({ lease }) => lease.id);
    expect(all.length).toBe(new Set(all).size);
    for (const id of called) expect(all).toContain(id);
  }

  /** While nobody does anything: what is found is what the rules say, and nothing that is forbidden has been done. */
  async #look() {
    const { sql } = this.stand;
    const release = async () => {
      throw new Error("called in a dry run");
    };
    const what = { reasons: REASONS, olderThan: DAY, limit: 1000, dryRun: true, release };
    const found = await this.stand.maintenance.reap(what);
    const difference = differenceOf(await asMaintained(sql), found);
    expect(difference).toEqual([]);
    const broken = await sql`select * from broken`;
    expect(broken.map((one) => JSON.stringify(one))).toEqual([]);
  }
}

/** Takes down each write of maintenance that was forbidden in its moment. */
const guard = (terminal: readonly string[]) => `
  create table broken (what text, run text, was text, became text);
  create function guard() returns trigger language plpgsql as $$
  declare
    run text;
  begin
    if current_setting('application_name') not like 'maintenance %' then return null; end if;
    select status into run from heartbeat_runs where id = new.heartbeat_run_id;
    -- What was claimed while its run was over is settled, whatever has become of the run since then.
    if (old.cleanup_status is distinct from 'pending' or new.cleanup_status = 'pending')
      and run not in ('${terminal.join("', '")}') then
      insert into broken values ('of a live run', run, to_jsonb(old)::text, to_jsonb(new)::text);
    end if;
    if new.provider not in ('local', 'ssh') and new.cleanup_status = 'pending' and old.cleanup_status = 'pending'
      and old.updated_at > now() - interval '${LEAST_CLAIM}' then
      insert into broken values ('claimed twice', run, to_jsonb(old)::text, to_jsonb(new)::text);
    end if;
    if old.status not in ('active', 'retained') and old.cleanup_status is null then
      insert into broken values ('is over', run, to_jsonb(old)::text, to_jsonb(new)::text);
    end if;
    return null;
  end $$;
  create trigger guard after update on environment_leases for each row execute function guard()`;

describe.each(ENTRIES)("the service of $entry, and maintenance", async ({ entry, stand, file }) => {
  const factory = (require(file) as { environmentService: Factory }).environmentService;
  const { sql } = stand;
  await sql.unsafe(guard(TERMINAL));
  const broken = () => sql`select * from broken`;

  it("never end a lease of a live run, and agree with the rules", { timeout: 120_000 }, async () => {
    const service = factory(stand.url, { applicationName: "the service" });
    const world = new World(stand, service);
    const first = chosenSeed(`histories of ${entry}`);
    const property = fc.asyncProperty(history, (groups) => world.play(groups as Step[][]));
    const isMissing = (what: string) => (world.tally.get(what) ?? 0) < 3;
    // Histories in which nothing happens would prove nothing.
    const isEnough = () => world.steps >= STEPS && !EVENTS.some(isMissing);
    for (let seed = first; !isEnough() && world.steps < 4 * STEPS; seed++) {
      // What happened at once may not happen again, so that a shorter history is not looked for.
      const details = await fc.check(property, { seed, numRuns: 5, endOnFailure: true });
      if (details.failed) {
        const cause = details.errorInstance instanceof Error ? details.errorInstance.message : "";
        expect.fail(`${cause}\n\nMAINTENANCE_SEED=${seed}\n${fc.stringify(details.counterexample?.[0])}`);
      }
    }
    await service.close();
    process.stdout.write(`${world.steps} steps: ${JSON.stringify(Object.fromEntries(world.tally))}\n`);
    expect(EVENTS.filter(isMissing)).toEqual([]);
  });

  it("a run that comes back to life in the same moment keeps its lease", { timeout: 30_000 }, async () => {
    const place = await stand.place({ driver: "plugin" });
    const { companyId } = place;
    let [ended, kept] = [0, 0];
    for (let round = 0; round < 30; round++) {
      const runs = await inTurn(6, () => stand.finishedRun(companyId));
      for (const [n, heartbeat_run_id] of runs.entries()) {
        const held = { provider: "daytona", provider_lease_id: `back ${round} ${n}` };
        await stand.lease(place, { heartbeat_run_id, ...(n % 2 === 0 && held) });
      }
      const back = sql`update heartbeat_runs set status = 'running', finished_at = null where id = any(${runs}::uuid[])`;
      const reap = stand.maintenance.reap({ companyId, release: async () => {} });
      const result = (
        round % 2 === 0 ? await Promise.all([reap, back]) : (await Promise.all([back, reap])).reverse()
      )[0];
      ended += (result as ReapResult).ended.length;
      kept += (await stand.rows(`company_id = '${companyId}' and status = 'active'`)).length;
      await sql`update environment_leases set status = 'released' where company_id = ${companyId}`;
    }
    expect([...(await broken())]).toEqual([]);
    expect(kept + ended).toBe(30 * 6);
    expect(kept).toBeGreaterThan(0);
  });

  it("met no deadlock", async () => {
    const [row] = await sql.unsafe(
      "select deadlocks::text as deadlocks from pg_stat_database where datname = current_database()",
    );
    expect(row).toEqual({ deadlocks: "0" });
  });

  it("what is forbidden would be noticed", async () => {
    const place = await stand.place();
    const id = await stand.lease(place, { heartbeat_run_id: await stand.run(place.companyId) });
    await sql.begin(async (other) => {
      await other.unsafe("set local application_name = 'maintenance of another kind'");
      await other`update environment_leases set status = 'expired' where id = ${id}`;
    });
    expect(await broken()).toMatchObject([{ what: "of a live run", run: "running" }]);
  });
});
