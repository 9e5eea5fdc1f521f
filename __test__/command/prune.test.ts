import { describe, expect, it } from "vitest";

import { inTurn, type Place } from "../maintenance/support/stand.js";
import { documentOf, expectUsageError } from "./support/command.js";
import { openWorlds, type World } from "./support/world.js";

const { worlds, world } = await openWorlds();

const PRUNE = ["prune", "--older-than", "90d"];

const many = (world: World, { companyId, environmentId }: Place, count: number) =>
  world.sql.unsafe(
    `insert into environment_leases (company_id, environment_id, status, last_used_at, released_at)
     select $1, $2, 'released', now() - interval '100 days', now() from generate_series(1, ${count})`,
    [companyId, environmentId],
  );

describe.each(worlds)("prune, on the tables %s", (_, world) => {
  it("counts what it would delete, and writes nothing", async () => {
    const place = await world.place();
    await inTurn(3, () => world.old(place));
    const before = await world.snapshot();
    expect(await world.run([...PRUNE, "--keep", "1"])).toEqual({
      status: 1,
      stdout: "2 leases would be deleted.\nNothing was written: --yes deletes them.\n",
      stderr: "",
    });
    const ended = await world.run([...PRUNE, "--keep", "1", "--json"]);
    expect(ended.status).toBe(1);
    expect(documentOf(ended)).toEqual({ dryRun: true, deleted: 2, more: false });
    expect(await world.snapshot()).toEqual(before);
  });

  it("deletes with --yes, and keeps what it is told to keep", async () => {
    const [place, other] = [await world.place(), await world.place()];
    await inTurn(3, () => world.old(place));
    await inTurn(2, () => world.old(other));
    const live = await world.lease(place);
    const ended = await world.run([...PRUNE, "--keep", "0", "--company", place.companyId, "--yes"]);
    expect(ended).toEqual({ status: 0, stdout: "3 leases deleted.\n", stderr: "" });
    const rows = await world.rows("true");
    expect(rows.map(({ id }) => id)).toContain(live);
    expect(rows).toHaveLength(3);
    expect(await world.run([...PRUNE, "--yes"])).toEqual({
      status: 0,
      stdout: "0 leases deleted.\n",
      stderr: "",
    });
  });
});

it("deletes all, in as many calls as it takes", async () => {
  const place = await world.place();
  await many(world, place, 60);
  const part = await world.run([...PRUNE, "--keep", "0", "--batch", "2", "--limit", "25", "--yes"]);
  expect(part).toEqual({ status: 1, stdout: "25 leases deleted.\nThere are more.\n", stderr: "" });
  const shown = await world.run([...PRUNE, "--keep", "0", "--limit", "30", "--json"]);
  expect(documentOf(shown)).toEqual({ dryRun: true, deleted: 30, more: true });
  const all = await world.run([...PRUNE, "--keep", "0", "--batch", "2", "--yes", "--json"]);
  expect(all.status).toBe(0);
  expect(documentOf(all)).toEqual({ dryRun: false, deleted: 35, more: false });
});

it("ends, and says so, where the rest is locked", async () => {
  const place = await world.place();
  await many(world, place, 30);
  await world.sql.begin(async (sql) => {
    await sql.unsafe("select from environment_leases for update");
    const ended = await world.run([...PRUNE, "--keep", "0", "--batch", "1", "--yes", "--json"]);
    expect(documentOf(ended)).toMatchObject({ deleted: 0 });
  });
});

it("refuses wrong options, and does nothing", async () => {
  await many(world, await world.place(), 3);
  const before = await world.snapshot();
  const refused: [options: string[], why: RegExp][] = [
    [[], /--older-than is needed/],
    [["--older-than", "6d"], /--older-than takes at least 7d, not "6d"/],
    [["--older-than", "3 months"], /--older-than takes .+ not "3 months"/],
    [["--older-than", "90d", "--keep", "-1"], /--keep/],
    [["--older-than", "90d", "--keep", "x"], /--keep takes a whole number/],
    [["--older-than", "90d", "--batch", "10001"], /--batch takes a whole number from 1 to 10,000/],
    [["--older-than", "90d", "--limit", "1e3"], /--limit takes a whole number/],
  ];
  for (const [options, why] of refused)
    expectUsageError(await world.run(["prune", "--yes", ...options]), why);
  expect(await world.snapshot()).toEqual(before);
});
