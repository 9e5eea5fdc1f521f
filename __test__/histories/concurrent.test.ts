// Concurrent histories: many callers at once on the addon, in this process and in others, on the same rows.

import { createRequire } from "node:module";

import { afterAll, describe, expect, it } from "vitest";

import { openDatabase } from "../support/database.js";
import { oneLocalEnvironment, readsAndWrites, releasedOnce, removedOnce } from "./concurrent/checks.js";
import { gather } from "./concurrent/crew.js";

const { environmentService } = createRequire(import.meta.url)(
  "../../index.js",
) as typeof import("../../index.js");

const database = await openDatabase();
// Two services on two sources, hence with connections of their own; and two processes with theirs.
const services = [environmentService(database.db), environmentService(database.url)];
const crew = await gather(services, database.url, 2);

afterAll(async () => {
  await crew.end();
  await Promise.all(services.map((service) => service.close()));
  await database.close();
});

const TIMEOUT = { timeout: 60_000 };

describe("callers in three processes", () => {
  it.each([
    ["a few", { callers: 4, rounds: 60 }],
    ["many", { callers: 48, rounds: 20 }],
  ])(
    "%s read and write the same rows: some order explains what each of them saw",
    TIMEOUT,
    async (_, size) => {
      for (let time = 0; time < 3; time++) expect(await readsAndWrites(database, crew, size)).toBeNull();
    },
  );

  it("are given one local environment of a company, and there is only one", TIMEOUT, async () => {
    for (let time = 0; time < 5; time++) {
      expect(await oneLocalEnvironment(database, crew, { callers: 32, rounds: 1 })).toBeNull();
    }
  });

  it("release each lease of a run once, while others acquire more", TIMEOUT, async () => {
    for (let time = 0; time < 3; time++) {
      expect(await releasedOnce(database, crew, { callers: 24, rounds: 10 })).toBeNull();
    }
  });

  it("left the server without a deadlock", async () => {
    const [row] = await database.sql.unsafe(
      "select deadlocks::text as deadlocks from pg_stat_database where datname = current_database()",
    );
    expect(row).toEqual({ deadlocks: "0" });
  });

  it("remove each environment once, while others use it", TIMEOUT, async () => {
    for (let time = 0; time < 5; time++) {
      expect(await removedOnce(database, crew, { callers: 8, rounds: 15 })).toBeNull();
    }
  });
});
