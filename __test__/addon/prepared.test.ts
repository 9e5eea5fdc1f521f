import { afterEach, describe, expect, it } from "vitest";

import { openDatabase, type TestDatabase } from "../support/database.js";
import { rejection } from "../support/errors.js";
import { startSuite, unknownId } from "../support/suite.js";
import {
  environmentService,
  type EnvironmentService,
  type EnvironmentServiceOptions,
} from "./support/addon.js";
import { startSwapping } from "./support/swapping.js";

// A prepared statement may be outdated or replaced at its next use, and a session may have become read-only. If the
// server reports parameters of failed statements, these errors have a context, like those that a trigger raises.

const { url, sql, seed } = await startSuite();

const WAYS = [
  ["errors say nothing of parameters", {}],
  ["errors say with which parameters", { log_parameter_max_length_on_error: "-1" }],
] as const;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function withParameters(at: string, parameters: Record<string, string>): string {
  const changed = new URL(at);
  for (const [name, value] of Object.entries(parameters)) changed.searchParams.set(name, value);
  return changed.href;
}

let names = 0;
function open(at: string, options: EnvironmentServiceOptions = {}): EnvironmentService {
  const service = environmentService(at, { applicationName: `prepared ${(names += 1)}`, ...options });
  cleanups.push(() => service.close());
  return service;
}

async function ownDatabase(): Promise<TestDatabase> {
  const database = await openDatabase();
  cleanups.push(() => database.close());
  return database;
}

async function seeded() {
  const companyId = await seed.company();
  const environmentId = await seed.environment(companyId);
  return { companyId, environmentId };
}

it("the server says with which parameters a statement has failed, where it is told to", async () => {
  for (const [parameters, expected] of [
    [{}, undefined],
    [WAYS[1][1], expect.stringContaining("parameters")],
  ] as const) {
    const service = open(withParameters(url, parameters));
    const error = await rejection(service.create(unknownId(), { name: "n", driver: "ssh" }));
    expect(error["code"]).toBe("23503");
    expect(error["where"]).toEqual(expected);
  }
});

describe.each(WAYS)("%s", (_, parameters) => {
  describe("a table is altered, so that what was prepared would give other types", () => {
    type Call = (service: EnvironmentService, companyId: string, id: string) => Promise<unknown>;
    const CALLS: Record<string, Call> = {
      getById: (service, _, id) => service.getById(id),
      list: (service, companyId) => service.list(companyId),
      listJson: (service, companyId) => service.listJson(companyId),
      ensureLocalEnvironment: (service, companyId) => service.ensureLocalEnvironment(companyId),
      create: (service, companyId) => service.create(companyId, { name: "made", driver: "ssh" }),
      update: (service, _, id) => service.update(id, { description: "changed" }),
      acquireLease: (service, companyId, environmentId) => service.acquireLease({ companyId, environmentId }),
      remove: (service, _, id) => service.remove(id),
    };

    it("all calls go on, each time", async () => {
      const database = await ownDatabase();
      const service = open(withParameters(database.url, parameters), { maxConnections: 1 });
      for (const type of ["text", "varchar(200)", "text", "varchar(300)"]) {
        await database.sql.unsafe(`alter table environments alter column name type ${type}`);
        await database.sql.unsafe(`alter table environment_leases alter column provider type ${type}`);
        const companyId = await database.seed.company();
        const id = await database.seed.environment(companyId);
        for (const [method, call] of Object.entries(CALLS)) {
          expect(await call(service, companyId, id), `${method}, ${type}`).toBeTruthy();
        }
        expect((await service.list(companyId)).map(({ name }) => name).sort()).toEqual(["Local", "made"]);
      }
      expect(service.stats().calls).toMatchObject({ rejected: 0, unknown: 0 });
    });

    it("calls that are made together, on several connections", async () => {
      const database = await ownDatabase();
      const service = open(withParameters(database.url, parameters));
      const companyId = await database.seed.company();
      const ids = await Promise.all(Array.from({ length: 20 }, () => database.seed.environment(companyId)));
      const everything = () =>
        Promise.all(
          ids.flatMap((id) => [
            service.getById(id),
            service.update(id, { description: "changed" }),
            service.acquireLease({ companyId, environmentId: id }),
            service.list(companyId),
          ]),
        );
      for (const type of ["text", "varchar(200)", "text"]) {
        await database.sql.unsafe(`alter table environments alter column name type ${type}`);
        for (const answer of await everything()) expect(answer).toBeTruthy();
      }
      const leases = await database.sql<{ count: number }[]>`select count(*)::int from environment_leases`;
      expect(leases).toMatchObject([{ count: 3 * ids.length }]);
    });
  });

  describe("a session that no longer writes, where a server is asked for that does", () => {
    /** A service whose only session is read-only from now on, while those of its database may be as well. */
    async function becomesReadOnly(options: EnvironmentServiceOptions) {
      const database = await ownDatabase();
      await database.sql.unsafe(`
        create function no_writes_from_now_on() returns trigger language plpgsql as $$
        begin
          perform set_config('default_transaction_read_only', 'on', false);
          return new;
        end $$;
        create trigger no_writes_from_now_on before update on environments
          for each row when (new.description = 'no writes from now on') execute function no_writes_from_now_on();
      `);
      const at = withParameters(database.url, { ...parameters, target_session_attrs: "read-write" });
      const service = open(at, { maxConnections: 1, ...options });
      const id = await database.seed.environment(await database.seed.company());
      expect(await service.update(id, { description: "no writes from now on" })).toMatchObject({ id });
      const name = new URL(database.url).pathname.slice(1);
      const setReadOnly = (value: "on" | "off") =>
        database.sql.unsafe(`alter database "${name}" set default_transaction_read_only = ${value}`);
      return { database, service, id, setReadOnly };
    }

    it.each<[string, (service: EnvironmentService, id: string) => Promise<unknown>]>([
      ["update", (service, id) => service.update(id, { name: "changed" })],
      ["remove", (service, id) => service.remove(id)],
    ])("is left for another: %s", async (_, call) => {
      const { service, id } = await becomesReadOnly({ connectTimeout: 10_000 });
      expect(await call(service, id)).toMatchObject({ id });
      expect(service.stats().connections).toMatchObject({ opened: 2, failed: 0 });
    });

    it("and is told where there is no other, until there is one", async () => {
      const { service, id, setReadOnly } = await becomesReadOnly({ connectTimeout: 400 });
      await setReadOnly("on");
      expect(await rejection(service.remove(id))).toMatchObject({ code: "TARGET_SESSION_ATTRS" });
      await setReadOnly("off");
      expect(await service.remove(id)).toMatchObject({ id });
      expect(service.stats().calls.unknown).toBe(0);
    });
  });

  describe("a prepared statement is another one when it is met again, as behind a pooler", () => {
    /** What is prepared under its name, and what the server says of values that were meant for ours. */
    const OTHERS: [string, string | undefined][] = [
      ["with fewer parameters", "(int4) as select $1"],
      ["with parameters of other types", "(int4, uuid) as select $1, $2"],
      ["with more parameters", "(int4, int4, int4, int4, uuid, text) as select $1, $2, $3, $4, $5, $6"],
      ["with a text where an id is meant", "(uuid, text) as select $1, $2"],
      ["and is not there", undefined],
    ];

    async function behindSwapping() {
      const swapping = await startSwapping(withParameters(url, parameters));
      cleanups.push(() => swapping.close());
      return { swapping, service: open(swapping.url, { maxConnections: 1 }) };
    }

    it.each(OTHERS)("%s: a read", async (_, prepared) => {
      const { swapping, service } = await behindSwapping();
      const { environmentId } = await seeded();
      await service.getById(environmentId);
      swapping.swapNext(prepared);
      expect(await service.getById(environmentId)).toMatchObject({ id: environmentId });
      expect(swapping.swaps).toBe(1);
      expect(await service.getById(environmentId)).toMatchObject({ id: environmentId });
      expect(service.stats().calls).toMatchObject({ rejected: 0, unknown: 0 });
    });

    it.each(OTHERS)("%s: acquireLease makes one lease", async (_, prepared) => {
      const { swapping, service } = await behindSwapping();
      const { companyId, environmentId } = await seeded();
      const first = await service.acquireLease({ companyId, environmentId });
      swapping.swapNext(prepared);
      const second = await service.acquireLease({ companyId, environmentId });
      expect(swapping.swaps).toBe(1);
      const rows = await sql<{ id: string }[]>`
        select id from environment_leases where environment_id = ${environmentId}`;
      expect(rows.map(({ id }) => id).sort()).toEqual([first.id, second.id].sort());
    });

    it.each(OTHERS)(
      "%s: remove, which must not be repeated where it may have had an effect",
      async (_, prepared) => {
        const { swapping, service } = await behindSwapping();
        const [one, other] = [await seeded(), await seeded()];
        expect(await service.remove(one.environmentId)).toMatchObject({ id: one.environmentId });
        swapping.swapNext(prepared);
        expect(await service.remove(other.environmentId)).toMatchObject({ id: other.environmentId });
        expect(swapping.swaps).toBe(1);
        expect(service.stats().calls).toMatchObject({ rejected: 0, unknown: 0 });
      },
    );
  });
});
