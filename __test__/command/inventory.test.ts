import { describe, expect, it } from "vitest";

import { documentOf, expectUsageError } from "./support/command.js";
import { openWorlds, type World } from "./support/world.js";

const { worlds, world } = await openWorlds();

const INVENTORY = ["inventory", "--provider", "daytona"];
const box = (id: string) => ({ provider: "daytona", provider_lease_id: id });

/** A lease in use of each sandbox. */
async function used(world: World, ...ids: string[]): Promise<string[]> {
  const place = await world.place();
  const heartbeat_run_id = await world.liveRun(place.companyId);
  return Promise.all(ids.map((id) => world.lease(place, { ...box(id), heartbeat_run_id })));
}

describe.each(worlds)("inventory, on the tables %s", (_, world) => {
  it("finds nothing where the list and the leases agree", async () => {
    await used(world, "sbx-1", "sbx-2");
    const ended = await world.run([...INVENTORY, "--complete"], { input: "sbx-1\nsbx-2\n" });
    expect(ended).toEqual({ status: 0, stdout: "2 sandboxes compared.\n", stderr: "" });
  });

  it("tells what runs for nothing, and what does not run", async () => {
    const [lost] = await used(world, "sbx-lost", "sbx-used");
    const over = await world.old(await world.place(), box("sbx-over"));
    const before = await world.snapshot();
    const input = "sbx-used\n\n  sbx-over \r\nsbx-unknown";
    const { status, stdout, stderr } = await world.run([...INVENTORY, "--complete"], { input });
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(stdout).toMatch(/^1 sandbox without a lease:\nSANDBOX +STARTED\nsbx-unknown +-\n\n/);
    expect(stdout).toMatch(/^1 sandbox whose lease is over;/m);
    expect(stdout).toMatch(new RegExp(`^sbx-over +released +ephemeral +100d ago +${over}$`, "m"));
    expect(stdout).toMatch(
      new RegExp(`^1 lease for which nothing runs:\n.+\nsbx-lost +active .+${lost}`, "m"),
    );
    expect(stdout).toMatch(/\n\n3 sandboxes compared\.\n$/);

    const document = documentOf(await world.run([...INVENTORY, "--complete", "--json"], { input }));
    expect(document).toMatchObject({
      unknown: [{ id: "sbx-unknown" }],
      ended: [{ sandbox: { id: "sbx-over" }, lease: { id: over } }],
      lost: [{ id: lost }],
      young: [],
    });
    const part = await world.run([...INVENTORY, "--json"], { input: "sbx-used" });
    expect(part.status).toBe(0);
    expect(documentOf(part).lost).toEqual([]);
    expect(await world.snapshot()).toEqual(before);
  });
});

describe("standard input", () => {
  it("may be JSON: ids, or objects with an id and perhaps a time", async () => {
    const startedAt = new Date().toISOString();
    const sandboxes = [
      "sbx-1",
      { id: "sbx-2" },
      { id: "sbx-3", startedAt, token: "t" },
      { id: "sbx-4", startedAt: null },
    ];
    const ended = await world.run([...INVENTORY, "--json"], { input: ` ${JSON.stringify(sandboxes)}` });
    expect(ended.status).toBe(1);
    expect(documentOf(ended)).toEqual({
      unknown: [{ id: "sbx-1" }, { id: "sbx-2" }, { id: "sbx-4" }],
      ended: [],
      lost: [],
      young: [{ id: "sbx-3", startedAt }],
    });
    const people = await world.run(INVENTORY, { input: JSON.stringify(sandboxes.slice(2, 3)) });
    expect(people).toMatchObject({ status: 0, stderr: "" });
    expect(people.stdout).toContain("1 sandbox without a lease, but just started:\n");
    const impatient = await world.run([...INVENTORY, "--grace", "0s"], { input: JSON.stringify(sandboxes) });
    expect(impatient.stdout).toContain("4 sandboxes without a lease:\n");
  });

  it("may be empty", async () => {
    expect(await world.run(INVENTORY)).toEqual({ status: 0, stdout: "0 sandboxes compared.\n", stderr: "" });
    expect(documentOf(await world.run([...INVENTORY, "--json"], { input: "[]" }))).toEqual({
      ...{ unknown: [], ended: [], lost: [], young: [] },
    });
  });

  it.each([
    ["[", /standard input is neither JSON nor ids/],
    ['{"id": "sbx-1"}', /standard input is not an array/],
    ["[1]", /standard input \[0\] is neither an id nor/],
    ['["a", null]', /standard input \[1\] is neither an id nor/],
    ['[{"id": "a", "startedAt": "soon"}]', /standard input \[0\] is neither an id nor/],
  ])("%s is refused", async (input, why) => {
    expectUsageError(await world.run(INVENTORY, { input }), why);
  });
});

it("does not count as wrong what may be paused", async () => {
  await world.old(await world.place(), { ...box("sbx-1"), lease_policy: "reuse_by_environment" });
  const ended = await world.run(INVENTORY, { input: "sbx-1" });
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  expect(ended.stdout).toContain("reuse_by_environment");
});

it("refuses wrong options", async () => {
  expectUsageError(await world.run(["inventory"]), /--provider is needed/);
  expectUsageError(await world.run([...INVENTORY, "--grace", "soon"]), /--grace takes .+ not "soon"/);
});
