import { describe, expect, it } from "vitest";

import { isAddon } from "../support/provider.js";
import { startSuite } from "../support/suite.js";

const { service, seed, sql, db } = await startSuite();

// Set before the service's first connection, so that its sessions would use this time zone.
const [row] = await sql.unsafe("select current_database() as name");
await sql.unsafe(`alter database "${row?.["name"]}" set timezone = 'Asia/Kolkata'`);

describe("a database whose time zone is not UTC", () => {
  it.each(["2026-07-02 03:04:05.678999+00", "1969-12-31 23:59:59.999999+00", "1947-08-15 00:00:00+00"])(
    "gives the same instant for %s",
    async (text) => {
      const id = await seed.environment(await seed.company(), { created_at: text });
      const iso = `${text.slice(0, 23).replace(" ", "T").replace("+00", "")}Z`;
      expect((await service.getById(id))?.createdAt).toEqual(new Date(iso));
    },
  );

  it.each(["0044-03-15 00:00:00+00 BC", "infinity", "9999-12-31 20:00:00+00"])(
    "gives for %s what new Date gives for the text of its sessions",
    (text) => expectDateOfTheSessionsText(text),
  );

  // A deliberate difference. Before time zones, the zone's offset has seconds, with which JavaScript reads
  // no date at all; the addon's sessions are in UTC, whatever the database's zone.
  it.each(["1900-01-01 00:00:00+00", "0099-05-05 00:00:00+00", "0001-01-01 00:00:00+00"])(
    `gives ${isAddon ? "the date of the UTC text" : "an Invalid Date"} for %s, whose offset there has seconds`,
    async (text) => {
      const id = await seed.environment(await seed.company(), { created_at: text });
      const expected = isAddon ? new Date(text).getTime() : NaN;
      expect((await service.getById(id))?.createdAt.getTime()).toBe(expected);
    },
  );

  it("stores expiresAt as the same instant", async () => {
    const companyId = await seed.company();
    const expiresAt = new Date("2027-01-02T03:04:05.678Z");
    const lease = await service.acquireLease({
      companyId,
      environmentId: await seed.environment(companyId),
      expiresAt,
    });
    expect(lease.expiresAt).toEqual(expiresAt);
    const [stored] = await sql.unsafe(
      "select (expires_at at time zone 'UTC')::text as text from environment_leases where id = $1",
      [lease.id],
    );
    expect(stored?.["text"]).toBe("2027-01-02 03:04:05.678");
  });

  it("stores now as the same instant", async () => {
    const before = Date.now();
    const environment = await service.ensureLocalEnvironment(await seed.company());
    expect(environment.createdAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(environment.createdAt.getTime()).toBeLessThanOrEqual(Date.now());
  });
});

async function expectDateOfTheSessionsText(text: string) {
  const id = await seed.environment(await seed.company(), { created_at: text });
  const [stored] = await db.$client.unsafe(
    "select created_at::text as text from environments where id = $1",
    [id],
  );
  const expected = new Date(stored?.["text"] as string).getTime();
  expect((await service.getById(id))?.createdAt.getTime()).toBe(expected);
}
