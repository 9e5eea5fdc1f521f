import assert from "node:assert/strict";

import {
  environmentService,
  type AcquireEnvironmentLease,
  type Environment,
  type EnvironmentLease,
} from "paperclip-environment-service";

const companyId = process.env["TEST_COMPANY_ID"] ?? "";
const environments = environmentService(process.env["TEST_DATABASE_URL"]);

const local: Environment = await environments.ensureLocalEnvironment(companyId);
assert.equal(local.driver, "local");
assert.ok(local.createdAt instanceof Date);

const input: AcquireEnvironmentLease = { companyId, environmentId: local.id, metadata: { by: "nodenext" } };
const lease: EnvironmentLease = await environments.acquireLease(input);
assert.deepEqual(await environments.getLeaseById(lease.id), lease);

const released = await environments.releaseLease(lease.id, "failed", { failureReason: "out of disk" });
assert.equal(released?.failureReason, "out of disk");

// @ts-expect-error a status of no lease
await assert.rejects(environments.releaseLease(lease.id, "gone"), /Unexpected environment lease status/);

await environments.close();
console.log("A lease was acquired and released.");
