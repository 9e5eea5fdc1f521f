// Tests the history tests: they find each fault of a service.

import { createRequire } from "node:module";

import fc from "fast-check";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";

import { openDatabase } from "../support/database.js";
import { history } from "./arbitrary/history.js";
import { oneLocalEnvironment, readsAndWrites, releasedOnce } from "./concurrent/checks.js";
import { gather, type Crew } from "./concurrent/crew.js";
import {
  faultsOfOneCaller,
  lostUpdate,
  releasedTwice,
  secondLocalEnvironment,
  staleRead,
  type Fault,
} from "./faults.js";
import { Player } from "./player.js";
import { addonWorld, originalWorld } from "./world.js";

const { environmentService } = createRequire(import.meta.url)(
  "../../index.js",
) as typeof import("../../index.js");

const [ours, theirs] = await Promise.all([addonWorld(), originalWorld()]);
const database = await openDatabase();
const service = environmentService(database.db);
afterAll(async () => {
  await service.close();
  await Promise.all([ours, theirs, database].map((one) => one.close()));
});

afterEach(() => {
  vi.useRealTimers();
});

const TIMEOUT = { timeout: 60_000 };
/** Any would do; this one is fixed so that a rare fault is not missed once in a hundred times. */
const SEED = 1;

describe("a history shows", () => {
  it.each(faultsOfOneCaller)("%s", TIMEOUT, async (_, fault, message) => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const player = new Player({ ...ours, service: fault(ours.service, ours.sql) }, theirs);
    const property = fc.asyncProperty(history(60), (one) => player.play(one));
    const { failed, errorInstance } = await fc.check(property, {
      seed: SEED,
      numRuns: 200,
      endOnFailure: true,
    });
    expect(failed).toBe(true);
    expect((errorInstance as Error).message).toMatch(message);
  });
});

const crewWith = (fault: Fault): Promise<Crew> =>
  gather(
    [1, 2].map(() => fault(service, database.sql)),
    database.url,
    0,
  );

describe("callers at once show", () => {
  it("a second local environment, if the table does not forbid it", async () => {
    await database.sql.unsafe("drop index environments_company_driver_idx");
    const crew = await crewWith(secondLocalEnvironment);
    expect(await oneLocalEnvironment(database, crew, { callers: 8, rounds: 1 })).toMatch(
      /local environments/,
    );
  });

  it("a lease that is released twice", async () => {
    const crew = await crewWith(releasedTwice);
    expect(await releasedOnce(database, crew, { callers: 8, rounds: 5 })).toMatch(
      /^a lease (was released|is) /,
    );
  });

  it("a read that is out of date", async () => {
    const crew = await crewWith(staleRead);
    expect(await readsAndWrites(database, crew, { callers: 4, rounds: 60 })).toMatch(/read on both sides/);
  });

  it("an update that is lost", async () => {
    const crew = await crewWith(lostUpdate);
    expect(await readsAndWrites(database, crew, { callers: 8, rounds: 40 })).toMatch(/read on both sides/);
  });

  it("no fault of a service that has none", async () => {
    const crew = await crewWith((sound) => sound);
    expect(await readsAndWrites(database, crew, { callers: 8, rounds: 40 })).toBeNull();
    expect(await releasedOnce(database, crew, { callers: 8, rounds: 5 })).toBeNull();
  });
});
