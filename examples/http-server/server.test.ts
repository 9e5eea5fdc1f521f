import assert from "node:assert/strict";
import { after, test } from "node:test";

import { environmentService } from "paperclip-environment-service";

import { startServer } from "./server.js";

const { url: databaseUrl, companyId, stop } = await database();
const environments = environmentService(databaseUrl);
const server = await startServer(databaseUrl);
after(async () => {
  await Promise.all([server.close(), environments.close()]);
  await stop();
});
const unknown = "00000000-0000-4000-8000-000000000000";

/** The one that is named, with a company in it; otherwise one of our own. */
async function database() {
  const { TEST_DATABASE_URL: url, TEST_COMPANY_ID: companyId } = process.env;
  if (url && companyId) return { url, companyId, stop: async () => {} };
  const { startDatabase } = await import("./support/database.mjs");
  return startDatabase();
}

async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }> {
  const response = await fetch(server.url + path, {
    method,
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
  return { status: response.status, body: await response.json() };
}

const make = async (input: object) => (await ask("POST", `/companies/${companyId}/environments`, input)).body;

test("an environment is created, and answered with 201", async () => {
  const input = { name: "Staging", driver: "ssh", config: { host: "staging.example" } };
  const { status, body } = await ask("POST", `/companies/${companyId}/environments`, input);
  assert.equal(status, 201);
  assert.deepEqual({ ...body, ...input, companyId, status: "active", metadata: null }, body);
  assert.deepEqual(await ask("GET", `/environments/${body.id}`), { status: 200, body });
});

test("a company's environments are listed, those of a driver or a status if asked for", async () => {
  const sandbox = await make({ name: "Sandbox", driver: "sandbox", status: "archived" });
  const all = await ask("GET", `/companies/${companyId}/environments`);
  assert.ok(all.body.some(({ id }: { id: string }) => id === sandbox.id));
  const some = await ask("GET", `/companies/${companyId}/environments?driver=sandbox&status=archived`);
  assert.deepEqual(some, { status: 200, body: [sandbox] });
  // Express makes an array of it, which is no status.
  const twice = await ask("GET", `/companies/${companyId}/environments?status=active&status=archived`);
  assert.deepEqual(twice, { status: 200, body: [] });
});

test("an environment is changed", async () => {
  const made = await make({ name: "Old", driver: "ssh" });
  const { status, body } = await ask("PATCH", `/environments/${made.id}`, { name: "New" });
  assert.equal(status, 200);
  assert.deepEqual(body, { ...made, name: "New", updatedAt: body.updatedAt });
});

test("an environment is removed, and its leases with it", async () => {
  const made = await make({ name: "Short-lived", driver: "ssh" });
  const lease = await environments.acquireLease({ companyId, environmentId: made.id });
  assert.deepEqual(await ask("DELETE", `/environments/${made.id}`), { status: 200, body: made });
  assert.equal((await ask("GET", `/environments/${made.id}`)).status, 404);
  assert.equal((await ask("GET", `/environment-leases/${lease.id}`)).status, 404);
});

test("leases are shown, one and all", async () => {
  const made = await make({ name: "Leased", driver: "ssh" });
  const lease = await environments.acquireLease({ companyId, environmentId: made.id });
  const body = JSON.parse(JSON.stringify(lease));
  assert.deepEqual(await ask("GET", `/environment-leases/${lease.id}`), { status: 200, body });
  assert.deepEqual(await ask("GET", `/environments/${made.id}/leases`), { status: 200, body: [body] });
  const none = await ask("GET", `/environments/${made.id}/leases?status=released`);
  assert.deepEqual(none, { status: 200, body: [] });
});

test("what is not there is answered with 404", async () => {
  const environment = { status: 404, body: { error: "Environment not found" } };
  assert.deepEqual(await ask("GET", `/environments/${unknown}`), environment);
  assert.deepEqual(await ask("PATCH", `/environments/${unknown}`, { name: "x" }), environment);
  assert.deepEqual(await ask("DELETE", `/environments/${unknown}`), environment);
  assert.deepEqual(await ask("GET", `/environments/${unknown}/leases`), environment);
  const lease = { status: 404, body: { error: "Environment lease not found" } };
  assert.deepEqual(await ask("GET", `/environment-leases/${unknown}`), lease);
});

test("what the service rejects reaches the server's error handler", async () => {
  const { status, body } = await ask("GET", "/environments/no-id");
  assert.deepEqual([status, body.code], [400, "22P02"]);
  const noName = await ask("POST", `/companies/${companyId}/environments`, { name: 5, driver: "ssh" });
  assert.equal(noName.status, 400);
  assert.match(noName.body.error, /^input\.name must be/);
});

test("500 requests at once are all answered", async () => {
  const made = await make({ name: "Busy", driver: "ssh" });
  const answers = await Promise.all(
    Array.from({ length: 500 }, () => ask("GET", `/environments/${made.id}`)),
  );
  for (const answer of answers) assert.deepEqual(answer, { status: 200, body: made });
});
