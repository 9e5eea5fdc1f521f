import assert = require("node:assert/strict");

import * as paperclip from "paperclip-environment-service";
import { environmentService, type EnvironmentService } from "paperclip-environment-service";

async function main(companyId: string): Promise<void> {
  assert.equal(paperclip.environmentService, environmentService);
  const environments: EnvironmentService = environmentService(process.env.TEST_DATABASE_URL);
  const local = await environments.ensureLocalEnvironment(companyId);
  const { id } = await environments.acquireLease({ companyId, environmentId: local.id });
  const updated = await environments.updateLeaseMetadata(id, { pid: 42 });
  assert.deepEqual(updated?.metadata, { pid: 42 });
  await environments.close();
  console.log("A lease's metadata was replaced.");
}

main(process.env.TEST_COMPANY_ID!).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
