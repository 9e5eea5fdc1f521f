const assert = require("node:assert/strict");

const { environmentService } = require("paperclip-environment-service");

const { TEST_DATABASE_URL, TEST_COMPANY_ID } = process.env;

async function main() {
  const environments = environmentService(TEST_DATABASE_URL);
  const local = await environments.ensureLocalEnvironment(TEST_COMPANY_ID);
  const leases = await Promise.all(
    Array.from({ length: 50 }, () =>
      environments.acquireLease({ companyId: TEST_COMPANY_ID, environmentId: local.id }),
    ),
  );
  assert.equal(new Set(leases.map(({ id }) => id)).size, 50);
  assert.equal((await environments.listLeases(local.id, { status: "active" })).length, 50);
  await assert.rejects(environments.getById("no id"), { name: "PostgresError", code: "22P02" });
  console.log("50 leases were acquired at once.");
}

// It ends by itself, although nothing closes the service.
main();
