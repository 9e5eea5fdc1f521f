// What refers to an environment, and its removal.

import { afterEach, describe, expect, it } from "vitest";

import { expectDatabaseError } from "../../support/errors.js";
import { isAddon } from "../../support/provider.js";
import { startSuite, unknownId } from "../../support/suite.js";
import type { EnvironmentService } from "../../../2026.916.js";

const { service, seed, sql } = await startSuite<EnvironmentService>();
const company = await seed.company();

afterEach(() =>
  sql.unsafe("delete from environment_leases; delete from environments; delete from instance_settings"),
);

const reusable = { lease_policy: "reuse_by_environment" };

async function makeDefault(id: string): Promise<void> {
  await sql.unsafe("insert into instance_settings (default_environment_id) values ($1)", [id]);
}

describe("remove", () => {
  it("leaves the leases, without their environment", async () => {
    const id = await seed.environment(company);
    const lease = await seed.lease(company, id, reusable);
    expect(await service.remove(id)).toMatchObject({ id });
    expect(await service.getLeaseById(lease)).toMatchObject({ environmentId: null, status: "active" });
    expect(await service.remove(id)).toBeNull();
  });
});

describe("removeIfDeletable", () => {
  it("removes what nothing hangs on, once", async () => {
    const id = await seed.environment(company);
    const lease = await seed.lease(company, id);
    expect(await service.removeIfDeletable(id)).toMatchObject({ id, envVars: {} });
    expect(await service.removeIfDeletable(id)).toBeNull();
    expect(await service.getLeaseById(lease)).toMatchObject({ environmentId: null });
    expect(await service.removeIfDeletable(unknownId())).toBeNull();
    await expectDatabaseError(service.removeIfDeletable("no id"), "22P02");
  });

  it("leaves the local environment and the instance's default", async () => {
    const local = await seed.environment(company, { driver: "local" });
    const other = await seed.environment(company);
    await makeDefault(other);
    expect(await Promise.all([local, other].map((id) => service.removeIfDeletable(id)))).toEqual([
      null,
      null,
    ]);
    expect(await service.list()).toHaveLength(2);
  });

  it.each([
    ["pending_cleanup", "ephemeral", false],
    ["active", "reuse_by_environment", false],
    ["released", "reuse_by_environment", false],
    ["retained", "reuse_by_environment", false],
    ["expired", "reuse_by_environment", true],
    ["failed", "reuse_by_environment", true],
    ["active", "ephemeral", true],
    ["retained", "retain_on_failure", true],
  ])("with a lease that is %s, of the policy %s: %j", async (status, lease_policy, isRemoved) => {
    const id = await seed.environment(company);
    await seed.lease(company, id, { status, lease_policy });
    expect((await service.removeIfDeletable(id)) !== null).toBe(isRemoved);
    expect((await service.getById(id)) === null).toBe(isRemoved);
  });

  it.each(["pending_cleanup", "reusable"])("against a %s lease that is being inserted", async (kind) => {
    const id = await seed.environment(company);
    const columns =
      kind === "reusable" ? ["active", "reuse_by_environment"] : ["pending_cleanup", "ephemeral"];
    let removing: Promise<unknown> = Promise.resolve();
    await sql.begin(async (tx) => {
      await tx.unsafe("select from environments where id = $1 for key share", [id]);
      await tx.unsafe(
        "insert into environment_leases (company_id, environment_id, status, lease_policy) values ($1, $2, $3, $4)",
        [company, id, ...columns] as string[],
      );
      removing = service.removeIfDeletable(id);
      await untilSomebodyWaits();
    });
    // The original goes on with what it saw before it waited, and removes the environment.
    expect((await removing) === null).toBe(isAddon);
    const [lease] = await sql.unsafe("select environment_id from environment_leases");
    expect(lease?.["environment_id"]).toBe(isAddon ? id : null);
  });

  async function untilSomebodyWaits(): Promise<void> {
    for (;;) {
      const waiting = await sql.unsafe(
        "select from pg_locks l join pg_stat_activity a using (pid) where not l.granted and a.datname = current_database()",
      );
      if (waiting.length > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
});

describe("hasUnresolvedPendingCleanupLeases", () => {
  it("tells whether a lease of the environment is so", async () => {
    const [one, other] = [await seed.environment(company), await seed.environment(company)];
    await seed.lease(company, one, { status: "pending_cleanup" });
    await seed.lease(company, other, { status: "failed" });
    expect(await service.hasUnresolvedPendingCleanupLeases(one)).toBe(true);
    expect(await service.hasUnresolvedPendingCleanupLeases(other)).toBe(false);
    expect(await service.hasUnresolvedPendingCleanupLeases(unknownId())).toBe(false);
    await expectDatabaseError(service.hasUnresolvedPendingCleanupLeases("no id"), "22P02");
  });
});

describe("listBoundCompanyIds", () => {
  it("gives each company once, and nobody for an environment without a binding", async () => {
    const id = await seed.environment(company);
    const other = await seed.company();
    for (const [owner, bundle, kind] of [
      [company, "a", "environment"],
      [company, "b", "environment"],
      [other, "a", "environment"],
      [await seed.company(), "a", "agent"],
    ]) {
      await sql.unsafe(
        `insert into built_in_managed_resources
         (company_id, bundle_key, resource_kind, resource_key, resource_id, stock_version, stock_hash)
         values ($1, $2, $3, 'key', $4, '1', 'hash')`,
        [owner, bundle, kind, id] as string[],
      );
    }
    expect((await service.listBoundCompanyIds(id)).sort()).toEqual([company, other].sort());
    expect(await service.listBoundCompanyIds(unknownId())).toEqual([]);
  });
});

describe("getDeleteBlastRadius", () => {
  const KEYS = [
    ...["environmentId", "canDelete", "deleteBlockedReasons", "pendingCleanupLeaseCount"],
    ...["reusableSandboxLeaseCount", "reusableSandboxLeaseHolders", "staticReferences", "activeRuntimeUse"],
  ];

  it("is null for what is not there", async () => {
    expect(await service.getDeleteBlastRadius(unknownId())).toBeNull();
    await expectDatabaseError(service.getDeleteBlastRadius("no id"), "22P02");
  });

  it("is empty where nothing hangs on the environment", async () => {
    const id = await seed.environment(company);
    const radius = await service.getDeleteBlastRadius(id);
    expect(Object.keys(radius ?? {})).toEqual(KEYS);
    expect(radius).toEqual({
      environmentId: id,
      canDelete: true,
      deleteBlockedReasons: [],
      pendingCleanupLeaseCount: 0,
      reusableSandboxLeaseCount: 0,
      reusableSandboxLeaseHolders: [],
      staticReferences: {
        isManagedLocal: false,
        isInstanceDefault: false,
        agentDefaultCount: 0,
        executionWorkspaceSelectionCount: 0,
        issueSelectionCount: 0,
        projectSelectionCount: 0,
        secretBindingCount: 0,
      },
      activeRuntimeUse: {
        activeLeaseCount: 0,
        activeCustomImageSetupSessionCount: 0,
        hasActiveRuntimeUse: false,
      },
    });
  });

  it("counts all that hangs on it, with the reasons in their order", async () => {
    const id = await seed.environment(company, { driver: "local" });
    await makeDefault(id);
    const [workspace, issue, run] = [
      await seed.workspace(company),
      await seed.issue(company),
      await seed.run(company),
    ];
    const json = JSON.stringify({ environmentId: id });
    await sql.unsafe("update agents set default_environment_id = $1", [id]);
    await sql.unsafe("update execution_workspaces set metadata = $1 where id = $2", [
      `{"config": ${json}}`,
      workspace,
    ]);
    await sql.unsafe(
      "update issues set execution_workspace_settings = $1, identifier = 'PAP-1', title = 'Fix \"it\"' where id = $2",
      [json, issue],
    );
    await sql.unsafe("update projects set execution_workspace_policy = $1", [json]);
    const [secret] = await sql.unsafe(
      "insert into company_secrets (company_id, name, key) values ($1, 'n', 'k') returning id",
      [company],
    );
    await sql.unsafe(
      `insert into company_secret_bindings (company_id, secret_id, target_type, target_id, config_path)
       values ($1, $2, 'environment', $3, 'config.x')`,
      [company, secret?.["id"] as string, id],
    );
    for (const status of ["capturing", "completed"]) {
      await sql.unsafe(
        "insert into environment_custom_image_setup_sessions (environment_id, provider, status) values ($1, 'p', $2)",
        [id, status],
      );
    }
    await seed.lease(company, id, { status: "pending_cleanup" });
    const held = { ...reusable, status: "retained", execution_workspace_id: workspace, issue_id: issue };
    const leases = [
      await seed.lease(company, id, held),
      await seed.lease(company, id, { ...reusable, heartbeat_run_id: run }),
    ];
    const radius = await service.getDeleteBlastRadius(id);
    expect(radius).toMatchObject({
      canDelete: false,
      deleteBlockedReasons: [
        "managed_local",
        "instance_default",
        "pending_sandbox_cleanup",
        "reusable_sandbox_lease",
      ],
      pendingCleanupLeaseCount: 1,
      reusableSandboxLeaseCount: 2,
      staticReferences: {
        isManagedLocal: true,
        isInstanceDefault: true,
        agentDefaultCount: 1,
        executionWorkspaceSelectionCount: 1,
        issueSelectionCount: 1,
        projectSelectionCount: 1,
        secretBindingCount: 1,
      },
      activeRuntimeUse: {
        activeLeaseCount: 1,
        activeCustomImageSetupSessionCount: 1,
        hasActiveRuntimeUse: true,
      },
    });
    const holders = radius?.reusableSandboxLeaseHolders ?? [];
    expect(holders.map(({ leaseId }) => leaseId).sort()).toEqual(leases.sort());
    expect(holders.find(({ issueId }) => issueId !== null)).toEqual({
      leaseId: expect.any(String),
      executionWorkspaceId: workspace,
      executionWorkspaceName: "Workspace",
      issueId: issue,
      issueIdentifier: "PAP-1",
      issueTitle: 'Fix "it"',
    });
    expect(holders.find(({ issueId }) => issueId === null)).toMatchObject({ executionWorkspaceName: null });

    // References in JSON are compared as text: as ever, an upper-case id finds none.
    const upper = await service.getDeleteBlastRadius(id.toUpperCase());
    expect(upper?.environmentId).toBe(id.toUpperCase());
    expect(upper?.staticReferences).toMatchObject({
      agentDefaultCount: 1,
      issueSelectionCount: 0,
      projectSelectionCount: 0,
    });
  });
});
