import { setTimeout as pause } from "node:timers/promises";

import { afterAll, describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import { startSuite, unknownId } from "../support/suite.js";
import type { EnvironmentServiceOptions } from "./support/addon.js";
import { PING, type Plan, type Proxy } from "./support/proxy.js";
import { openThroughProxy, type Through } from "./support/through-proxy.js";

const { url, sql, seed } = await startSuite();

const INSERT_LEASE = /insert into environment_leases/;

/** More than a statement of these tests needs, also where the machine is busy. */
const STATEMENT_TIMEOUT = 500;
/** As the service has it: how much later than at its own time limit the server's answer may come. */
const ANSWER_SLACK = 10_000;
const NOTICED = STATEMENT_TIMEOUT + ANSWER_SLACK;
/** As the service has it: how long a connection is trusted that idles, and how long it is asked. */
const TRUSTED_IDLE = 1_000;
const PING_TIMEOUT = 1_000;
const CONNECT_TIMEOUT = 1_000;
const SLACK = 2_000;

// The tests run side by side: what one has opened must not be closed at the end of another.
const cleanups: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const throughProxy = (options: EnvironmentServiceOptions = {}, parameters = ""): Promise<Through> =>
  openThroughProxy(url, cleanups, { connectTimeout: CONNECT_TIMEOUT, ...options }, parameters);

async function seeded() {
  const companyId = await seed.company();
  const environmentId = await seed.environment(companyId);
  return { companyId, environmentId };
}

async function leasesOf(environmentId: string): Promise<{ id: string; status: string }[]> {
  const rows = await sql<{ id: string; status: string }[]>`
    select id, status from environment_leases where environment_id = ${environmentId}`;
  return [...rows];
}

/** What comes of a call, and after how long. */
async function timed<T>(call: Promise<T>): Promise<{ outcome: T; after: number }> {
  const start = performance.now();
  const outcome = await call;
  return { outcome, after: performance.now() - start };
}

/** How often a statement passes: what is held and let go at once is only counted. */
function counted(proxy: Proxy, statement: RegExp): Plan {
  const plan = proxy.plan(statement, "hold", { times: Infinity });
  plan.release();
  return plan;
}

describe.concurrent("a server that goes silent in mid-statement", () => {
  const silence = { statementTimeout: STATEMENT_TIMEOUT };

  it("a read is done again on another connection", async () => {
    const { proxy, service } = await throughProxy(silence);
    const { environmentId } = await seeded();
    const held = proxy.plan(/from environments/, "hold");
    const { outcome, after } = await timed(service.getById(environmentId));
    expect(outcome).toMatchObject({ id: environmentId });
    expect(after).toBeGreaterThan(NOTICED - 50);
    expect(after).toBeLessThan(NOTICED + SLACK);
    expect(held.met).toBe(1);
    // The one that asked whether the server speaks PostgreSQL, and two more.
    expect(proxy.accepted).toBe(3);
    expect(service.stats()).toMatchObject({ connections: { open: 1 }, batches: { repeated: 1 } });
  });

  it("a read rejects with ETIMEDOUT if the server stays silent", async () => {
    const { proxy, service } = await throughProxy(silence);
    const { environmentId } = await seeded();
    const held = proxy.plan(/from environments/, "hold", { times: Infinity });
    const { outcome, after } = await timed(rejection(service.getById(environmentId)));
    expect(outcome).toMatchObject({ code: "ETIMEDOUT", message: "The server did not answer in time" });
    expect(after).toBeGreaterThan(NOTICED + CONNECT_TIMEOUT - 50);
    expect(after).toBeLessThan(NOTICED + CONNECT_TIMEOUT + SLACK);
    expect(held.met).toBe(2);
  });

  it("acquireLease is settled on another connection: it resolves to the one lease that there is", async () => {
    const { proxy, service } = await throughProxy(silence);
    const { companyId, environmentId } = await seeded();
    const held = proxy.plan(INSERT_LEASE, "hold");
    const { outcome, after } = await timed(service.acquireLease({ companyId, environmentId }));
    expect(after).toBeGreaterThan(NOTICED - 50);
    expect(after).toBeLessThan(NOTICED + SLACK);
    expect(held.met).toBe(1);
    expect(await leasesOf(environmentId)).toEqual([{ id: outcome.id, status: "active" }]);
    expect(await service.getLeaseById(outcome.id)).toEqual(outcome);
    expect(service.stats().batches).toMatchObject({ repeated: 1, settled: 1 });
  });

  it("acquireLease rejects with OUTCOME_UNKNOWN and the id of the lease that there is, if it stays silent", async () => {
    const { proxy, service } = await throughProxy(silence);
    const { companyId, environmentId } = await seeded();
    // The insert's answer, and that of who looks for its row.
    const held = proxy.plan(/(insert into|from) environment_leases/, "hold", { times: Infinity });
    const call = service.acquireLease({ companyId, environmentId });
    const { outcome: error, after } = await timed(rejection(call));
    expect(after).toBeGreaterThan(NOTICED + CONNECT_TIMEOUT - 50);
    expect(after).toBeLessThan(NOTICED + CONNECT_TIMEOUT + SLACK);
    expect(held.met).toBe(2);
    expect(error).toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(error.message).toContain("The server did not answer in time");
    expect(await leasesOf(environmentId)).toEqual([{ id: error["leaseId"], status: "active" }]);
    expect(service.stats().calls.unknown).toBe(1);
  });

  it("update is done again where nobody has written since, remove is left unknown", async () => {
    const { proxy, service } = await throughProxy(silence);
    const [{ environmentId: changedId }, { environmentId: removedId }] = [await seeded(), await seeded()];
    proxy.plan(/update environments/, "hold");
    const removal = proxy.plan(/delete from/, "hold");
    const [changed, removed] = await Promise.all([
      timed(service.update(changedId, { name: "new" })),
      timed(rejection(service.remove(removedId))),
    ]);
    expect(changed.outcome).toMatchObject({ id: changedId, name: "new" });
    expect(removed.outcome).toMatchObject({ code: "OUTCOME_UNKNOWN", environmentId: removedId });
    expect(removal.met).toBe(1);
    for (const { after } of [changed, removed]) {
      expect(after).toBeGreaterThan(NOTICED - 50);
      expect(after).toBeLessThan(NOTICED + SLACK);
    }
    expect(await service.getById(changedId)).toEqual(changed.outcome);
    expect(await service.getById(removedId)).toBeNull();
  });

  it("what was refused rejects with its own error though its rollback is not answered, on a connection that is not used again", async () => {
    const { proxy, service } = await throughProxy(silence, "?prepare=false");
    const { companyId, environmentId } = await seeded();
    const held = proxy.plan(/^rollback$/i, "hold");
    const call = service.acquireLease({ companyId, environmentId: unknownId() });
    const { outcome: error, after } = await timed(rejection(call));
    expect(error).toMatchObject({ code: "23503" });
    expect(after).toBeGreaterThan(NOTICED - 50);
    expect(after).toBeLessThan(NOTICED + SLACK);
    expect(held.met).toBe(1);
    expect(service.stats().connections).toMatchObject({ open: 0, opened: 1 });

    // Were its connection used, the answer that was kept back would be taken for this call's.
    held.release();
    const next = await timed(service.acquireLease({ companyId, environmentId }));
    expect(next.after).toBeLessThan(SLACK);
    expect(await leasesOf(environmentId)).toEqual([{ id: next.outcome.id, status: "active" }]);
    expect(service.stats().connections).toMatchObject({ open: 1, opened: 2 });
  });
});

describe.concurrent("a connection that has idled", () => {
  it("and is silent is noticed by a ping, and the next call is answered over a new one", async () => {
    const { proxy, service } = await throughProxy({ connectTimeout: 5_000 });
    const { environmentId } = await seeded();
    await pause(TRUSTED_IDLE + 200);
    // Whatever comes next on the old connection gets no answer.
    const held = proxy.plan(PING, "hold");
    const { outcome, after } = await timed(service.getById(environmentId));
    expect(outcome).toMatchObject({ id: environmentId });
    expect(held.met).toBe(1);
    expect(after).toBeGreaterThan(PING_TIMEOUT - 50);
    expect(after).toBeLessThan(PING_TIMEOUT + SLACK);
    expect(service.stats().connections.opened).toBe(2);
  });

  it("is pinged once; a busy one never is", async () => {
    const { proxy, service } = await throughProxy();
    const { companyId, environmentId } = await seeded();
    const [pings, reads] = [counted(proxy, PING), counted(proxy, /from environments/)];
    // Longer than a connection is trusted that idles: it is its rest that counts, not its age.
    const end = performance.now() + 1.5 * TRUSTED_IDLE;
    for (let n = 0; n < 500 || performance.now() < end; n++) {
      expect(await service.getById(environmentId)).toMatchObject({ id: environmentId });
      if (n % 50 === 0) await service.acquireLease({ companyId, environmentId });
    }
    expect(reads.met).toBeGreaterThanOrEqual(500);
    expect(pings.met).toBe(0);

    await pause(TRUSTED_IDLE + 200);
    for (let n = 0; n < 10; n++) await service.getById(environmentId);
    expect(pings.met).toBe(1);
    expect(service.stats().connections.opened).toBe(1);
  });
});
