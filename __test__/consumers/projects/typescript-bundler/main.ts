import assert from "node:assert/strict";

import { environmentService, type Environment, type EnvironmentService } from "./environments";

const companyId = process.env.TEST_COMPANY_ID!;
const environments: EnvironmentService = environmentService(process.env.TEST_DATABASE_URL);

const made: Environment = await environments.create(companyId, {
  name: "Build box",
  driver: "ssh",
  config: { host: "build.example", port: 22 },
});
assert.deepEqual(await environments.list(companyId, { driver: "ssh" }), [made]);

const renamed = await environments.update(made.id, { name: "Old build box", status: "archived" });
assert.equal(renamed?.status, "archived");
assert.deepEqual(renamed?.config, { host: "build.example", port: 22 });

assert.equal((await environments.remove(made.id))?.id, made.id);
assert.equal(await environments.getById(made.id), null);

await environments.close();
console.log("An environment was made, changed and removed.");
