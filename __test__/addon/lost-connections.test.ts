import { afterEach, describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import { startSuite, unknownId } from "../support/suite.js";
import {
  environmentService,
  type EnvironmentService,
  type EnvironmentServiceOptions,
} from "./support/addon.js";
import type { Fate } from "./support/proxy.js";
import { openThroughProxy, type Through } from "./support/through-proxy.js";
import { until } from "./support/until.js";

const { url, sql, seed } = await startSuite();

const INSERT_LEASE = /insert into environment_leases/;
const ABOUT_LEASES = /(insert into|from) environment_leases/;
const CUTS: Fate[] = ["cut before", "cut after", "cut within"];
const SLACK = 1_500;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const throughProxy = (options: EnvironmentServiceOptions = {}, parameters = ""): Promise<Through> =>
  openThroughProxy(url, cleanups, { connectTimeout: 5_000, ...options }, parameters);

async function leaseIds(environmentId: string): Promise<string[]> {
  const rows = await sql<
    { id: string }[]
  >`select id from environment_leases where environment_id = ${environmentId}`;
  return rows.map(({ id }) => id).sort();
}

async function seeded() {
  const companyId = await seed.company();
  const environmentId = await seed.environment(companyId);
  return { companyId, environmentId };
}

const times = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

describe("acquireLease whose connection breaks resolves to the lease, and there is exactly one", () => {
  for (const ending of ["close", "reset"] as const) {
    it.each(CUTS)(`%s (${ending})`, async (fate) => {
      const { proxy, service } = await throughProxy();
      const { companyId, environmentId } = await seeded();
      proxy.ending = ending;
      const plan = proxy.plan(INSERT_LEASE, fate);

      const lease = await service.acquireLease({ companyId, environmentId, metadata: { kept: true } });

      expect(plan.met).toBe(1);
      expect(lease).toMatchObject({ environmentId, status: "active", metadata: { kept: true } });
      expect(await leaseIds(environmentId)).toEqual([lease.id]);
      expect(await service.getLeaseById(lease.id)).toEqual(lease);
    });
  }

  // What may have been inserted is looked for first, and only what is missing is inserted once more.
  it.each([
    ["cut before", "insert after insert", INSERT_LEASE],
    ...CUTS.map((fate) => [fate, "the insert and what asks for its row", ABOUT_LEASES] as const),
  ] as const)("%s, three times in a row: %s", async (fate, _, statements) => {
    const { proxy, service } = await throughProxy();
    const { companyId, environmentId } = await seeded();
    const plan = proxy.plan(statements, fate, { times: 3 });
    const lease = await service.acquireLease({ companyId, environmentId });
    expect(plan.met).toBe(3);
    expect(await leaseIds(environmentId)).toEqual([lease.id]);
  });

  it.each([
    ["the insert", INSERT_LEASE],
    ["the commit", /^commit$/i],
  ] as const)("without prepared statements, at %s", async (_, statement) => {
    for (const fate of CUTS) {
      const { proxy, service } = await throughProxy({}, "?prepare=false");
      const { companyId, environmentId } = await seeded();
      const plan = proxy.plan(statement, fate);
      const lease = await service.acquireLease({ companyId, environmentId });
      expect(plan.met).toBe(1);
      expect(await leaseIds(environmentId)).toEqual([lease.id]);
    }
  });

  it("while the insert waits for a lock, so that the server finishes it when nobody listens any more", async () => {
    const { proxy, service } = await throughProxy();
    const { companyId, environmentId } = await seeded();
    const { lease, waiters } = await sql.begin(async (lock) => {
      await lock`lock table environment_leases in share mode`;
      const lease = service.acquireLease({ companyId, environmentId });
      await until("the insert waits for the lock", async () => (await lockWaiters()) === 1);
      proxy.cut();
      await until("the second insert waits for the lock", async () => (await lockWaiters()) === 2);
      return { lease, waiters: await lockWaiters() };
    });
    expect(waiters).toBe(2);
    const { id } = await lease;
    await until("both inserts are over", async () => (await lockWaiters()) === 0);
    expect(await leaseIds(environmentId)).toEqual([id]);
  });

  it("when the server is away for a while and comes back in time", async () => {
    const { proxy, service } = await throughProxy();
    const { companyId, environmentId } = await seeded();
    proxy.plan(INSERT_LEASE, "cut after", {
      then: () => {
        proxy.refuse();
        setTimeout(() => void proxy.listen(), 300);
      },
    });
    const lease = await service.acquireLease({ companyId, environmentId });
    expect(await leaseIds(environmentId)).toEqual([lease.id]);
  });
});

async function lockWaiters(): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`;
  return row?.count ?? 0;
}

describe("acquireLease rejects with OUTCOME_UNKNOWN and the lease's id if the server stays away", () => {
  const CONNECT_TIMEOUT = 400;

  it.each([
    ["cut before", "refuse", 0],
    ["cut after", "refuse", 1],
    ["cut within", "refuse", 1],
    ["cut after", "silence", 1],
  ] as const)("%s, then %s", async (fate, away, rows) => {
    const { proxy, service } = await throughProxy({ connectTimeout: CONNECT_TIMEOUT });
    const { companyId, environmentId } = await seeded();
    proxy.plan(INSERT_LEASE, fate, { then: () => proxy[away]() });

    const start = performance.now();
    const error = await rejection(service.acquireLease({ companyId, environmentId }));

    expect(performance.now() - start).toBeLessThan(CONNECT_TIMEOUT + SLACK);
    expect(error).toMatchObject({
      code: "OUTCOME_UNKNOWN",
      leaseId: expect.stringMatching(/^[\da-f-]{36}$/),
    });
    expect(error.message).toContain("unknown");
    expect(await leaseIds(environmentId)).toEqual(rows === 1 ? [error["leaseId"]] : []);
  });

  it("each call of a batch with an id of its own, which are those of the table", async () => {
    const { proxy, service } = await throughProxy({ connectTimeout: CONNECT_TIMEOUT });
    const { companyId, environmentId } = await seeded();
    proxy.plan(INSERT_LEASE, "cut after", { then: () => proxy.refuse() });
    const errors = await Promise.all(
      times(20, () => rejection(service.acquireLease({ companyId, environmentId }))),
    );
    for (const error of errors) expect(error["code"]).toBe("OUTCOME_UNKNOWN");
    expect(errors.map((error) => error["leaseId"]).sort()).toEqual(await leaseIds(environmentId));
  });

  it("and the service works again when the server is back", async () => {
    const { proxy, service } = await throughProxy({ connectTimeout: CONNECT_TIMEOUT });
    const { companyId, environmentId } = await seeded();
    proxy.plan(INSERT_LEASE, "cut after", { then: () => proxy.refuse() });
    const error = await rejection(service.acquireLease({ companyId, environmentId }));
    await proxy.listen();
    expect(await service.getLeaseById(String(error["leaseId"]))).toMatchObject({
      environmentId,
      status: "active",
    });
  });
});

describe("an error of the data stays that error, and leaves no row", () => {
  it.each(CUTS)("a foreign key, %s", async (fate) => {
    const { proxy, service } = await throughProxy();
    const { companyId } = await seeded();
    const environmentId = unknownId();
    const plan = proxy.plan(INSERT_LEASE, fate);
    const error = await rejection(service.acquireLease({ companyId, environmentId }));
    expect(plan.met).toBe(1);
    expect(error).toMatchObject({
      code: "23503",
      constraint_name: "environment_leases_environment_id_environments_id_fk",
    });
    expect(await leaseIds(environmentId)).toEqual([]);
  });
});

describe("a batch of acquireLease that is cut: every lease is accounted for", () => {
  it.each(CUTS)("%s", async (fate) => {
    const { proxy, service } = await throughProxy();
    const { companyId, environmentId } = await seeded();
    const plan = proxy.plan(INSERT_LEASE, fate);
    const leases = await Promise.all(
      times(20, (n) => service.acquireLease({ companyId, environmentId, provider: `${n}` })),
    );
    expect(plan.met).toBe(1);
    leases.forEach((lease, n) => expect(lease.provider).toBe(`${n}`));
    expect(leases.map(({ id }) => id).sort()).toEqual(await leaseIds(environmentId));
  });

  it.each(CUTS)("%s, while it is run one by one because a few are refused", async (fate) => {
    const { proxy, service } = await throughProxy();
    const { companyId, environmentId } = await seeded();
    const isBad = (n: number) => n % 7 === 3;
    const plan = proxy.plan(INSERT_LEASE, fate, { skip: 3, times: 5 });
    const outcomes = await Promise.allSettled(
      times(20, (n) =>
        service.acquireLease({
          companyId,
          environmentId,
          issueId: isBad(n) ? unknownId() : null,
          provider: `${n}`,
        }),
      ),
    );
    expect(plan.met).toBe(5);
    const ids: string[] = [];
    outcomes.forEach((outcome, n) => {
      if (isBad(n)) expect(outcome).toMatchObject({ status: "rejected", reason: { code: "23503" } });
      else expect(outcome).toMatchObject({ status: "fulfilled", value: { provider: `${n}` } });
      if (outcome.status === "fulfilled") ids.push(outcome.value.id);
    });
    expect(ids.sort()).toEqual(await leaseIds(environmentId));
  });

  it.each(CUTS)("%s, every third statement, amid traffic", async (fate) => {
    const { proxy, service } = await throughProxy();
    const { companyId, environmentId } = await seeded();
    const plan = proxy.plan(INSERT_LEASE, fate, { skip: 2, times: 1_000 });
    const acquired = await Promise.all(
      times(20, async () => {
        const ids: string[] = [];
        for (let n = 0; n < 10; n++) ids.push((await service.acquireLease({ companyId, environmentId })).id);
        return ids;
      }),
    );
    expect(plan.met).toBeGreaterThan(2);
    const ids = acquired.flat().sort();
    expect(ids).toHaveLength(200);
    expect(ids).toEqual(await leaseIds(environmentId));
  });
});

describe("what may be repeated survives a cut, with the right final state", () => {
  it.each(CUTS)("reads: %s", async (fate) => {
    const { proxy, service } = await throughProxy();
    const { companyId, environmentId } = await seeded();
    const leaseId = await seed.lease(companyId, environmentId);
    const calls = [
      async () => expect((await service.list(companyId)).map(({ id }) => id)).toEqual([environmentId]),
      async () => expect(await service.getById(environmentId)).toMatchObject({ id: environmentId }),
      async () => expect(await service.getLeaseById(leaseId)).toMatchObject({ id: leaseId }),
      async () => expect((await service.listLeases(environmentId)).map(({ id }) => id)).toEqual([leaseId]),
    ];
    for (const call of calls) {
      const plan = proxy.plan(/\bselect\b/, fate);
      await call();
      expect(plan.met).toBe(1);
    }
  });

  it.each(CUTS)("releaseLease: %s", async (fate) => {
    const { proxy, service } = await throughProxy();
    const { companyId, environmentId } = await seeded();
    const id = await seed.lease(companyId, environmentId);
    const plan = proxy.plan(/update environment_leases/, fate);
    const lease = await service.releaseLease(id, "failed", {
      failureReason: "gone",
      cleanupStatus: "pending",
    });
    expect(plan.met).toBe(1);
    expect(lease).toMatchObject({ id, status: "failed", failureReason: "gone", cleanupStatus: "pending" });
    expect(await service.getLeaseById(id)).toEqual(lease);
  });

  it.each(CUTS)("updateLeaseMetadata, of one lease and in order: %s", async (fate) => {
    const { proxy, service } = await throughProxy();
    const { companyId, environmentId } = await seeded();
    const id = await seed.lease(companyId, environmentId);
    const plan = proxy.plan(/update environment_leases/, fate, { skip: 1, times: 3 });
    const answers = await Promise.all(times(8, (n) => service.updateLeaseMetadata(id, { n })));
    expect(plan.met).toBe(3);
    answers.forEach((lease, n) => expect(lease?.metadata).toEqual({ n }));
    expect((await service.getLeaseById(id))?.metadata).toEqual({ n: 7 });
  });

  it.each(CUTS)("update: %s", async (fate) => {
    const { proxy, service } = await throughProxy();
    const { environmentId } = await seeded();
    const plan = proxy.plan(/update environments/, fate);
    const changed = await service.update(environmentId, { name: "new", config: { a: 1 } });
    expect(plan.met).toBe(1);
    expect(changed).toMatchObject({ name: "new", config: { a: 1 } });
    expect(await service.getById(environmentId)).toEqual(changed);
  });

  it.each(CUTS)("create: %s", async (fate) => {
    const { proxy, service } = await throughProxy();
    const companyId = await seed.company();
    const plan = proxy.plan(/insert into environments/, fate);
    const created = await service.create(companyId, { name: "n", driver: "ssh" });
    expect(plan.met).toBe(1);
    expect(await service.list(companyId)).toEqual([created]);
  });

  it.each(CUTS)("ensureLocalEnvironment: %s", async (fate) => {
    const { proxy, service } = await throughProxy();
    const companyId = await seed.company();
    const plan = proxy.plan(/insert into environments/, fate);
    const local = await service.ensureLocalEnvironment(companyId);
    expect(plan.met).toBe(1);
    expect(local).toMatchObject({ name: "Local", driver: "local" });
    expect(await service.list(companyId)).toEqual([local]);
  });

  it.each([
    ["update", "environmentId"],
    ["create", "environmentId"],
    ["releaseLease", "leaseId"],
    ["updateLeaseMetadata", "leaseId"],
    ["ensureLocalEnvironment", undefined],
  ] as const)("%s rejects with OUTCOME_UNKNOWN if the server stays away", async (method, idName) => {
    const { proxy, service } = await throughProxy({ connectTimeout: 300 });
    const { companyId, environmentId } = await seeded();
    const leaseId = await seed.lease(companyId, environmentId);
    const calls = {
      update: () => service.update(environmentId, { name: "new" }),
      create: () => service.create(companyId, { name: "made", driver: "ssh" }),
      releaseLease: () => service.releaseLease(leaseId),
      updateLeaseMetadata: () => service.updateLeaseMetadata(leaseId, { a: 1 }),
      ensureLocalEnvironment: () => service.ensureLocalEnvironment(companyId),
    };
    proxy.plan(/insert into|update env/, "cut after", { then: () => proxy.refuse() });
    const error = await rejection(calls[method]());
    expect(error["code"]).toBe("OUTCOME_UNKNOWN");
    if (method === "create") {
      const [row] = await sql<
        { id: string }[]
      >`select id from environments where name = 'made' and company_id = ${companyId}`;
      expect(error["environmentId"]).toBe(row?.id);
    } else if (idName) expect(error[idName]).toBe({ leaseId, environmentId }[idName]);
  });

  it("reads reject with the connection's own error if the server stays away", async () => {
    const { proxy, service } = await throughProxy({ connectTimeout: 300 });
    proxy.plan(/\bselect\b/, "cut after", { then: () => proxy.refuse() });
    expect(await rejection(service.getById(unknownId()))).toMatchObject({
      code: "ECONNREFUSED",
      port: proxy.port,
    });
  });
});

describe("what must not be repeated rejects with OUTCOME_UNKNOWN when its answer is lost", () => {
  it.each(["cut after", "cut within"] as const)("remove: %s", async (fate) => {
    const { proxy, service } = await throughProxy();
    const { environmentId } = await seeded();
    const plan = proxy.plan(/delete from/, fate);
    const error = await rejection(service.remove(environmentId));
    expect(plan.met).toBe(1);
    expect(error).toMatchObject({ code: "OUTCOME_UNKNOWN", environmentId });
    expect(await service.getById(environmentId)).toBeNull();
  });

  it.each(["cut after", "cut within"] as const)("releaseLeasesForRun: %s", async (fate) => {
    const { proxy, service } = await throughProxy();
    const { companyId, environmentId } = await seeded();
    const run = await seed.run(companyId);
    const id = await seed.lease(companyId, environmentId, { heartbeat_run_id: run });
    const plan = proxy.plan(/update environment_leases/, fate);
    const error = await rejection(service.releaseLeasesForRun(run));
    expect(plan.met).toBe(1);
    expect(error["code"]).toBe("OUTCOME_UNKNOWN");
    expect(await service.getLeaseById(id)).toMatchObject({ status: "released" });
  });
});

describe("a backend that is terminated", () => {
  function serviceNamed(applicationName: string): EnvironmentService {
    const service = environmentService(url, { applicationName });
    cleanups.push(() => service.close());
    return service;
  }

  async function terminate(applicationName: string): Promise<number> {
    const backends = () => sql<{ pid: number }[]>`
      select pid from pg_stat_activity where datname = current_database() and application_name = ${applicationName}`;
    const pids = (await backends()).map(({ pid }) => pid);
    await sql`select pg_terminate_backend(pid) from unnest(${pids}::int[]) pid`;
    await until("they are gone", async () => !(await backends()).some(({ pid }) => pids.includes(pid)));
    return pids.length;
  }

  it.each([
    "getById",
    "list",
    "ensureLocalEnvironment",
    "update",
    "acquireLease",
    "updateLeaseMetadata",
    "releaseLeasesForRun",
    "remove",
  ] as const)("while idle is not noticed by the next call: %s", async (method) => {
    const service = serviceNamed(`idle ${method}`);
    const { companyId, environmentId } = await seeded();
    const runId = await seed.run(companyId);
    const leaseId = await seed.lease(companyId, environmentId, { heartbeat_run_id: runId });
    const calls = {
      getById: () => service.getById(environmentId),
      list: () => service.list(companyId),
      ensureLocalEnvironment: () => service.ensureLocalEnvironment(companyId),
      update: () => service.update(environmentId, { name: "new" }),
      acquireLease: () => service.acquireLease({ companyId, environmentId }),
      updateLeaseMetadata: () => service.updateLeaseMetadata(leaseId, {}),
      releaseLeasesForRun: () => service.releaseLeasesForRun(runId),
      remove: () => service.remove(environmentId),
    };
    await Promise.all(times(4, () => service.list(companyId)));
    expect(await terminate(`idle ${method}`)).toBeGreaterThan(0);
    await expect(calls[method]()).resolves.toSatisfy(Boolean);
    const leases = { acquireLease: 2, remove: 0 }[method as string] ?? 1;
    expect(await leaseIds(environmentId)).toHaveLength(leases);
  });

  it("in mid-call: the call is done all the same", async () => {
    const service = serviceNamed("busy");
    const { companyId, environmentId } = await seeded();
    const { changed, acquired } = await sql.begin(async (lock) => {
      await lock`lock table environments, environment_leases in share mode`;
      const changed = service.update(environmentId, { name: "new" });
      const acquired = service.acquireLease({ companyId, environmentId });
      await until("both wait for the lock", async () => (await lockWaiters()) === 2);
      expect(await terminate("busy")).toBe(2);
      return { changed, acquired };
    });
    expect(await changed).toMatchObject({ name: "new" });
    const { id } = await acquired;
    expect(await leaseIds(environmentId)).toEqual([id]);
  });

  it("again and again under load loses no lease", async () => {
    const service = serviceNamed("load");
    const { companyId, environmentId } = await seeded();
    const ids: string[] = [];
    let killed = 0;
    const load = times(20, async () => {
      for (let n = 0; n < 50; n++) ids.push((await service.acquireLease({ companyId, environmentId })).id);
    });
    // A next kill waits for a lease: nobody gets anywhere if each new connection is killed at once.
    for (let seen = 0; seen < 900; seen = ids.length) {
      killed += await terminate("load");
      await until("there are more leases", () => ids.length > seen);
    }
    await Promise.all(load);
    expect(killed).toBeGreaterThan(2);
    expect(ids).toHaveLength(1_000);
    expect(ids.sort()).toEqual(await leaseIds(environmentId));
  });
});

describe("a value that the server has to judge is no worse off than a plain one", () => {
  const form = (written: (id: string) => string, metadata: Record<string, unknown>) => ({
    written,
    metadata,
  });
  const FORMS = {
    "plain values": form((id) => id, { path: "/dev" }),
    "ids in braces": form((id) => `{${id}}`, { path: "/dev" }),
    "ids without hyphens": form((id) => id.replaceAll("-", ""), { path: "/dev" }),
    "ids with other hyphens": form((id) => id.replaceAll("-", "").replace(/(.{4})(?=.)/g, "$1-"), {}),
    "text that looks like an escape": form((id) => id, { path: "C:\\udev", more: "\\u0000" }),
  };

  interface Rows {
    companyId: string;
    environmentId: string;
    leaseId: string;
    runId: string;
    metadata: Record<string, unknown>;
  }

  const CALLS: Record<string, (service: EnvironmentService, rows: Rows) => Promise<unknown>> = {
    getById: (service, { environmentId }) => service.getById(environmentId),
    list: (service, { companyId }) => service.list(companyId),
    listLeases: (service, { environmentId }) => service.listLeases(environmentId),
    getLeaseById: (service, { leaseId }) => service.getLeaseById(leaseId),
    ensureLocalEnvironment: (service, { companyId }) => service.ensureLocalEnvironment(companyId),
    create: (service, { companyId, metadata }) =>
      service.create(companyId, { name: "n", driver: "ssh", config: metadata, metadata }),
    update: (service, { environmentId, metadata }) => service.update(environmentId, { metadata }),
    acquireLease: (service, { companyId, environmentId, metadata }) =>
      service.acquireLease({ companyId, environmentId, metadata }),
    releaseLease: (service, { leaseId }) => service.releaseLease(leaseId, "failed"),
    updateLeaseMetadata: (service, { leaseId, metadata }) => service.updateLeaseMetadata(leaseId, metadata),
    releaseLeasesForRun: (service, { runId }) => service.releaseLeasesForRun(runId),
    remove: (service, { environmentId }) => service.remove(environmentId),
  };
  /** The others must not be repeated once the server may have done them. */
  const REPEATABLE = Object.keys(CALLS).filter(
    (method) => !["releaseLeasesForRun", "remove"].includes(method),
  );

  async function rows(form: keyof typeof FORMS): Promise<Rows> {
    const { written, metadata } = FORMS[form];
    const { companyId, environmentId } = await seeded();
    const runId = await seed.run(companyId);
    const leaseId = await seed.lease(companyId, environmentId, { heartbeat_run_id: runId });
    return {
      companyId: written(companyId),
      environmentId: written(environmentId),
      leaseId: written(leaseId),
      runId: written(runId),
      metadata,
    };
  }

  const forms = Object.keys(FORMS) as (keyof typeof FORMS)[];

  describe.each(forms)("%s", (form) => {
    it.each(Object.keys(CALLS))("on a session that was terminated while it idled: %s", async (method) => {
      const applicationName = `judged ${form} ${method}`.slice(0, 60);
      const service = environmentService(url, { applicationName });
      cleanups.push(() => service.close());
      const target = await rows(form);
      await service.getById(unknownId());
      const terminated = await sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = ${applicationName}`;
      expect(terminated).toHaveLength(1);
      await until("it is gone", async () => {
        const left = await sql`select 1 from pg_stat_activity where application_name = ${applicationName}`;
        return left.length === 0;
      });
      expect(await CALLS[method]?.(service, target)).toBeTruthy();
    });

    it.each(REPEATABLE)("on a connection that was cut while it idled: %s", async (method) => {
      const { proxy, service } = await throughProxy();
      const target = await rows(form);
      proxy.cut();
      expect(await CALLS[method]?.(service, target)).toBeTruthy();
    });

    it.each(REPEATABLE)("on connections that are cut at whatever is asked first: %s", async (method) => {
      for (const fate of CUTS) {
        const { proxy, service } = await throughProxy();
        const target = await rows(form);
        const plan = proxy.plan(/select|insert|update/i, fate, { times: 2 });
        expect(await CALLS[method]?.(service, target)).toBeTruthy();
        expect(plan.met).toBe(2);
      }
    });
  });

  it("values of every form, in calls that were made together", async () => {
    const { proxy, service } = await throughProxy();
    const targets = await Promise.all(times(20, (n) => rows(forms[n % forms.length] ?? "plain values")));
    for (const fate of CUTS) {
      const plan = proxy.plan(/select|insert/i, fate, { times: 3 });
      const leases = await Promise.all(
        targets.map(({ companyId, environmentId, metadata }, n) =>
          service.acquireLease({ companyId, environmentId, metadata, providerLeaseId: `${fate} ${n}` }),
        ),
      );
      expect(plan.met).toBe(3);
      for (const [n, lease] of leases.entries()) {
        expect(lease).toMatchObject({ providerLeaseId: `${fate} ${n}`, metadata: targets[n]?.metadata });
      }
      const rows = await sql`select 1 from environment_leases where provider_lease_id like ${`${fate} %`}`;
      expect(rows).toHaveLength(targets.length);
    }
  });

  it("a wrong value is still the error of its own call, after a cut", async () => {
    for (const fate of CUTS) {
      const { proxy, service } = await throughProxy();
      const { companyId, environmentId } = await rows("ids in braces");
      proxy.plan(/select|insert/i, fate);
      const outcomes = await Promise.allSettled([
        service.acquireLease({ companyId, environmentId }),
        service.acquireLease({ companyId, environmentId: `{${environmentId}` }),
        service.acquireLease({ companyId, environmentId, metadata: { nul: "\u0000" } }),
      ]);
      expect(outcomes).toMatchObject([
        { status: "fulfilled" },
        { status: "rejected", reason: { code: "22P02" } },
        { status: "rejected", reason: { code: "22P05" } },
      ]);
    }
  });
});
