import { describe, expect, it } from "vitest";

import { ago, MINUTE, startStand, type Columns } from "./support/stand.js";

const stand = await startStand();
const { maintenance } = stand;

let boxes = 0;
const newBox = () => `box ${(boxes += 1)}`;
const provider = "daytona";
const place = await stand.place({ driver: "plugin" });

const lease = (id: string, columns: Columns = {}) =>
  stand.lease(place, { provider, provider_lease_id: id, ...columns });

const fromNow = (milliseconds: number) => new Date(Date.now() + milliseconds);

describe("a sandbox that runs", () => {
  it("and that no row knows is unknown, and given back as it was", async () => {
    const sandbox = { id: newBox(), region: "eu", size: { cores: 2 } };
    const comparison = await maintenance.compareWithProvider({ provider, sandboxes: [sandbox] });
    expect(comparison).toEqual({ unknown: [sandbox], ended: [], lost: [], young: [] });
    expect(comparison.unknown[0]).toBe(sandbox);
  });

  it.each(["active", "retained", "pending_cleanup"])("and whose lease is %s is well", async (status) => {
    const id = newBox();
    await lease(id, { status });
    const comparison = await maintenance.compareWithProvider({ provider, sandboxes: [{ id }] });
    expect(comparison).toEqual({ unknown: [], ended: [], lost: [], young: [] });
  });

  it.each(["released", "expired", "failed"])("and whose lease is %s has ended", async (status) => {
    const sandbox = { id: newBox(), startedAt: fromNow(-MINUTE) };
    const leaseId = await lease(sandbox.id, { status, released_at: ago("1 hour") });
    const comparison = await maintenance.compareWithProvider({ provider, sandboxes: [sandbox] });
    const { leases } = await maintenance.find({ providerLeaseId: sandbox.id });
    expect(comparison).toEqual({ unknown: [], ended: [{ sandbox, lease: leases[0] }], lost: [], young: [] });
    expect(comparison.ended[0]?.sandbox).toBe(sandbox);
    expect(leases[0]?.id).toBe(leaseId);
  });

  it("and is paused has ended, and its lease says that it may be reused", async () => {
    const id = newBox();
    await lease(id, { status: "released", lease_policy: "reuse_by_environment" });
    const { ended } = await maintenance.compareWithProvider({ provider, sandboxes: [{ id }] });
    expect(ended).toMatchObject([{ sandbox: { id }, lease: { leasePolicy: "reuse_by_environment" } }]);
  });

  it("is judged by its newest lease", async () => {
    const [over, used] = [newBox(), newBox()];
    for (const [id, first, second] of [
      [over, "active", "released"],
      [used, "released", "active"],
    ] as const) {
      await lease(id, { status: first, last_used_at: ago("2 days"), created_at: ago("2 days") });
      await lease(id, { status: second, last_used_at: ago("1 hour"), created_at: ago("1 day") });
    }
    const sandboxes = [{ id: over }, { id: used }];
    const { ended, unknown } = await maintenance.compareWithProvider({ provider, sandboxes });
    expect(ended.map(({ sandbox, lease: { status } }) => [sandbox.id, status])).toEqual([[over, "released"]]);
    expect(unknown).toEqual([]);
  });

  it("is not confused with what another provider calls so", async () => {
    const id = newBox();
    await lease(id, { status: "active" });
    await lease(id, { status: "released", provider: "e2b", last_used_at: ago("-1 hour") });
    const { ended } = await maintenance.compareWithProvider({ provider, sandboxes: [{ id }] });
    expect(ended).toEqual([]);
  });

  it("may be any company's, and have outlived its environment", async () => {
    const [one, two] = [newBox(), newBox()];
    await stand.lease(await stand.place(), { provider, provider_lease_id: one });
    await lease(two, { environment_id: null });
    const sandboxes = [{ id: one }, { id: two }];
    const { unknown, ended } = await maintenance.compareWithProvider({ provider, sandboxes });
    expect([unknown, ended]).toEqual([[], []]);
  });

  it("that is listed twice is told twice", async () => {
    const id = newBox();
    const sandboxes = [{ id }, { id }];
    const { unknown } = await maintenance.compareWithProvider({ provider, sandboxes });
    expect(unknown).toEqual(sandboxes);
  });
});

describe("an unknown sandbox", () => {
  it.each([
    ["started within the grace", 14 * MINUTE, undefined, "young"],
    ["started before the grace", 16 * MINUTE, undefined, "unknown"],
    ["started within a grace that was given", 3 * MINUTE, 4 * MINUTE, "young"],
    ["started before a grace that was given", 5 * MINUTE, 4 * MINUTE, "unknown"],
    ["started a moment ago, without a grace", 1_000, 0, "unknown"],
    ["is to start", -MINUTE, undefined, "young"],
  ] as const)("that %s", async (_, age, grace, where) => {
    const sandbox = { id: newBox(), startedAt: fromNow(-age) };
    const inventory = { provider, sandboxes: [sandbox], ...(grace !== undefined && { grace }) };
    const comparison = await maintenance.compareWithProvider(inventory);
    expect(comparison).toEqual({ unknown: [], ended: [], lost: [], young: [], [where]: [sandbox] });
  });

  it("whose start is not known is not young", async () => {
    const sandboxes = [{ id: newBox(), startedAt: undefined }, { id: newBox() }];
    const { unknown, young } = await maintenance.compareWithProvider({ provider, sandboxes });
    expect([unknown, young]).toEqual([sandboxes, []]);
  });
});

describe("a lease that the provider runs nothing for", () => {
  it("is lost, if the list is complete and the lease active or retained", async () => {
    const own = `lost ${newBox()}`;
    const ids = new Map<string, string>();
    for (const status of ["active", "retained", "pending_cleanup", "released", "expired", "failed"]) {
      ids.set(status, await lease(newBox(), { status, provider: own }));
    }
    const outlived = await lease(newBox(), { environment_id: null, provider: own });
    const present = newBox();
    await lease(present, { provider: own });
    await lease(newBox());
    const inventory = { provider: own, sandboxes: [{ id: present }] };
    const { lost } = await maintenance.compareWithProvider({ ...inventory, complete: true });
    const expected = [ids.get("active"), ids.get("retained"), outlived].sort();
    expect(lost.map(({ id }) => id).sort()).toEqual(expected);
    const { leases } = await maintenance.find({ provider: own });
    for (const one of lost) expect(leases).toContainEqual(one);
    expect((await maintenance.compareWithProvider(inventory)).lost).toEqual([]);
    expect((await maintenance.compareWithProvider({ ...inventory, complete: false })).lost).toEqual([]);
  });

  it("is each of them, if a complete list is empty", async () => {
    const own = `empty ${newBox()}`;
    const id = await lease(newBox(), { provider: own });
    const { lost } = await maintenance.compareWithProvider({ provider: own, sandboxes: [], complete: true });
    expect(lost.map((one) => one.id)).toEqual([id]);
  });
});

it("a list of thousands is compared whole, in its order", async () => {
  const own = `many ${newBox()}`;
  const ids = Array.from({ length: 5_000 }, (_, n) => `${own} ${n}`);
  await stand.sql.unsafe(`
    insert into environment_leases (company_id, environment_id, provider, provider_lease_id, status)
    select '${place.companyId}', '${place.environmentId}', '${own}', '${own} ' || n,
      case n % 3 when 0 then 'active' else 'released' end
    from generate_series(0, 3999) n`);
  const sandboxes = ids.map((id) => ({ id }));
  const { unknown, ended, lost } = await maintenance.compareWithProvider({
    ...{ provider: own, sandboxes, complete: true },
  });
  expect(unknown).toEqual(sandboxes.slice(4_000));
  expect(ended.map(({ sandbox }) => sandbox)).toEqual(
    sandboxes.slice(0, 4_000).filter((_, n) => n % 3 !== 0),
  );
  expect(lost).toEqual([]);
});

it("an empty list has nothing to compare", async () => {
  const comparison = await maintenance.compareWithProvider({ provider, sandboxes: [] });
  expect(comparison).toEqual({ unknown: [], ended: [], lost: [], young: [] });
});
