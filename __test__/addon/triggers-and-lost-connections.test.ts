import { afterEach, describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import { startSuite } from "../support/suite.js";
import type { Fate } from "./support/proxy.js";
import { openThroughProxy, type Through } from "./support/through-proxy.js";

// After a lost connection, an inserted row is found by the id that was chosen for it. Triggers may change that id, and
// may refuse a repeated insert.

const { url, sql, seed } = await startSuite();

await sql.unsafe(`
  create function own_id() returns trigger language plpgsql as $$
  begin
    new.id := gen_random_uuid();
    return new;
  end $$;
  create trigger own_id before insert on environments
    for each row when (new.name like 'renamed%') execute function own_id();
  create trigger own_id before insert on environment_leases
    for each row when (new.provider like 'renamed%') execute function own_id();

  create function one_at_a_time() returns trigger language plpgsql as $$
  begin
    if exists (select 1 from environment_leases where environment_id = new.environment_id and status = 'active') then
      raise exception 'the environment is taken' using errcode = '23514';
    end if;
    return new;
  end $$;
  create trigger one_at_a_time before insert on environment_leases
    for each row when (new.provider = 'exclusive') execute function one_at_a_time();
  create function one_of_a_name() returns trigger language plpgsql as $$
  begin
    if exists (select 1 from environments where company_id = new.company_id and name = new.name) then
      raise exception 'the name is taken' using errcode = '23514';
    end if;
    return new;
  end $$;
  create trigger one_of_a_name before insert on environments
    for each row when (new.name = 'unique') execute function one_of_a_name();
`);

const INSERT_LEASE = /insert into environment_leases/;
const INSERT_ENVIRONMENT = /insert into environments/;
const CUTS: Fate[] = ["cut before", "cut after", "cut within"];
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const throughProxy = (parameters = ""): Promise<Through> =>
  openThroughProxy(url, cleanups, { connectTimeout: 5_000 }, parameters);

async function seeded() {
  const companyId = await seed.company();
  const environmentId = await seed.environment(companyId);
  return { companyId, environmentId };
}

async function leasesOf(environmentId: string): Promise<{ id: string; status: string; provider: string }[]> {
  const rows = await sql<{ id: string; status: string; provider: string }[]>`
    select id, status, provider from environment_leases where environment_id = ${environmentId} order by provider`;
  return [...rows];
}

async function environmentsNamed(companyId: string, name: string): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from environments where company_id = ${companyId} and name = ${name}`;
  return rows.map(({ id }) => id);
}

const times = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

describe("a trigger sets the id of a row whose insert is cut off", () => {
  const OUTCOMES = [
    ["cut before", 0],
    ["cut after", 1],
    ["cut within", 1],
  ] as const;
  const unknown = (id: "leaseId" | "environmentId") => ({
    code: "OUTCOME_UNKNOWN",
    [id]: expect.stringMatching(UUID) as string,
  });

  it.each(OUTCOMES)("acquireLease rejects with OUTCOME_UNKNOWN: %s, %i row", async (fate, rows) => {
    const { proxy, service } = await throughProxy();
    const { companyId, environmentId } = await seeded();
    const plan = proxy.plan(INSERT_LEASE, fate);
    const error = await rejection(service.acquireLease({ companyId, environmentId, provider: "renamed" }));
    expect(plan.met).toBe(1);
    expect(error).toMatchObject(unknown("leaseId"));
    expect(await leasesOf(environmentId)).toHaveLength(rows);
    // The connection on which the second insert was given up is a good one.
    expect(await service.getById(environmentId)).toMatchObject({ id: environmentId });
    expect(service.stats().connections.opened).toBe(2);
  });

  it.each(OUTCOMES)("create rejects with OUTCOME_UNKNOWN: %s, %i row", async (fate, rows) => {
    const { proxy, service } = await throughProxy();
    const { companyId } = await seeded();
    const plan = proxy.plan(INSERT_ENVIRONMENT, fate);
    const error = await rejection(service.create(companyId, { name: "renamed", driver: "ssh" }));
    expect(plan.met).toBe(1);
    expect(error).toMatchObject(unknown("environmentId"));
    expect(await environmentsNamed(companyId, "renamed")).toHaveLength(rows);
  });

  it.each(OUTCOMES)("acquireLease, many in a batch: %s, each row %i times", async (fate, rows) => {
    const { proxy, service } = await throughProxy();
    const { companyId, environmentId } = await seeded();
    const plan = proxy.plan(INSERT_LEASE, fate);
    const calls = times(10, (n) =>
      service.acquireLease({ companyId, environmentId, provider: `renamed ${n}` }),
    );
    const errors = await Promise.all(calls.map(rejection));
    expect(plan.met).toBe(1);
    for (const error of errors) expect(error).toMatchObject(unknown("leaseId"));
    const providers = (await leasesOf(environmentId)).map(({ provider }) => provider);
    expect(providers).toEqual(rows === 0 ? [] : times(10, (n) => `renamed ${n}`));
  });

  it.each(CUTS)("without prepared statements, what was not committed is done again: %s", async (fate) => {
    const { proxy, service } = await throughProxy("?prepare=false");
    const { companyId, environmentId } = await seeded();
    const plan = proxy.plan(INSERT_LEASE, fate);
    const { id } = await service.acquireLease({ companyId, environmentId, provider: "renamed" });
    expect(plan.met).toBe(1);
    expect(await leasesOf(environmentId)).toMatchObject([{ id, status: "active" }]);
  });

  it.each(OUTCOMES)(
    "without prepared statements, it is unknown at the commit: %s, %i row",
    async (fate, rows) => {
      const { proxy, service } = await throughProxy("?prepare=false");
      const { companyId, environmentId } = await seeded();
      const plan = proxy.plan(/^commit$/i, fate);
      const error = await rejection(service.acquireLease({ companyId, environmentId, provider: "renamed" }));
      expect(plan.met).toBe(1);
      expect(error).toMatchObject(unknown("leaseId"));
      expect(await leasesOf(environmentId)).toHaveLength(rows);
    },
  );
});

describe("a trigger would refuse a second insert of what the first has left", () => {
  it.each(CUTS)("acquireLease resolves to the one active lease: %s", async (fate) => {
    const { proxy, service } = await throughProxy();
    const { companyId, environmentId } = await seeded();
    const plan = proxy.plan(INSERT_LEASE, fate);
    const lease = await service.acquireLease({ companyId, environmentId, provider: "exclusive" });
    expect(plan.met).toBe(1);
    expect(await leasesOf(environmentId)).toEqual([
      { id: lease.id, status: "active", provider: "exclusive" },
    ]);
    expect(await service.getLeaseById(lease.id)).toEqual(lease);
    // It is the trigger's to refuse another one, and that is nobody's doubt.
    const error = await rejection(service.acquireLease({ companyId, environmentId, provider: "exclusive" }));
    expect(error).toMatchObject({ code: "23514", message: "the environment is taken" });
  });

  it.each(CUTS)("create resolves to the one environment: %s", async (fate) => {
    const { proxy, service } = await throughProxy();
    const { companyId } = await seeded();
    const plan = proxy.plan(INSERT_ENVIRONMENT, fate);
    const created = await service.create(companyId, { name: "unique", driver: "ssh" });
    expect(plan.met).toBe(1);
    expect(await environmentsNamed(companyId, "unique")).toEqual([created.id]);
  });

  it.each(CUTS)("refused from the start, a call rejects with what the trigger says: %s", async (fate) => {
    const { proxy, service } = await throughProxy();
    const { companyId, environmentId } = await seeded();
    const id = await seed.lease(companyId, environmentId);
    const plan = proxy.plan(INSERT_LEASE, fate);
    const error = await rejection(service.acquireLease({ companyId, environmentId, provider: "exclusive" }));
    expect(plan.met).toBe(1);
    expect(error).toMatchObject({ code: "23514", message: "the environment is taken" });
    expect(await leasesOf(environmentId)).toMatchObject([{ id }]);
  });
});
