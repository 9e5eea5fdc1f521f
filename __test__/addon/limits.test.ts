import { afterEach, describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import { startSuite, unknownId } from "../support/suite.js";
import { environmentService, type EnvironmentService } from "./support/addon.js";
import { runChild } from "./support/child.js";

const { url, sql, seed } = await startSuite();

const MB = 1 << 20;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function open(): EnvironmentService {
  const service = environmentService(url);
  cleanups.push(() => service.close());
  return service;
}

/** A company with so many environments, made by the server: the config of number n is `{ n, text, …more }`. */
async function companyWith(count: number, textLength: number, more = "{}"): Promise<string> {
  const companyId = await seed.company();
  await sql.unsafe(
    `insert into environments (company_id, name, driver, config, updated_at)
     select $1, n::text, 'ssh', jsonb_build_object('n', n, 'text', repeat('x', $3)) || $4::jsonb,
       now() - n * interval '1 ms'
     from generate_series(0, $2 - 1) n`,
    [companyId, count, textLength, more],
  );
  return companyId;
}

/** Whether these are all rows of such a company, the last changed first, which is number 0. */
function isWhole(rows: { config: Record<string, unknown> }[], count: number, textLength: number): boolean {
  const isRight = ({ config }: { config: Record<string, unknown> }, n: number) =>
    config["n"] === n && (config["text"] as string).length === textLength;
  return rows.length === count && rows.every(isRight);
}

it("a config of 50 MB goes in and comes out, in every way", { timeout: 60_000 }, async () => {
  const service = open();
  const companyId = await seed.company();
  const config = { text: "é".repeat(25 * MB), last: true };
  const created = await service.create(companyId, { name: "large", driver: "ssh", config });
  // Not by toEqual, which would print it.
  const isSame = (other: Record<string, unknown> | undefined) =>
    other?.["text"] === config.text && other["last"] === true;
  expect(isSame(created.config)).toBe(true);
  expect(isSame((await service.getById(created.id))?.config)).toBe(true);
  expect(isSame((await service.update(created.id, { config }))?.config)).toBe(true);
  const [only] = JSON.parse((await service.listJson(companyId)).toString()) as { config: typeof config }[];
  expect(isSame(only?.config)).toBe(true);
});

it("a list of 100,000 rows, in its order", { timeout: 60_000 }, async () => {
  const service = open();
  const companyId = await seed.company();
  const environmentId = await seed.environment(companyId);
  const count = 100_000;
  await sql`
    insert into environment_leases (company_id, environment_id, provider, last_used_at)
    select ${companyId}, ${environmentId}, n::text, now() - n * interval '1 ms'
    from generate_series(0, ${count - 1}::int) n`;
  const leases = await service.listLeases(environmentId);
  expect(leases).toHaveLength(count);
  expect(leases.every(({ provider }, n) => provider === `${n}`)).toBe(true);
  expect(new Set(leases.map(({ id }) => id)).size).toBe(count);
  const json = await service.listLeasesJson(environmentId);
  expect(json.equals(Buffer.from(JSON.stringify(leases)))).toBe(true);
});

describe("a list that crosses in several parts", () => {
  const [COUNT, LENGTH] = [20, 3 * MB];

  it("is one list again, for each of those who share it", { timeout: 60_000 }, async () => {
    const service = open();
    const companyId = await companyWith(COUNT, LENGTH);
    const lists = await Promise.all([1, 2, 3].map(() => service.list(companyId)));
    for (const list of lists) expect(isWhole(list, COUNT, LENGTH)).toBe(true);
    expect(new Set(lists.flat()).size).toBe(3 * COUNT);
  });

  it("is one JSON array, also where JavaScript has to write it", { timeout: 60_000 }, async () => {
    const service = open();
    for (const more of ["{}", '{"1": "a key that JavaScript puts first"}']) {
      const companyId = await companyWith(COUNT, LENGTH, more);
      const texts = await Promise.all([service.listJson(companyId), service.listJson(companyId)]);
      expect(texts[0].equals(texts[1])).toBe(true);
      expect(texts[0].buffer).not.toBe(texts[1].buffer);
      expect(isWhole(JSON.parse(texts[0].toString()), COUNT, LENGTH)).toBe(true);
    }
  });
});

it(
  "calls of a batch that is answered in several parts, some of them with errors",
  { timeout: 60_000 },
  async () => {
    const service = open();
    const companyId = await companyWith(6, 6 * MB);
    const list = await service.list(companyId);
    const odd = await seed.environment(companyId, { status: "odd" });
    const ids = list.flatMap(({ id }) => [id, "malformed", unknownId(), odd]);
    const outcomes = await Promise.allSettled(ids.map((id) => service.getById(id)));
    outcomes.forEach((outcome, n) => {
      const what =
        outcome.status === "rejected"
          ? (outcome.reason as Error).message
          : outcome.value && isWhole([outcome.value], 1, 6 * MB)
            ? 0
            : outcome.value?.config["n"];
      const expected = [
        n / 4,
        'invalid input syntax for type uuid: "malformed"',
        undefined,
        "Unexpected environment status value: odd",
      ][n % 4];
      expect(what).toBe(expected);
    });
  },
);

it("a list longer than a string can be", { timeout: 120_000 }, async () => {
  const service = open();
  const [count, length] = [33, 16 * MB];
  const companyId = await companyWith(count, length);
  expect(isWhole(await service.list(companyId), count, length)).toBe(true);
  const json = await service.listJson(companyId);
  expect(json.length).toBeGreaterThan(2 ** 29);
  expect(json.subarray(0, 7).toString()).toBe('[{"id":');
  expect(json.subarray(-2).toString()).toBe("}]");
  let rows = 0;
  for (let at = json.indexOf('{"id":'); at >= 0; at = json.indexOf('{"id":', at + 1)) rows += 1;
  expect(rows).toBe(count);
});

describe("a row that is longer than a string can be", () => {
  // Made by the server, so that it need not be sent. It is its JSON that is too long: each character is "\\u0001".
  const TOO_LARGE = sql`repeat(chr(1), 84000000)`;

  it("rejects with RESULT_TOO_LARGE, and no other call of its batch does", { timeout: 120_000 }, async () => {
    const service = open();
    const companyId = await seed.company();
    const [large, small] = [await seed.environment(companyId), await seed.environment(companyId)];
    await sql`update environments set description = ${TOO_LARGE} where id = ${large}`;
    try {
      const calls = [large, small, unknownId()].map((id) => service.getById(id));
      const [refused, answered, unknown] = await Promise.allSettled(calls);
      expect(service.stats().batches).toMatchObject({ sent: 1, largest: 3 });
      expect(refused).toMatchObject({
        reason: {
          name: "Error",
          code: "RESULT_TOO_LARGE",
          message: "The result is too large for JavaScript",
        },
      });
      expect(answered).toMatchObject({ value: { id: small } });
      expect(unknown).toMatchObject({ value: null });
      expect(await service.getById(small)).toMatchObject({ id: small });
    } finally {
      await sql`update environments set description = null where id = ${large}`;
    }
    expect(await service.getById(large)).toMatchObject({ id: large, description: null });
    expect(service.stats()).toMatchObject({ connections: { opened: 1 }, batches: { repeated: 0 } });
  });

  it("is written all the same, and is read as ready JSON", { timeout: 120_000 }, async () => {
    const service = open();
    const companyId = await seed.company();
    const id = await seed.environment(companyId);
    await sql`update environments set description = ${TOO_LARGE} where id = ${id}`;
    try {
      expect(await rejection(service.update(id, { name: "new" }))).toMatchObject({
        code: "RESULT_TOO_LARGE",
      });
      expect(await rejection(service.list(companyId))).toMatchObject({ code: "RESULT_TOO_LARGE" });
      const json = await service.listJson(companyId);
      expect(json.length).toBeGreaterThan(6 * 84_000_000);
      expect(json.subarray(0, 45).toString()).toBe(`[{"id":"${id}"`);
      expect(json.subarray(-2).toString()).toBe("}]");
    } finally {
      await sql`update environments set description = null where id = ${id}`;
    }
    expect(await service.getById(id)).toMatchObject({ name: "new", description: null });
  });
});

describe("memory has a bound:", () => {
  interface Used {
    /** The most memory that the process had at once, in MB. */
    peak: number;
    /** What the program returned. */
    found: unknown;
  }

  /** Runs a program in a process of its own, as the body of an async function that has a `service`. */
  async function run(program: string): Promise<Used> {
    const ended = await runChild(
      `const { environmentService } = require("paperclip-environment-service");
       const { readFileSync } = require("node:fs");
       // On Linux, maxRSS begins with the peak of the process that has started this one.
       const peak = () => process.platform === "linux"
         ? Number(/^VmHWM:\\s*(\\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))[1])
         : process.resourceUsage().maxRSS;
       const use = async (service) => {${program}};
       (async () => {
         const service = environmentService();
         const found = await use(service);
         await service.close();
         console.log(JSON.stringify({ peak: peak() / 1024, found }));
       })();`,
      { env: { DATABASE_URL: url }, timeout: 60_000 },
    );
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: "" });
    return JSON.parse(ended.stdout) as Used;
  }

  // Each bound is about twice what was seen on Linux (x64, Node 20), of which 55 MB were there after a call for
  // nothing: how long V8 leaves its garbage lie depends on the machine. It is not one copy more that shows here,
  // but copies without number, and what is kept though it should go.

  it("a config of 50 MB, written and read", { timeout: 60_000 }, async () => {
    const companyId = await seed.company();
    const { peak, found } = await run(`
      const text = "x".repeat(${50 * MB});
      const { id } = await service.create("${companyId}", { name: "n", driver: "ssh", config: { text } });
      const { config } = await service.getById(id);
      return config.text === text;`);
    expect(found).toBe(true);
    // Seen: 531. The text is 50 MB in JavaScript, and again in each form on its way there and back.
    expect(peak).toBeLessThan(1_100);
  });

  it("a list of 100,000 rows, as objects and as ready JSON", { timeout: 60_000 }, async () => {
    const companyId = await seed.company();
    const environmentId = await seed.environment(companyId);
    await sql`
      insert into environment_leases (company_id, environment_id, provider, last_used_at)
      select ${companyId}, ${environmentId}, n::text, now() - n * interval '1 ms'
      from generate_series(0, 99999) n`;
    const rows = await run(`return (await service.listLeases("${environmentId}")).length;`);
    expect(rows.found).toBe(100_000);
    // Seen: 218. Their JSON has 55 MB.
    expect(rows.peak).toBeLessThan(450);
    const json = await run(`return (await service.listLeasesJson("${environmentId}")).length;`);
    expect(json.found).toBeGreaterThan(50 * MB);
    // Seen: 180.
    expect(json.peak).toBeLessThan(400);
  });

  it("100,000 calls that wait, the most there can be", { timeout: 60_000 }, async () => {
    const environmentId = await seed.environment(await seed.company());
    const { peak, found } = await run(`
      const calls = Array.from({ length: 100_000 }, () => service.getById("${environmentId}"));
      const full = service.getById("${environmentId}").catch(({ code }) => code);
      const rows = await Promise.all(calls);
      return [await full, rows.every(({ id }) => id === "${environmentId}")];`);
    expect(found).toEqual(["QUEUE_FULL", true]);
    // Seen: 250, with the rows, of which each call has one.
    expect(peak).toBeLessThan(500);
  });
});
