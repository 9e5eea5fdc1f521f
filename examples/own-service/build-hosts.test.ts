import { environmentService } from "paperclip-environment-service";
import { afterAll, beforeEach, expect, inject, test } from "vitest";

import { buildHosts } from "./build-hosts.js";

const companyId = inject("companyId");
const environments = environmentService(inject("databaseUrl"));
afterAll(() => environments.close());

const hosts = buildHosts(environments, companyId);

beforeEach(async () => {
  for (const { id } of await environments.list(companyId)) await environments.remove(id);
});

const addHost = (name: string) => environments.create(companyId, { name, driver: "ssh" });

test("a job holds a host while it runs, and no longer", async () => {
  const { id } = await addHost("one");
  const result = await hosts.run("compile", async ({ host, lease }) => {
    expect(host.id).toBe(id);
    expect(await environments.listLeases(id)).toEqual([lease]);
    expect(lease).toMatchObject({ status: "active", metadata: { job: "compile" } });
    return "compiled";
  });
  expect(result).toBe("compiled");
  expect(await environments.listLeases(id)).toMatchObject([{ status: "released", failureReason: null }]);
});

test("a job that fails says why in its lease", async () => {
  const { id } = await addHost("one");
  const failing = hosts.run("compile", () => Promise.reject(new Error("no space left")));
  await expect(failing).rejects.toThrow("no space left");
  expect(await environments.listLeases(id)).toMatchObject([
    { status: "failed", failureReason: "no space left" },
  ]);
});

test("each job gets the host that the fewest others hold", async () => {
  const ids = [await addHost("one"), await addHost("two")].map(({ id }) => id).sort();
  await hosts.run("first", async (first) => {
    await hosts.run("second", async (second) => {
      expect([first.host.id, second.host.id].sort()).toEqual(ids);
    });
    expect((await hosts.freest()).id).not.toBe(first.host.id);
  });
});

test("archived hosts and other drivers are not asked", async () => {
  await environments.create(companyId, { name: "old", driver: "ssh", status: "archived" });
  await environments.ensureLocalEnvironment(companyId);
  await expect(hosts.run("compile", async () => {})).rejects.toThrow("no active SSH host");
});
