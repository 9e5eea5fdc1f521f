// Leases since 2026.916: hand-offs, receipts, and pending clean-ups.

import { describe, expect, it } from "vitest";

import { expectDatabaseError, rejection } from "../../support/errors.js";
import { isAddon, server } from "../../support/provider.js";
import { invalid, startSuite, unknownId } from "../../support/suite.js";
import type { AcquireEnvironmentLease, EnvironmentService } from "../../../2026.916.js";

const { service, seed, sql, snapshot } = await startSuite<EnvironmentService>();

/** A reusable lease of a sandbox, and an acquisition that fits it. */
async function sandbox(status = "released") {
  const companyId = await seed.company();
  const environmentId = await seed.environment(companyId, { driver: "sandbox" });
  const executionWorkspaceId = await seed.workspace(companyId);
  const heartbeatRunId = await seed.run(companyId);
  const old = await seed.lease(companyId, environmentId, {
    execution_workspace_id: executionWorkspaceId,
    heartbeat_run_id: heartbeatRunId,
    lease_policy: "reuse_by_environment",
    provider_lease_id: "box",
    failure_reason: "before",
    metadata: '{"before": true}',
    status,
  });
  const input: AcquireEnvironmentLease = {
    ...{ companyId, environmentId, executionWorkspaceId, heartbeatRunId },
    ...{ providerLeaseId: "box", leasePolicy: "reuse_by_environment" },
  };
  return { old, input };
}

const REPLACED = "Reusable sandbox lease ownership changed during acquisition.";
const REACQUIRED = "Reusable sandbox lease ownership changed during reacquisition.";

async function expectConflict(call: Promise<unknown>, message: string): Promise<void> {
  const error = await rejection(call);
  expect(error).toBeInstanceOf(server?.HttpError);
  expect(error).toMatchObject({ status: 409, message });
  expect(error["details"]).toBeUndefined();
}

describe("a hand-off", () => {
  it.each(["released", "retained"])("replaces a lease that is %s", async (status) => {
    const { old, input } = await sandbox(status);
    const lease = await service.acquireLease({ ...input, replacesReusableLeaseId: old, metadata: { a: 1 } });
    expect(lease).toMatchObject({ ...input, status: "active", metadata: { a: 1 }, releasedAt: null });
    expect(await service.getLeaseById(old)).toMatchObject({
      status: "expired",
      cleanupStatus: "success",
      failureReason: "before",
      releasedAt: lease.acquiredAt,
      lastUsedAt: lease.acquiredAt,
      updatedAt: lease.acquiredAt,
    });
  });

  it.each(["active", "released", "retained"])(
    "reacquires a lease of the same run that is %s",
    async (status) => {
      const { old, input } = await sandbox(status);
      const before = await service.getLeaseById(old);
      const lease = await service.acquireLease({
        ...input,
        reusesReusableLeaseId: old,
        leasePolicy: "ephemeral",
      });
      expect(lease).toMatchObject({
        ...{ id: old, status: "active", leasePolicy: "reuse_by_environment", metadata: null },
        ...{ failureReason: null, cleanupStatus: null, releasedAt: null, expiresAt: null },
        ...{ acquiredAt: before?.acquiredAt, createdAt: before?.createdAt },
      });
      expect(lease.lastUsedAt).toEqual(lease.updatedAt);
      expect(await service.listLeases(String(input.environmentId))).toHaveLength(1);
    },
  );

  it.each<[string, Partial<AcquireEnvironmentLease>]>([
    ["another sandbox", { providerLeaseId: "other" }],
    ["another company", {}],
    ["another workspace", {}],
    ["no environment", { environmentId: invalid(null) }],
  ])("of %s is a conflict, and writes nothing", async (what, change) => {
    const { old, input } = await sandbox();
    const changed = { ...input, ...change };
    if (what === "another company") changed.companyId = await seed.company();
    if (what === "another workspace")
      changed.executionWorkspaceId = await seed.workspace(String(input.companyId));
    const before = await snapshot();
    await expectConflict(service.acquireLease({ ...changed, replacesReusableLeaseId: old }), REPLACED);
    await expectConflict(service.acquireLease({ ...changed, reusesReusableLeaseId: old }), REACQUIRED);
    expect(await snapshot()).toEqual(before);
  });

  it.each(["active", "expired", "failed", "pending_cleanup"])(
    "does not replace a lease that is %s",
    async (status) => {
      const { old, input } = await sandbox(status);
      await expectConflict(service.acquireLease({ ...input, replacesReusableLeaseId: old }), REPLACED);
    },
  );

  it("does not reacquire a lease of another run", async () => {
    const { old, input } = await sandbox();
    const heartbeatRunId = await seed.run(String(input.companyId));
    await expectConflict(
      service.acquireLease({ ...input, heartbeatRunId, reusesReusableLeaseId: old }),
      REACQUIRED,
    );
    await expectConflict(service.acquireLease({ ...input, reusesReusableLeaseId: unknownId() }), REACQUIRED);
  });

  it("is undone where the new lease is refused", async () => {
    const { old, input } = await sandbox();
    const before = await snapshot();
    const call = service.acquireLease({ ...input, issueId: unknownId(), replacesReusableLeaseId: old });
    await expectDatabaseError(call, "23503");
    expect(await snapshot()).toEqual(before);
  });

  it("of one lease to many at once goes to one of them", async () => {
    const { old, input } = await sandbox();
    const calls = Array.from({ length: 8 }, () =>
      service.acquireLease({ ...input, replacesReusableLeaseId: old }),
    );
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const active = await service.listLeases(String(input.environmentId), { status: "active" });
    expect(active).toHaveLength(1);
  });

  it("without what it needs is refused before anything is sent", async () => {
    const { old, input } = await sandbox();
    const handOff = "A reusable lease handoff requires an execution workspace and provider lease id.";
    for (const [change, message] of [
      [{ replacesReusableLeaseId: old, executionWorkspaceId: null }, handOff],
      [{ reusesReusableLeaseId: old, providerLeaseId: "" }, handOff],
      [
        { reusesReusableLeaseId: old, heartbeatRunId: null },
        "A same-run reusable lease reacquisition requires a heartbeat run id.",
      ],
      [
        { reusesReusableLeaseId: old, replacesReusableLeaseId: old },
        "A reusable lease cannot be replaced and reacquired in the same operation.",
      ],
    ] as const) {
      expect((await rejection(service.acquireLease({ ...input, ...change }))).message).toBe(message);
    }
  });

  it.each(["", null, undefined])("is none where the other lease is %j", async (nothing) => {
    const { input } = await sandbox();
    const options = { replacesReusableLeaseId: nothing, reusesReusableLeaseId: nothing };
    expect(await service.acquireLease({ ...input, ...options })).toMatchObject({ status: "active" });
  });
});

describe("assertCompanyBinding", () => {
  async function bind(environment: string, company: string): Promise<void> {
    await sql.unsafe(
      `insert into built_in_managed_resources
       (company_id, bundle_key, resource_kind, resource_key, resource_id, stock_version, stock_hash)
       values ($1, 'b', 'environment', 'k', $2, '1', 'h')`,
      [company, environment],
    );
  }

  it("lets those in to whom the environment is bound, and all where it is bound to nobody", async () => {
    const { input } = await sandbox();
    const asserting = { ...input, assertCompanyBinding: true };
    expect(await service.acquireLease(asserting)).toMatchObject({ status: "active" });
    await bind(String(input.environmentId), String(input.companyId));
    expect(await service.acquireLease(asserting)).toMatchObject({ status: "active" });
  });

  it("refuses others, also those that write their own id in another way", async () => {
    const { input, old } = await sandbox();
    await bind(String(input.environmentId), String(input.companyId));
    const before = await snapshot();
    const asserting = { ...input, assertCompanyBinding: true };
    for (const companyId of [await seed.company(), String(input.companyId).toUpperCase()]) {
      for (const more of [{}, { replacesReusableLeaseId: old }]) {
        const error = await rejection(service.acquireLease({ ...asserting, companyId, ...more }));
        expect(error).toBeInstanceOf(server?.HttpError);
        expect(error).toMatchObject({
          status: 403,
          message: "The selected environment belongs to another company.",
          details: { code: "environment_company_mismatch" },
        });
      }
    }
    expect(await snapshot()).toEqual(before);
  });

  it("does not miss an environment that is not there: the insert does", async () => {
    const { input } = await sandbox();
    const call = service.acquireLease({ ...input, environmentId: unknownId(), assertCompanyBinding: true });
    await expectDatabaseError(call, "23503");
  });

  it("sees a binding that was being written", async () => {
    const { input } = await sandbox();
    const other = await seed.company();
    let acquiring: Promise<unknown> = Promise.resolve();
    await sql.begin(async (tx) => {
      await tx.unsafe("select from environments where id = $1 for update", [String(input.environmentId)]);
      acquiring = service.acquireLease({ ...input, assertCompanyBinding: true });
      acquiring.catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 200));
      await tx.unsafe(
        `insert into built_in_managed_resources
         (company_id, bundle_key, resource_kind, resource_key, resource_id, stock_version, stock_hash)
         values ($1, 'b', 'environment', 'k', $2, '1', 'h')`,
        [other, String(input.environmentId)],
      );
    });
    expect(await rejection(acquiring)).toMatchObject({ status: 403 });
  });
});

describe("a receipt", () => {
  const receipt = { remoteExecutionTermination: { stoppedAt: "now", nested: [1] } };

  it.each<[string | null, unknown, unknown]>([
    [null, null, receipt],
    ['{"a": 1, "remoteExecutionTermination": 0}', { a: 1 }, { a: 1, ...receipt }],
    ['[1, "remoteExecutionTermination"]', [1], [1, "remoteExecutionTermination", receipt]],
  ])("metadata %s without one becomes %j, with one %j", async (metadata, without, withOne) => {
    const { old } = await sandbox();
    for (const [options, stored] of [
      [{}, without],
      [receipt, withOne],
    ] as const) {
      await sql.unsafe("update environment_leases set metadata = $1 where id = $2", [metadata, old]);
      expect(await service.releaseLease(old, "released", options)).toMatchObject({ id: old });
      const [row] = await sql.unsafe("select metadata::text from environment_leases where id = $1", [old]);
      expect(JSON.parse(String(row?.["metadata"]))).toEqual(stored);
    }
  });

  it("and a scalar: the original cannot release such a lease without one", async () => {
    const { old } = await sandbox("active");
    await sql.unsafe("update environment_leases set metadata = '5' where id = $1", [old]);
    const releasing = service.releaseLease(old);
    if (isAddon) {
      expect(await releasing).toMatchObject({ status: "released", metadata: null });
    } else {
      await expectDatabaseError(releasing, "22023");
    }
    await service.releaseLease(old, "released", receipt);
    const [row] = await sql.unsafe("select metadata::text from environment_leases where id = $1", [old]);
    expect(JSON.parse(String(row?.["metadata"]))).toEqual([5, receipt]);
  });

  it("a lease can end with its clean-up pending", async () => {
    const { old } = await sandbox("active");
    const lease = await service.releaseLease(old, "pending_cleanup", {
      cleanupStatus: "failed",
      failureReason: "f",
    });
    expect(lease).toMatchObject({ status: "pending_cleanup", cleanupStatus: "failed", failureReason: "f" });
    expect(lease?.releasedAt).toEqual(lease?.updatedAt);
  });
});

describe("insertPendingCleanupLease", () => {
  it("records what is left, with the environment if it is still there", async () => {
    const { input } = await sandbox();
    const { companyId, environmentId, heartbeatRunId } = input as AcquireEnvironmentLease &
      Record<string, string>;
    const pending = {
      ...{ companyId: String(companyId), environmentId: String(environmentId), heartbeatRunId },
      ...{ provider: "p", providerLeaseId: "box", metadata: { a: 1 }, failureReason: "why" },
    };
    const lease = await service.insertPendingCleanupLease(pending);
    expect(lease).toMatchObject({
      ...pending,
      ...{ status: "pending_cleanup", leasePolicy: "ephemeral", cleanupStatus: "failed", expiresAt: null },
      ...{ issueId: null, executionWorkspaceId: null },
    });
    for (const time of [lease.lastUsedAt, lease.releasedAt, lease.createdAt, lease.updatedAt]) {
      expect(time).toEqual(lease.acquiredAt);
    }
    const gone = await service.insertPendingCleanupLease({ ...pending, environmentId: unknownId() });
    expect(gone).toMatchObject({ environmentId: null, metadata: { a: 1 } });
    const none = await service.insertPendingCleanupLease({ ...pending, environmentId: invalid(null) });
    expect(none).toMatchObject({ environmentId: null });
    expect(
      await service.insertPendingCleanupLease({ ...pending, failureReason: invalid(undefined) }),
    ).toMatchObject({
      failureReason: null,
    });
    await expectDatabaseError(
      service.insertPendingCleanupLease({ ...pending, companyId: unknownId() }),
      "23503",
    );
  });

  it("waits for a removal that is under way, and has no environment then", async () => {
    const { input } = await sandbox("expired");
    const { companyId, environmentId } = input as AcquireEnvironmentLease & Record<string, string>;
    let inserting: Promise<unknown> = Promise.resolve();
    await sql.begin(async (tx) => {
      await tx.unsafe("delete from environments where id = $1", [String(environmentId)]);
      inserting = service.insertPendingCleanupLease({
        ...{ companyId: String(companyId), environmentId: String(environmentId), failureReason: "f" },
      });
      await new Promise((resolve) => setTimeout(resolve, 200));
    });
    expect(await inserting).toMatchObject({ environmentId: null, status: "pending_cleanup" });
  });
});
