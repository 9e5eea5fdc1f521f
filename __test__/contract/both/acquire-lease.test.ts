import { describe, expect, it } from "vitest";

import { isByCompany } from "../../support/generation.js";
import { expectDatabaseError } from "../../support/errors.js";
import type { AcquireInput } from "../../support/provider.js";
import { invalid, startSuite, unknownId } from "../../support/suite.js";

const { service, seed, snapshot } = await startSuite();

async function newEnvironment() {
  const companyId = await seed.company();
  return { companyId, environmentId: await seed.environment(companyId) };
}

describe("acquireLease", () => {
  it("inserts what it is given as an active lease", async () => {
    const { companyId, environmentId } = await newEnvironment();
    const input = {
      companyId,
      environmentId,
      executionWorkspaceId: await seed.workspace(companyId),
      issueId: await seed.issue(companyId),
      heartbeatRunId: await seed.run(companyId),
      leasePolicy: "reuse_by_environment",
      provider: "ssh",
      providerLeaseId: "ssh://host/1",
      expiresAt: new Date("2027-01-02T03:04:05.678Z"),
      metadata: { reuseLease: true, port: 22 },
    } as const;
    const lease = await service.acquireLease(input);
    const now = lease.acquiredAt;
    expect(lease).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      ...input,
      status: "active",
      acquiredAt: expect.any(Date),
      lastUsedAt: now,
      releasedAt: null,
      failureReason: null,
      cleanupStatus: null,
      createdAt: now,
      updatedAt: now,
    });
    expect(await service.getLeaseById(lease.id)).toEqual(lease);
  });

  const defaults = {
    executionWorkspaceId: null,
    issueId: null,
    heartbeatRunId: null,
    leasePolicy: "ephemeral",
    provider: null,
    providerLeaseId: null,
    expiresAt: null,
    metadata: null,
  };

  it("fills in the defaults for absent fields", async () => {
    expect(await service.acquireLease(await newEnvironment())).toMatchObject(defaults);
  });

  it.each([undefined, null])("takes %s in an optional field for its default", async (nothing) => {
    const optional = Object.fromEntries(Object.keys(defaults).map((key) => [key, nothing]));
    const input = invalid<AcquireInput>({ ...(await newEnvironment()), ...optional });
    expect(await service.acquireLease(input)).toMatchObject(defaults);
  });

  it("ignores fields it does not know, and those that are not the caller's to set", async () => {
    const id = unknownId();
    const past = new Date(0);
    const lease = await service.acquireLease(
      invalid<AcquireInput>({
        ...(await newEnvironment()),
        id,
        status: "released",
        releasedAt: past,
        acquiredAt: past,
        createdAt: past,
        failureReason: "x",
        cleanupStatus: "failed",
        more: 1,
      }),
    );
    expect(lease).toMatchObject({
      status: "active",
      releasedAt: null,
      failureReason: null,
      cleanupStatus: null,
    });
    expect(lease.id).not.toBe(id);
    expect(lease.acquiredAt).not.toEqual(past);
    expect(lease.createdAt).not.toEqual(past);
    expect(lease).not.toHaveProperty("more");
  });

  it("gives every lease an id of its own, also for the same environment and run", async () => {
    const { companyId, environmentId } = await newEnvironment();
    const heartbeatRunId = await seed.run(companyId);
    const first = await service.acquireLease({ companyId, environmentId, heartbeatRunId });
    const second = await service.acquireLease({ companyId, environmentId, heartbeatRunId });
    expect(second.id).not.toBe(first.id);
  });

  it("asks for nothing but rows that exist: the environment may be another company's, or archived", async () => {
    const companyId = await seed.company();
    const environmentId = await seed.environment(await seed.company(), { status: "archived" });
    expect(await service.acquireLease({ companyId, environmentId })).toMatchObject({
      companyId,
      environmentId,
    });
  });

  it.each([
    ["companyId", "environment_leases_company_id_companies_id_fk", "company_id", "companies"],
    [
      "environmentId",
      "environment_leases_environment_id_environments_id_fk",
      "environment_id",
      "environments",
    ],
    [
      "executionWorkspaceId",
      // 63 bytes is as long as a name can be, and Postgres cuts the rest.
      "environment_leases_execution_workspace_id_execution_workspaces_",
      "execution_workspace_id",
      "execution_workspaces",
    ],
    ["issueId", "environment_leases_issue_id_issues_id_fk", "issue_id", "issues"],
    [
      "heartbeatRunId",
      "environment_leases_heartbeat_run_id_heartbeat_runs_id_fk",
      "heartbeat_run_id",
      "heartbeat_runs",
    ],
  ])(
    "rejects a %s that does not exist, and writes nothing",
    async (field, constraint_name, column, target) => {
      const id = unknownId();
      const input = { ...(await newEnvironment()), [field]: id };
      const before = await snapshot();
      await expectDatabaseError(service.acquireLease(input), "23503", {
        message: `insert or update on table "environment_leases" violates foreign key constraint "${constraint_name}"`,
        detail: `Key (${column})=(${id}) is not present in table "${target}".`,
        schema_name: "public",
        table_name: "environment_leases",
        constraint_name,
      });
      expect(await snapshot()).toEqual(before);
    },
  );

  const REQUIRED: [string, unknown, string][] = [
    ["companyId", undefined, "company_id"],
    ["companyId", null, "company_id"],
    ["environmentId", undefined, "environment_id"],
    ["environmentId", null, "environment_id"],
  ];

  // Since 2026.824 a lease may have no environment.
  it.each(REQUIRED.filter(([field]) => isByCompany || field === "companyId"))(
    "rejects a %s of %s as Postgres does, and writes nothing",
    async (field, value, column_name) => {
      const input = invalid<AcquireInput>({ ...(await newEnvironment()), [field]: value });
      const before = await snapshot();
      await expectDatabaseError(service.acquireLease(input), "23502", {
        column_name,
        table_name: "environment_leases",
        schema_name: "public",
      });
      expect(await snapshot()).toEqual(before);
    },
  );

  it("takes an absent company for a null one", async () => {
    await expectDatabaseError(service.acquireLease(invalid({})), "23502", { column_name: "company_id" });
  });
});
