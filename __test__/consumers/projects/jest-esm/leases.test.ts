import { jest } from "@jest/globals";
import { environmentService, type EnvironmentLease } from "paperclip-environment-service";

const companyId = process.env.TEST_COMPANY_ID!;
const environments = environmentService(process.env.TEST_DATABASE_URL);
afterAll(() => environments.close());

test("the leases of a run are released together", async () => {
  jest.useFakeTimers();
  const { id: environmentId } = await environments.ensureLocalEnvironment(companyId);
  const heartbeatRunId = process.env.TEST_RUN_ID!;
  const acquired: EnvironmentLease[] = await Promise.all(
    [1, 2, 3].map(() => environments.acquireLease({ companyId, environmentId, heartbeatRunId })),
  );
  const released = await environments.releaseLeasesForRun(heartbeatRunId);
  jest.useRealTimers();
  expect(new Set(released.map(({ id }) => id))).toEqual(new Set(acquired.map(({ id }) => id)));
  expect(released[0]?.releasedAt).toBeInstanceOf(Date);
});
