import { randomBytes } from "node:crypto";

import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { afterEach, describe, expect, it } from "vitest";

import { openDatabase } from "../support/database.js";
import { expectDatabaseError } from "../support/errors.js";
import { createService } from "../support/provider.js";
import * as schema from "../support/schema.mjs";
import { startSuite, unknownId } from "../support/suite.js";

const { service, seed, snapshot, sql } = await startSuite();

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const times = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

describe("remove", () => {
  it("deletes the row and gives it", async () => {
    const id = await seed.environment(await seed.company(), { name: "gone", metadata: '{"a": 1}' });
    const before = await service.getById(id);
    expect(await service.remove(id)).toEqual(before);
    expect(await service.getById(id)).toBeNull();
  });

  it("gives null the second time, and for an unknown id", async () => {
    const id = await seed.environment(await seed.company());
    await service.remove(id);
    expect(await service.remove(id)).toBeNull();
    expect(await service.remove(unknownId())).toBeNull();
  });

  it("takes the environment's leases with it, active or not, and no others", async () => {
    const company = await seed.company();
    const environment = await seed.environment(company);
    const active = await seed.lease(company, environment);
    const released = await seed.lease(company, environment, { status: "released" });
    const other = await seed.lease(company, await seed.environment(company));
    await service.remove(environment);
    expect(await service.getLeaseById(active)).toBeNull();
    expect(await service.getLeaseById(released)).toBeNull();
    expect(await service.getLeaseById(other)).not.toBeNull();
  });

  it("leaves every other environment", async () => {
    const company = await seed.company();
    const kept = await seed.environment(company);
    const before = await snapshot();
    await service.remove(await seed.environment(company));
    expect(await snapshot()).toEqual(before);
    expect(await service.getById(kept)).not.toBeNull();
  });
});

describe("remove needs no more rights than a plain delete", () => {
  /** A database of its own, and the service as a role has it to which this was granted and nothing else. */
  async function asRole(...grants: string[]) {
    const database = await openDatabase();
    const role = `limited_${randomBytes(6).toString("hex")}`;
    // Behind the database, in which the role's rights are.
    cleanups.push(() => sql.unsafe(`drop role "${role}"`));
    cleanups.push(() => database.close());
    await database.sql.unsafe(`create role "${role}" login password 'limited'`);
    for (const grant of grants) await database.sql.unsafe(`grant ${grant} to "${role}"`);
    const at = new URL(database.url);
    [at.username, at.password] = [role, "limited"];
    const client = postgres(at.href, { max: 2 });
    cleanups.push(() => client.end({ timeout: 0 }));
    const companyId = await database.seed.company();
    return {
      ...database,
      companyId,
      service: createService(drizzle(client, { schema })),
      /** One with a lease, which the cascade removes in its owner's name. */
      environment: async () => {
        const id = await database.seed.environment(companyId);
        await database.seed.lease(companyId, id);
        return id;
      },
    };
  }

  it.each([
    ["alone", 1],
    ["made together", 6],
  ])(
    "a role that may select and delete environments, and has nothing on their leases: %s",
    async (_, count) => {
      const { service, environment, snapshot } = await asRole("select, delete on environments");
      const ids = await Promise.all(times(count, environment));
      const removed = await Promise.all(ids.map((id) => service.remove(id)));
      expect(removed.map((row) => row?.id)).toEqual(ids);
      expect(await snapshot()).toEqual({ environments: [], leases: [] });
    },
  );

  it.each([
    ["alone", 1],
    ["made together", 6],
  ])("row-level security with policies for select and delete alone: %s", async (_, count) => {
    const { service, environment, snapshot, sql } = await asRole(
      "all on environments",
      "all on environment_leases",
    );
    await sql.unsafe(`
      alter table environments enable row level security;
      create policy seen on environments for select using (true);
      create policy removable on environments for delete using (name <> 'kept');
    `);
    const ids = await Promise.all(times(count, environment));
    const removed = await Promise.all(ids.map((id) => service.remove(id)));
    expect(removed.map((row) => row?.id)).toEqual(ids);
    expect(await snapshot()).toEqual({ environments: [], leases: [] });
  });

  it("what a policy keeps stays, and gives null", async () => {
    const { service, companyId, seed, snapshot, sql } = await asRole("all on environments");
    await sql.unsafe(`
      alter table environments enable row level security;
      create policy seen on environments for select using (true);
      create policy removable on environments for delete using (name <> 'kept');
    `);
    const kept = await seed.environment(companyId, { name: "kept" });
    const gone = await seed.environment(companyId);
    const before = await snapshot();
    expect(await Promise.all([service.remove(kept), service.remove(gone)])).toMatchObject([
      null,
      { id: gone },
    ]);
    expect(await snapshot()).toEqual({
      ...before,
      environments: before.environments.filter((row) => row.includes(kept)),
    });
  });

  it("a role that may not delete is refused with 42501", async () => {
    const { service, environment, snapshot } = await asRole("select, update on environments");
    const id = await environment();
    const before = await snapshot();
    await expectDatabaseError(service.remove(id), "42501", {
      message: "permission denied for table environments",
    });
    expect(await snapshot()).toEqual(before);
  });
});
