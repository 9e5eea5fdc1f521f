// A database with the tables of another Paperclip release: every method of both entries rejects and writes nothing.

import { createRequire } from "node:module";

import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { afterAll, describe, expect, it } from "vitest";

import { openDatabase, type TestDatabase } from "../../support/database.js";
import { rejection } from "../../support/errors.js";
import { loadSchema } from "../../support/original.mjs";

const require = createRequire(import.meta.url);
type Service = Record<string, (...args: unknown[]) => Promise<unknown>>;
const entries: Record<string, (source: unknown, options?: object) => Service> = {
  "2026.427": require("../../../index.js").environmentService,
  "2026.916": require("../../../2026.916.js").environmentService,
};

const databases: Record<string, TestDatabase> = {
  T1: await openDatabase("2026.427"),
  T2: await openDatabase("2026.427"),
  T3: await openDatabase("2026.916"),
  T4: await openDatabase("2026.916"),
};
afterAll(() => Promise.all(Object.values(databases).map((database) => database.close())));

await databases["T2"]?.sql.unsafe(`
  create unique index environments_company_managed_sandbox_idx on environments (company_id)
  where driver = 'sandbox' and (metadata ->> 'managedByPaperclip')::boolean = true`);
await databases["T3"]?.sql.unsafe("alter table environment_leases alter column environment_id set not null");

const RELEASES: Record<string, string> = {
  T1: "2026.427 to 2026.609 (T1)",
  T2: "2026.618 (T2)",
  T3: "2026.626 to 2026.817 (T3)",
  T4: "2026.824 to 2026.916 (T4)",
};

const CASES: [entry: string, tables: string, cure: RegExp][] = [
  ["2026.427", "T2", /no entry of this package fits them$/],
  ["2026.427", "T3", /no entry of this package fits them$/],
  ["2026.427", "T4", /import paperclip-environment-service\/2026\.916 instead$/],
  ["2026.916", "T1", /import paperclip-environment-service\/2026\.427 instead$/],
  ["2026.916", "T2", /no entry of this package fits them$/],
  ["2026.916", "T3", /no entry of this package fits them$/],
];

const ID = "00000000-0000-4000-8000-000000000000";

/** Arguments that are good for any method. */
const ARGUMENTS: Record<string, unknown[]> = {
  list: [ID],
  listJson: [ID],
  create: [ID, { name: "n", driver: "ssh" }],
  update: [ID, { name: "n" }],
  acquireLease: [{ companyId: ID, environmentId: ID }],
  insertPendingCleanupLease: [{ companyId: ID, environmentId: ID, failureReason: "f" }],
  ensureManagedSandboxEnvironment: [{ name: "n", provider: "p" }],
  archiveManagedSandboxEnvironment: [{ provider: "p" }],
  ensureKubernetesEnvironment: [{}],
};

const methodsOf = (service: Service) =>
  Object.keys(service).filter((name) => name !== "stats" && name !== "close");

const expectWrong = (error: Record<string, unknown> & Error, tables: string, entry: string, cure: RegExp) => {
  expect(error).toMatchObject({ name: "Error", code: "WRONG_GENERATION" });
  expect(error.message).toContain(RELEASES[tables]);
  expect(error.message).toContain(`paperclip-environment-service/${entry} does not fit`);
  expect(error.message).toMatch(cure);
};

describe.each(CASES)("the entry %s on the tables %s", (entry, tables, cure) => {
  const { url, snapshot } = databases[tables] as TestDatabase;

  it("rejects from every method, and writes nothing", async () => {
    const before = await snapshot();
    const service = entries[entry]?.(url) as Service;
    expect(methodsOf(service).length).toBe(entry === "2026.427" ? 14 : 24);
    for (const name of methodsOf(service)) {
      const call = service[name]?.(...(ARGUMENTS[name] ?? [ID])) as Promise<unknown>;
      // Three need a drizzle database as well, and say that first or last.
      if (/Managed|ensureKubernetes/.test(name) && name.startsWith("find") === false) {
        expect((await rejection(call)).message).toMatch(/drizzle|does not fit/);
      } else {
        expectWrong(await rejection(call), tables, entry, cure);
      }
    }
    expect(await snapshot()).toEqual(before);
    await service["close"]?.();
  });

  it("rejects through a drizzle database without a schema, also what it would do there", async () => {
    const before = await snapshot();
    const client = postgres(url);
    const db = drizzle(client);
    const service = entries[entry]?.(db) as Service;
    for (const name of methodsOf(service)) {
      expectWrong(
        await rejection(service[name]?.(...(ARGUMENTS[name] ?? [ID])) as Promise<unknown>),
        tables,
        entry,
        cure,
      );
    }
    if (entry === "2026.916") {
      await db
        .transaction(async (tx) => {
          const call = service["create"]?.({ name: "n", driver: "ssh" }, undefined, {
            db: tx,
          }) as Promise<unknown>;
          expectWrong(await rejection(call), tables, entry, cure);
          throw new Error("undone");
        })
        .catch((error: Error) => expect(error.message).toBe("undone"));
    }
    expect(await snapshot()).toEqual(before);
    await Promise.all([service["close"]?.(), client.end()]);
  });
});

describe("by the schema of a drizzle database, when the service is made", () => {
  it.each([
    ["2026.916", "2026.427", "T1", /2026\.427 to 2026\.609 \(T1\) or 2026\.618 \(T2\).*2026\.427 instead$/],
    ["2026.427", "2026.916", "T4", /\(T4\).*2026\.916 instead$/],
  ] as const)("the entry %s on that of %s connects to nobody", async (entry, of, _, message) => {
    const { drizzle: make, schema } = await loadSchema(of);
    const db = make(postgres("postgres://localhost:1/none"), { schema });
    const service = entries[entry]?.(db) as Service;
    const error = await rejection(service["getById"]?.(ID) as Promise<unknown>);
    expect(error).toMatchObject({ code: "WRONG_GENERATION" });
    expect(error.message).toMatch(message);
  });
});

it("it costs one query a pool", async () => {
  const { url, sql } = databases["T4"] as TestDatabase;
  // Counts who looks for a table by its name.
  await sql.unsafe(`
    create sequence looks;
    create function public.to_regclass(name text) returns regclass language plpgsql as $$
    begin
      perform nextval('looks');
      return pg_catalog.to_regclass(name);
    end $$`);
  const looks = async () => Number((await sql.unsafe("select nextval('looks') as looks"))[0]?.["looks"]);
  const service = entries["2026.916"]?.(`${url}?search_path=public,pg_catalog`) as Service;
  const ids = Array.from({ length: 40 }, (_, n) => ID.slice(0, -2) + String(n + 10));
  await service["getById"]?.(ID);
  const once = await looks();
  expect(once).toBeGreaterThan(1);
  await Promise.all(
    ids.flatMap((id) => [service["getById"]?.(id), service["getLeaseById"]?.(id), service["list"]?.({})]),
  );
  for (const id of ids) await service["update"]?.(id, { name: id });
  // One more for each time that it is asked here.
  expect(await looks()).toBe(once + 1);
  await service["close"]?.();
});
