import { environmentService } from "paperclip-environment-service";

const companyId = process.env.TEST_COMPANY_ID!;
const environments = environmentService(process.env.TEST_DATABASE_URL);
afterAll(() => environments.close());

test("a lease is acquired and released", async () => {
  const { id: environmentId } = await environments.ensureLocalEnvironment(companyId);
  const lease = await environments.acquireLease({ companyId, environmentId, expiresAt: new Date(0) });
  expect(lease.expiresAt).toEqual(new Date(0));
  expect(await environments.releaseLease(lease.id)).toMatchObject({ status: "released" });
});

test("what PostgreSQL rejects is an error with its code", async () => {
  await expect(environments.getById("no id")).rejects.toMatchObject({ name: "PostgresError", code: "22P02" });
});
