import { afterAll, beforeAll, expect, it } from "vitest";
import { environmentService } from "paperclip-environment-service";

const companyId = process.env.TEST_COMPANY_ID!;
const environments = environmentService(process.env.TEST_DATABASE_URL);
let environmentId: string;

beforeAll(async () => {
  environmentId = (await environments.ensureLocalEnvironment(companyId)).id;
});
afterAll(() => environments.close());

it("acquires a lease and releases it", async () => {
  const lease = await environments.acquireLease({ companyId, environmentId });
  expect(lease).toMatchObject({ status: "active", releasedAt: null });
  expect(await environments.releaseLease(lease.id)).toMatchObject({ status: "released" });
});

it("rejects what PostgreSQL rejects", async () => {
  const lease = environments.acquireLease({ companyId, environmentId: companyId });
  await expect(lease).rejects.toMatchObject({ name: "PostgresError", code: "23503" });
});
