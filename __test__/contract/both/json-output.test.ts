import { describe, expect, it } from "vitest";

import { startSuite } from "../../support/suite.js";

const { service, seed } = await startSuite();

/** The three JSON columns read back from the jsonb text, by the reads of one row and of many. */
async function read(json: string) {
  const company = await seed.company();
  const environment = await seed.environment(company, { config: json, metadata: json });
  const lease = await seed.lease(company, environment, { metadata: json });
  const one = await service.getById(environment);
  const [listed] = await service.list(company);
  const oneLease = await service.getLeaseById(lease);
  const [listedLease] = await service.listLeases(environment);
  return {
    config: [one?.config, listed?.config],
    metadata: [one?.metadata, listed?.metadata, oneLease?.metadata, listedLease?.metadata],
  };
}

describe("JSON that is not an object", () => {
  it.each(["[]", '[{"a": 1}]', "5", "0", "true", "false", "null", '"text"', '""', '"{"', '"undefined"'])(
    "%s reads as {} in config and as null in metadata",
    async (json) => {
      const { config, metadata } = await read(json);
      expect(config).toEqual([{}, {}]);
      expect(metadata).toEqual([null, null, null, null]);
    },
  );

  it.each([
    ['"{\\"a\\": {\\"b\\": [1]}}"', { a: { b: [1] } }],
    ['"{}"', {}],
    ['" {\\"a\\": 1} "', { a: 1 }],
    ['"{\\"b\\": 1, \\"a\\": 2}"', { b: 1, a: 2 }],
    ['"{\\"a\\": 1, \\"a\\": 2}"', { a: 2 }],
  ])("but the text %s, which is itself the JSON of an object, reads as that object", async (json, value) => {
    const { config, metadata } = await read(json);
    for (const result of [...config, ...metadata]) {
      expect(result).toEqual(value);
      expect(Object.keys(result ?? {})).toEqual(Object.keys(value));
    }
  });

  it.each(['"[1]"', '"null"', '"5"', '"true"', '"\\"text\\""', '"\\"{}\\""', '"{a: 1}"', '"{} {}"'])(
    "and the text %s, which is not that, reads as no object does: it is decoded once more, not twice",
    async (json) => {
      const { config, metadata } = await read(json);
      expect(config).toEqual([{}, {}]);
      expect(metadata).toEqual([null, null, null, null]);
    },
  );

  it("leaves a text inside an object alone", async () => {
    const { config } = await read('{"a": "{\\"b\\": 1}"}');
    expect(config[0]).toEqual({ a: '{"b": 1}' });
  });
});

describe("a JSON object is what JSON.parse gives for the jsonb text", () => {
  it("keeps the key order of Postgres, and puts integer keys first as every object does", async () => {
    const { config, metadata } = await read('{"zebra": 1, "a": 2, "bb": 3, "": 4, "10": 5, "9": 6, "B": 7}');
    const keys = ["9", "10", "", "B", "a", "bb", "zebra"];
    for (const result of [...config, ...metadata]) expect(Object.keys(result ?? {})).toEqual(keys);
  });

  it.each([
    ["1.10", 1.1],
    ["12345678901234567890", 12345678901234567000],
    ["9007199254740993", 9007199254740992],
    ["1e400", Infinity],
    ["-1e400", -Infinity],
    ["1e-400", 0],
    ["-0.0", 0],
    ["0.1", 0.1],
    ["1e21", 1e21],
    ["123456789.123456789123456789", 123456789.12345679],
    ["5e-324", 5e-324],
  ])("reads the number %s as the double %d", async (text, number) => {
    const { config } = await read(`{"n": ${text}}`);
    expect(config[0]?.["n"]).toBe(number);
  });

  it("keeps __proto__ and its like as ordinary own keys", async () => {
    const { config, metadata } = await read(
      '{"__proto__": {"x": 1}, "constructor": 2, "in": {"__proto__": {"y": 1}}}',
    );
    for (const result of [...config, ...metadata]) {
      expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
      expect(Object.getOwnPropertyDescriptor(result, "__proto__")?.value).toEqual({ x: 1 });
      expect(result).toHaveProperty("constructor", 2);
      expect((result as Record<string, unknown>)["x"]).toBeUndefined();
      const inner = (result as Record<string, object>)["in"];
      expect(Object.keys(inner ?? {})).toEqual(["__proto__"]);
    }
  });

  it("reads every escape and every plane of Unicode", async () => {
    const value = { '"\\\n\u0001\u2028': "é e\u0301 漢字 עברית 🏳️‍🌈 \u{10ffff} \ufeff \uffff \u007f" };
    const { config, metadata } = await read(JSON.stringify(value));
    for (const result of [...config, ...metadata]) expect(result).toEqual(value);
  });

  it("reads 1 MB", async () => {
    const value = { text: "é".repeat(512 * 1024), list: Array.from({ length: 1000 }, (_, n) => ({ n })) };
    const { config } = await read(JSON.stringify(value));
    expect(config[0]).toEqual(value);
  });

  it("reads nested members as plain objects and arrays", async () => {
    const { config } = await read('{"a": [{"b": {}}], "c": [], "d": null, "e": "2026-01-01T00:00:00.000Z"}');
    const result = config[0] as { a: [{ b: object }]; c: unknown[]; d: unknown; e: unknown };
    expect(Object.getPrototypeOf(result.a)).toBe(Array.prototype);
    expect(Object.getPrototypeOf(result.a[0].b)).toBe(Object.prototype);
    expect(result.c).toEqual([]);
    expect(result.d).toBeNull();
    expect(result.e).toBe("2026-01-01T00:00:00.000Z");
  });
});
