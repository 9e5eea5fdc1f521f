// Writes in a caller's own transaction use the caller's database only, and nothing of the addon's connections.

import { createRequire } from "node:module";

import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { afterAll, describe, expect, it } from "vitest";

import { openDatabase } from "../../support/database.js";
import { rejection } from "../../support/errors.js";
import type * as entry from "../../../2026.916.js";

const { environmentService } = createRequire(import.meta.url)("../../../2026.916.js") as typeof entry;

const database = await openDatabase();
const { seed, sql, url } = database;
const client = postgres(url);
const db = drizzle(client);
const service = environmentService(db, { maxConnections: 1, connectTimeout: 4_000 });
const companyId = await seed.company();
afterAll(async () => {
  await service.close();
  await client.end();
  await database.close();
});

const names = async () => (await service.list()).map(({ name }) => name);

describe("a call in a transaction", () => {
  it("needs no connection of the addon's, all of which may wait for the transaction", async () => {
    const id = await seed.environment(companyId);
    await db.transaction(async (tx) => {
      await service.update(id, { name: "renamed" }, { db: tx });
      const waiting = service.update(id, { description: "waits" });
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await service.update(id, { name: "again" }, { db: tx })).toMatchObject({ name: "again" });
      void waiting.catch(() => {});
    });
    expect(await names()).toContain("again");
  });

  it("sends what was given when it was made", async () => {
    const input = { name: "first", driver: "ssh" as const, config: { n: 1 } };
    await db.transaction(async (tx) => {
      const first = service.create(input, undefined, { db: tx });
      input.name = "second";
      input.config.n = 2;
      const second = service.create(input, undefined, { db: tx });
      expect(await first).toMatchObject({ name: "first", config: { n: 1 } });
      expect(await second).toMatchObject({ name: "second", config: { n: 2 } });
    });
  });

  it("that is given up before it is sent is not sent", async () => {
    const id = await seed.environment(companyId);
    const controller = new AbortController();
    let holding: Promise<unknown> = Promise.resolve();
    await sql.begin(async (holder) => {
      await holder.unsafe("select from environments where id = $1 for update", [id]);
      // The one connection of the addon waits, and so does the look at the tables.
      const other = environmentService(drizzle(client), { maxConnections: 1, applicationName: "other" });
      holding = other.update(id, { name: "held" });
      await new Promise((resolve) => setTimeout(resolve, 200));
      const call = db.transaction((tx) =>
        other.create({ name: "ghost", driver: "ssh" }, undefined, { db: tx, signal: controller.signal }),
      );
      controller.abort();
      expect(await rejection(call)).toMatchObject({ code: "ABORT_ERR" });
    });
    await holding;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await names()).not.toContain("ghost");
  });

  it("reads rows whose names the driver has changed", async () => {
    const camel = postgres(url, { transform: postgres.camel });
    const camelDb = drizzle(camel);
    const created = await camelDb.transaction((tx) =>
      service.create({ name: "camel", driver: "ssh", envVars: { A: "1" } }, undefined, { db: tx }),
    );
    expect(created).toEqual(await service.getById(created.id));
    const managing = environmentService(camelDb);
    const wanted = { name: "Managed", provider: "p" };
    await managing.ensureManagedSandboxEnvironment(wanted);
    expect(await managing.ensureManagedSandboxEnvironment(wanted)).toMatchObject({ action: "unchanged" });
    await managing.close();
    await camel.end();
  });
});

describe("a hostile source or option", () => {
  const hostile = (key: string) =>
    Object.defineProperty({}, key, {
      enumerable: true,
      get() {
        throw new Error("the secret");
      },
    });

  it.each<[string, () => unknown]>([
    ["options.server", () => environmentService(url, hostile("server") as object)],
    ["options.server.conflict", () => environmentService(url, { server: hostile("conflict") as object })],
    ["the schema", () => environmentService(Object.assign(hostile("_"), { $client: 1 }) as never)],
  ])("%s keeps its words to itself", async (_, make) => {
    const made = make() as entry.EnvironmentService;
    const error = await rejection(made.getById("00000000-0000-4000-8000-000000000000"));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).not.toContain("the secret");
  });
});
