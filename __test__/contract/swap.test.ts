import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { afterAll, expect, it } from "vitest";

import { createService } from "../support/provider.js";
import * as schema from "../support/schema.mjs";
import { startSuite } from "../support/suite.js";

const { url, seed } = await startSuite();

// Exactly as in a Paperclip server.
const client = postgres(url);
const db = drizzle(client, { schema });
afterAll(() => client.end({ timeout: 5 }));

it("a server goes through all twelve methods around a run", async () => {
  const environmentService = createService;
  const companyId = await seed.company();
  const heartbeatRunId = await seed.run(companyId);

  const local = await environmentService(db).ensureLocalEnvironment(companyId);
  const ssh = await environmentService(db).create(companyId, {
    name: "Build host",
    description: null,
    driver: "ssh",
    status: "active",
    config: { host: "build.example.org", port: 22, username: "agent", strictHostKeyChecking: true },
    metadata: null,
  });
  expect(typeof ssh.config["port"] === "number").toBe(true);

  const svc = environmentService(db);
  expect((await svc.list(companyId)).map(({ id }) => id).sort()).toEqual([local.id, ssh.id].sort());
  expect((await svc.list(companyId, { driver: "ssh", status: "active" })).map(({ id }) => id)).toEqual([
    ssh.id,
  ]);
  expect(await svc.getById(ssh.id)).toEqual(ssh);

  const expiresAt = new Date(Date.now() + 3_600_000);
  const first = await svc.acquireLease({
    companyId,
    environmentId: ssh.id,
    heartbeatRunId,
    leasePolicy: "reuse_by_environment",
    provider: "ssh",
    providerLeaseId: "ssh://build.example.org",
    expiresAt,
    metadata: { reuseLease: true },
  });
  const second = await svc.acquireLease({ companyId, environmentId: local.id, heartbeatRunId });
  expect(first.expiresAt instanceof Date && first.expiresAt.toISOString()).toBe(expiresAt.toISOString());
  expect(first.metadata?.["reuseLease"] === true).toBe(true);

  const touched = await svc.updateLeaseMetadata(first.id, { reuseLease: true, remoteCwd: "/work" });
  expect(await svc.getLeaseById(first.id)).toEqual(touched);

  expect(await svc.releaseLease(first.id, "retained")).toMatchObject({
    status: "retained",
    releasedAt: null,
  });
  expect((await svc.releaseLeasesForRun(heartbeatRunId, "failed")).map(({ id }) => id)).toEqual([second.id]);
  expect((await svc.listLeases(ssh.id, { status: "retained" })).map(({ id }) => id)).toEqual([first.id]);
  expect(await svc.listLeases(local.id, { status: "active" })).toEqual([]);

  const body = { ...(await svc.update(ssh.id, { status: "archived" })), leaseCount: 1 };
  expect(JSON.parse(JSON.stringify(body))).toEqual({
    ...ssh,
    status: "archived",
    createdAt: ssh.createdAt.toISOString(),
    updatedAt: body.updatedAt?.toISOString(),
    leaseCount: 1,
  });

  expect(await svc.remove(ssh.id)).toMatchObject({ id: ssh.id, status: "archived" });
  expect(await svc.getLeaseById(first.id)).toBeNull();
});

it("the server's own queries over the same client work on as before", async () => {
  const companyId = await seed.company();
  const created = await createService(db).create(companyId, { name: "n", driver: "ssh", config: { a: 1 } });
  const rows = await db.select().from(schema.environments);
  expect(rows.find(({ id }) => id === created.id)).toEqual(created);
});
