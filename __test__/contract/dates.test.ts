import vm from "node:vm";

import { describe, expect, it } from "vitest";

import { expectDatabaseError, rejection } from "../support/errors.js";
import { startSuite } from "../support/suite.js";

const { service, seed, sql, snapshot } = await startSuite();

const company = await seed.company();
const environmentId = await seed.environment(company);

/** The instant in milliseconds, or NaN for an Invalid Date. */
const time = (date: Date | null | undefined) => date?.getTime();

// As `new Date(text)` has them for the text of Postgres in UTC. Years below 100 are the surprise: JavaScript takes
// them for the short years of the 20th and 21st centuries, and a year before Christ for no date at all.
const reads: [string, string | null][] = [
  ["2026-01-02 03:04:05+00", "2026-01-02T03:04:05.000Z"],
  ["2026-01-02 03:04:05.1+00", "2026-01-02T03:04:05.100Z"],
  ["2026-01-02 03:04:05.12+00", "2026-01-02T03:04:05.120Z"],
  ["2026-01-02 03:04:05.000999+00", "2026-01-02T03:04:05.000Z"],
  ["2026-01-02 03:04:05.678999+00", "2026-01-02T03:04:05.678Z"],
  ["2026-01-02 03:04:05.999999+00", "2026-01-02T03:04:05.999Z"],
  ["2026-06-30 23:59:59.9995+00", "2026-06-30T23:59:59.999Z"],
  ["1970-01-01 00:00:00+00", "1970-01-01T00:00:00.000Z"],
  ["1970-01-01 00:00:00.000001+00", "1970-01-01T00:00:00.000Z"],
  ["1969-12-31 23:59:59.999999+00", "1969-12-31T23:59:59.999Z"],
  ["1969-12-31 23:59:59.9995+00", "1969-12-31T23:59:59.999Z"],
  ["1969-12-31 23:59:59.000001+00", "1969-12-31T23:59:59.000Z"],
  ["1950-06-01 00:00:00.123456+00", "1950-06-01T00:00:00.123Z"],
  ["1900-02-28 12:00:00+00", "1900-02-28T12:00:00.000Z"],
  ["1582-10-10 00:00:00+00", "1582-10-10T00:00:00.000Z"],
  ["0100-01-01 00:00:00+00", "0100-01-01T00:00:00.000Z"],
  ["0099-12-31 23:59:59.456789+00", "1999-12-31T23:59:59.456Z"],
  ["0050-05-05 00:00:00+00", "1950-05-05T00:00:00.000Z"],
  ["0049-05-05 00:00:00+00", "2049-05-05T00:00:00.000Z"],
  ["0001-01-01 00:00:00+00", "2001-01-01T00:00:00.000Z"],
  ["0001-12-31 23:59:59.999999+00 BC", null],
  ["0044-03-15 12:00:00.5+00 BC", null],
  ["4713-01-01 00:00:00+00 BC", null],
  ["9999-12-31 23:59:59.999999+00", "9999-12-31T23:59:59.999Z"],
  ["10000-01-01 00:00:00+00", "+010000-01-01T00:00:00.000Z"],
  ["12345-06-07 08:09:10.123456+00", "+012345-06-07T08:09:10.123Z"],
  ["275760-09-13 00:00:00+00", "+275760-09-13T00:00:00.000Z"],
  ["275760-09-13 00:00:00.000001+00", "+275760-09-13T00:00:00.000Z"],
  ["275760-09-13 00:00:00.001+00", null],
  ["294276-12-31 23:59:59.999999+00", null],
  ["infinity", null],
  ["-infinity", null],
];

describe("a timestamp of the database reads as new Date(text) has it", () => {
  it.each(reads)("%s, in every column, of one row and of a list", async (text, iso) => {
    const instant = iso === null ? Number.NaN : new Date(iso).getTime();
    const [row] = await sql.unsafe("select ($1::timestamptz)::text as text", [text]);
    expect(new Date(row?.["text"] as string).getTime()).toBe(instant);

    const owner = await seed.company();
    const environment = await seed.environment(owner, { created_at: text, updated_at: text });
    const lease = await seed.lease(owner, environment, {
      acquired_at: text,
      last_used_at: text,
      expires_at: text,
      released_at: text,
      created_at: text,
      updated_at: text,
    });
    for (const row of [await service.getById(environment), (await service.list(owner))[0]]) {
      expect([row?.createdAt, row?.updatedAt].map(time)).toEqual([instant, instant]);
    }
    for (const row of [await service.getLeaseById(lease), (await service.listLeases(environment))[0]]) {
      const dates = [
        row?.acquiredAt,
        row?.lastUsedAt,
        row?.expiresAt,
        row?.releasedAt,
        row?.createdAt,
        row?.updatedAt,
      ];
      for (const date of dates) expect(date).toBeInstanceOf(Date);
      expect(dates.map(time)).toEqual(Array(6).fill(instant));
    }
  });
});

const acquire = (expiresAt: Date | null) =>
  service.acquireLease({ companyId: company, environmentId, expiresAt });

async function storedExpiry(id: string): Promise<unknown> {
  const [row] = await sql.unsafe("select expires_at::text as text from environment_leases where id = $1", [
    id,
  ]);
  return row?.["text"];
}

describe("expiresAt", () => {
  it.each([
    ["2027-01-02T03:04:05.678Z", "2027-01-02 03:04:05.678+00"],
    ["1970-01-01T00:00:00.000Z", "1970-01-01 00:00:00+00"],
    ["1969-12-31T23:59:59.999Z", "1969-12-31 23:59:59.999+00"],
    ["1900-01-01T00:00:00.001Z", "1900-01-01 00:00:00.001+00"],
    ["0100-01-01T00:00:00.000Z", "0100-01-01 00:00:00+00"],
    ["9999-12-31T23:59:59.999Z", "9999-12-31 23:59:59.999+00"],
  ])("%s is stored to the millisecond, and comes back", async (iso, text) => {
    const lease = await acquire(new Date(iso));
    expect(lease.expiresAt).toEqual(new Date(iso));
    expect(await storedExpiry(lease.id)).toBe(text);
  });

  it("is stored as it is in the years that read as others", async () => {
    const lease = await acquire(new Date("0099-05-05T00:00:00.123Z"));
    expect(await storedExpiry(lease.id)).toBe("0099-05-05 00:00:00.123+00");
    expect(lease.expiresAt).toEqual(new Date("1999-05-05T00:00:00.123Z"));
  });

  it.each([
    ["+010000-01-01T00:00:00.000Z", "22009", "time zone displacement out of range"],
    ["+275760-09-13T00:00:00.000Z", "22009", "time zone displacement out of range"],
    ["0000-01-01T00:00:00.000Z", "22008", "date/time field value out of range"],
    ["-000001-01-01T00:00:00.000Z", "22007", "invalid input syntax for type timestamp with time zone"],
    ["-271821-04-20T00:00:00.000Z", "22009", "time zone displacement out of range"],
  ])(
    "%s, whose ISO text Postgres does not take, rejects as Postgres rejects it",
    async (iso, code, reason) => {
      const before = await snapshot();
      await expectDatabaseError(acquire(new Date(iso)), code, { message: `${reason}: "${iso}"` });
      expect(await snapshot()).toEqual(before);
    },
  );

  it("that is an Invalid Date rejects with the RangeError of toISOString, and writes nothing", async () => {
    const before = await snapshot();
    const error = await rejection(acquire(new Date(Number.NaN)));
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toBe("Invalid time value");
    expect(await snapshot()).toEqual(before);
  });

  it("may be a Date of a subclass or of another realm", async () => {
    class Deadline extends Date {}
    const iso = "2027-01-02T03:04:05.678Z";
    const foreign = vm.runInNewContext(`new Date("${iso}")`) as Date;
    expect(foreign).not.toBeInstanceOf(Date);
    for (const date of [new Deadline(iso), foreign])
      expect((await acquire(date)).expiresAt).toEqual(new Date(iso));
  });
});
