import { describe, expect, it } from "vitest";

import { expectDatabaseError } from "../support/errors.js";
import type { Environment } from "../support/provider.js";
import { invalid, startSuite, unknownId } from "../support/suite.js";

const { service, seed, snapshot } = await startSuite();

const ids = (environments: Environment[]) => environments.map(({ id }) => id);

/** An environment for each driver and status, except local ones, of which there is only one. */
async function variedCompany() {
  const company = await seed.company();
  const add = (driver: string, status: string) => seed.environment(company, { driver, status });
  return {
    company,
    local: await add("local", "active"),
    ssh: await add("ssh", "active"),
    oldSsh: await add("ssh", "archived"),
    oldSandbox: await add("sandbox", "archived"),
    plugin: await add("plugin", "active"),
  };
}

describe("list", () => {
  it("gives an empty array for a company without environments and for an unknown company", async () => {
    expect(await service.list(await seed.company())).toEqual([]);
    expect(await service.list(unknownId())).toEqual([]);
  });

  it("gives every environment of the company, archived ones too, and no other company's", async () => {
    const { company, ...all } = await variedCompany();
    await variedCompany();
    expect(ids(await service.list(company)).sort()).toEqual(Object.values(all).sort());
  });

  it("puts the most recently updated first, and the most recently created first among equals", async () => {
    const company = await seed.company();
    const add = (updated_at: string, created_at: string) =>
      seed.environment(company, { updated_at, created_at });
    const oldest = await add("2026-01-01", "2026-03-01");
    const tiedEarlier = await add("2026-02-01", "2026-01-01");
    const newest = await add("2026-03-01", "2026-01-01");
    const tiedLater = await add("2026-02-01", "2026-01-02");
    expect(ids(await service.list(company))).toEqual([newest, tiedLater, tiedEarlier, oldest]);
  });

  it("orders by the microsecond that a Date does not show", async () => {
    const company = await seed.company();
    const first = await seed.environment(company, { updated_at: "2026-01-01 00:00:00.000001+00" });
    const third = await seed.environment(company, { updated_at: "2026-01-01 00:00:00.000003+00" });
    const second = await seed.environment(company, { updated_at: "2026-01-01 00:00:00.000002+00" });
    expect(ids(await service.list(company))).toEqual([third, second, first]);
  });

  it("puts infinity before and -infinity after every other time", async () => {
    const company = await seed.company();
    const never = await seed.environment(company, { updated_at: "-infinity" });
    const now = await seed.environment(company, { updated_at: "2026-01-01" });
    const always = await seed.environment(company, { updated_at: "infinity" });
    expect(ids(await service.list(company))).toEqual([always, now, never]);
  });

  it("filters by status, by driver, and by both", async () => {
    const { company, local, ssh, oldSsh, oldSandbox, plugin } = await variedCompany();
    const listed = async (filters: { status?: string; driver?: string }) =>
      ids(await service.list(company, filters)).sort();
    expect(await listed({ status: "active" })).toEqual([local, ssh, plugin].sort());
    expect(await listed({ status: "archived" })).toEqual([oldSsh, oldSandbox].sort());
    expect(await listed({ driver: "ssh" })).toEqual([ssh, oldSsh].sort());
    expect(await listed({ driver: "ssh", status: "archived" })).toEqual([oldSsh]);
    expect(await listed({ driver: "plugin", status: "archived" })).toEqual([]);
  });

  it("keeps its order when it filters", async () => {
    const company = await seed.company();
    const first = await seed.environment(company, { updated_at: "2026-01-01" });
    const second = await seed.environment(company, { updated_at: "2026-01-02" });
    expect(ids(await service.list(company, { driver: "ssh", status: "active" }))).toEqual([second, first]);
  });

  it.each(["", null, undefined, 0, false])("does not filter by the falsy value %j", async (nothing) => {
    const { company, ...all } = await variedCompany();
    const filters = invalid<{ status?: string }>({ status: nothing, driver: nothing });
    expect(await service.list(company, filters)).toHaveLength(Object.keys(all).length);
  });

  it.each(["gone", "ACTIVE", " active", "active ", "a%", "'; drop table environments; --", "\ud800"])(
    "matches nothing for the filter %j, which is outside the set",
    async (value) => {
      const { company } = await variedCompany();
      expect(await service.list(company, { status: value })).toEqual([]);
      expect(await service.list(company, { driver: value })).toEqual([]);
    },
  );

  // An array is what Express makes of a query that names the status twice.
  it.each([
    ["an array", ["active", "archived"]],
    ["an array of arrays", [["ssh", "local"], []]],
    ["an empty array", []],
    ["an object", { status: "active" }],
    ["an empty object", {}],
    ["a number", 5],
    ["a function", () => "active"],
  ])("matches nothing for a filter that is no text: %s", async (_, value) => {
    const { company } = await variedCompany();
    for (const filters of [
      { status: value },
      { driver: value },
      { status: value, driver: "ssh" },
      { status: "active", driver: value },
    ]) {
      expect(await service.list(company, invalid(filters))).toEqual([]);
    }
  });

  it("looks at the company's id all the same", async () => {
    for (const status of [["active", "archived"], {}, 5]) {
      await expectDatabaseError(service.list("nope", invalid({ status })), "22P02", {
        message: 'invalid input syntax for type uuid: "nope"',
      });
    }
  });

  it("takes undefined and an empty object for no filter", async () => {
    const { company, ...all } = await variedCompany();
    expect(await service.list(company, undefined)).toHaveLength(Object.keys(all).length);
    expect(await service.list(company, {})).toHaveLength(Object.keys(all).length);
  });

  it("ignores filters it does not know", async () => {
    const { company, ...all } = await variedCompany();
    const filters = invalid<{ status?: string }>({ name: "x", companyId: unknownId() });
    expect(await service.list(company, filters)).toHaveLength(Object.keys(all).length);
  });

  it("gives more rows than any buffer holds at once", async () => {
    const company = await seed.company();
    const count = 500;
    await Promise.all(
      Array.from({ length: count }, (_, n) =>
        seed.environment(company, { name: `e${n}`, config: JSON.stringify({ text: "x".repeat(2000) }) }),
      ),
    );
    const names = (await service.list(company)).map(({ name }) => name);
    expect(new Set(names).size).toBe(count);
  });

  it("writes nothing", async () => {
    const { company } = await variedCompany();
    const before = await snapshot();
    await service.list(company);
    expect(await snapshot()).toEqual(before);
  });
});
