import { afterAll, expect, it, vi } from "vitest";
import { environmentService } from "paperclip-environment-service";

const companyId = process.env.TEST_COMPANY_ID!;
const environments = environmentService(process.env.TEST_DATABASE_URL);
afterAll(() => environments.close());

it("makes an environment and finds it", async () => {
  const made = await environments.create(companyId, { name: "Sandbox", driver: "sandbox" });
  expect(await environments.getById(made.id)).toEqual(made);
  expect(made.createdAt).toBeInstanceOf(Date);
});

it("reads the clock that the test has set", async () => {
  vi.useFakeTimers({ now: new Date("2030-01-01T00:00:00.000Z"), toFake: ["Date"] });
  const { createdAt } = await environments.create(companyId, { name: "Later", driver: "sandbox" });
  vi.useRealTimers();
  expect(createdAt.toISOString()).toBe("2030-01-01T00:00:00.000Z");
});
