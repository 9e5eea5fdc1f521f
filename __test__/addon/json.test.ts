import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import { invalid, startSuite, unknownId } from "../support/suite.js";
import { json, rawJson } from "../histories/arbitrary/json.js";
import { environmentService } from "./support/addon.js";

const { url, sql, seed } = await startSuite();
const service = environmentService(url);

/** A company with an environment for each document in jsonb's own text form. */
async function companyWith(configs: string[], columns: Record<string, string | null> = {}) {
  const companyId = await seed.company();
  for (const config of configs) await seed.environment(companyId, { config, metadata: config, ...columns });
  return companyId;
}

async function expectSameText(companyId: string) {
  const list = await service.list(companyId);
  expect((await service.listJson(companyId)).toString()).toBe(JSON.stringify(list));
  return list;
}

describe("listJson is JSON.stringify of the list, byte for byte", () => {
  it("no rows", async () => {
    expect((await service.listJson(unknownId())).toString()).toBe("[]");
  });

  it("documents as they come", async () => {
    const companyId = await companyWith([
      "{}",
      '{"a": [1, 2.5, -3, true, false, null, "x: y, z"], "b": {"c": {}}}',
      '{"quote \\" and \\\\": "tab \\t, line \\n, bell \\u0007, é, 😀, \u2028, \u007f"}',
    ]);
    expect(await expectSameText(companyId)).toHaveLength(3);
  });

  it.each([
    [
      "numbers that JavaScript writes otherwise",
      '{"a": 1.0, "b": 1e400, "c": 12345678901234567890, "d": 1e-9}',
    ],
    ["keys that JavaScript puts first", '{"b": 1, "10": 2, "9": {"2": 1, "a": 1, "1": 0}}'],
    ["keys that are like numbers", '{"-1": 1, "01": 2, "1a": 3, "4294967295": 4, "4294967294": 5}'],
    ["a key that is a setter", '{"__proto__": {"a": 1}, "constructor": null}'],
    ["a string that holds an object", '"{\\"b\\":1.50, \\"b\\": 2, \\"a\\": \\"\\\\u00e9\\"}"'],
    ["what is no object", "[1, 2]"],
  ])("%s", async (_what, config) => {
    await expectSameText(await companyWith([config]));
  });

  it.each([
    "infinity",
    "-infinity",
    "0044-03-15 BC",
    "0050-01-01",
    "0099-12-31 23:59:59.9999",
    "0100-01-01",
    "9999-12-31 23:59:59.9999",
    "10000-01-01",
    "275760-09-13",
    "290000-01-01",
    "1969-12-31 23:59:59.9999",
  ])("the date %s", async (date) => {
    await expectSameText(
      await companyWith(["{}"], { created_at: `${date}+00`.replace("infinity+00", "infinity") }),
    );
  });

  it("texts of every kind", async () => {
    const texts = [
      '"',
      "\\",
      "\u0001\u001f\b\f\n\r\t",
      "/",
      "é",
      "\u2028\u2029",
      "\u007f",
      "😀",
      "<script>",
      "",
    ];
    const companyId = await seed.company();
    for (const name of texts) await seed.environment(companyId, { name, description: name });
    await expectSameText(companyId);
  });

  it("documents as no JavaScript would write them", async () => {
    const documents = new Set(fc.sample(rawJson, 300)) as Set<string>;
    await expectSameText(await companyWith([...documents]));
  });

  it("random documents", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(json, { maxLength: 8 }), async (documents) => {
        const companyId = await seed.company();
        for (const document of documents) {
          await service
            .create(companyId, { name: "n", driver: "ssh", config: document as Record<string, unknown> })
            // What the database refuses is not listed.
            .catch(() => undefined);
        }
        await expectSameText(companyId);
      }),
      { numRuns: 60 },
    );
  });

  it("filters", async () => {
    const companyId = await seed.company();
    await seed.environment(companyId, { driver: "ssh", status: "archived" });
    await seed.environment(companyId, { driver: "sandbox" });
    for (const filters of [
      { status: "archived" },
      { driver: "sandbox" },
      { status: "active", driver: "ssh" },
    ]) {
      expect((await service.listJson(companyId, filters)).toString()).toBe(
        JSON.stringify(await service.list(companyId, filters)),
      );
    }
  });

  it.each([[["archived"]], [["active", "archived"]], [[]], [{}], [5], [true], [() => "archived"]])(
    "nothing for the filter %j, which is no text",
    async (value) => {
      const companyId = await seed.company();
      await seed.environment(companyId, { driver: "ssh", status: "archived" });
      for (const filters of [{ status: value }, { driver: value }]) {
        expect((await service.listJson(companyId, invalid(filters))).toString()).toBe("[]");
        expect(await service.list(companyId, invalid(filters))).toEqual([]);
        expect(await rejection(service.listJson("x", invalid(filters)))).toMatchObject({ code: "22P02" });
      }
    },
  );
});

it("listLeasesJson is JSON.stringify of the leases", async () => {
  const companyId = await seed.company();
  const environmentId = await seed.environment(companyId);
  await seed.lease(companyId, environmentId, {
    metadata: '{"a": 1.50}',
    expires_at: "2030-01-01 00:00:00.5+00",
  });
  await seed.lease(companyId, environmentId, { status: "released", released_at: "2026-01-01 00:00+00" });
  for (const filters of [{}, { status: "released" }, { status: "nonsense" }]) {
    expect((await service.listLeasesJson(environmentId, filters)).toString()).toBe(
      JSON.stringify(await service.listLeases(environmentId, filters)),
    );
  }
  for (const status of [["active"], ["active", "released"], {}, 5, true]) {
    expect((await service.listLeasesJson(environmentId, invalid({ status }))).toString()).toBe("[]");
    expect(await service.listLeases(environmentId, invalid({ status }))).toEqual([]);
  }
});

describe("errors are those of the list", () => {
  it("a word outside its set", async () => {
    const companyId = await companyWith(["{}"], { status: "nonsense" });
    expect(await rejection(service.listJson(companyId))).toEqual(await rejection(service.list(companyId)));
  });

  it("an id that is none, and arguments of the wrong type", async () => {
    expect(await rejection(service.listJson("x"))).toMatchObject({ code: "22P02" });
    expect(await rejection(service.listJson(1 as never))).toBeInstanceOf(TypeError);
    expect(await rejection(service.listLeasesJson(unknownId(), 5 as never))).toBeInstanceOf(TypeError);
    expect(await rejection(service.listLeasesJson("x", invalid({ status: ["a"] })))).toMatchObject({
      code: "22P02",
    });
  });
});

it("those who ask at the same time get Buffers of their own", async () => {
  const companyId = await companyWith(["{}"]);
  const expected = JSON.stringify(await service.list(companyId));
  const buffers = await Promise.all(Array.from({ length: 20 }, () => service.listJson(companyId)));
  for (const buffer of buffers) {
    expect(buffer.toString()).toBe(expected);
    buffer.fill(0);
  }
  expect(await sql`select 1 from environments where company_id = ${companyId}`).toHaveLength(1);
});
