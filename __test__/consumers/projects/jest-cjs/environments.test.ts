import { environmentService, type Environment } from "paperclip-environment-service";

const companyId = process.env.TEST_COMPANY_ID!;
const environments = environmentService(process.env.TEST_DATABASE_URL);
afterAll(() => environments.close());

test("an environment is made and found", async () => {
  const made: Environment = await environments.create(companyId, { name: "Sandbox", driver: "sandbox" });
  expect(await environments.getById(made.id)).toEqual(made);
  // Jest gives each test file its own globals, which dates have to use.
  expect(made.createdAt).toBeInstanceOf(Date);
});

test("calls go through while the timers are fake", async () => {
  jest.useFakeTimers({ now: new Date("2030-01-01T00:00:00.000Z") });
  const { createdAt } = await environments.create(companyId, { name: "Later", driver: "sandbox" });
  jest.useRealTimers();
  expect(createdAt.toISOString()).toBe("2030-01-01T00:00:00.000Z");
});
