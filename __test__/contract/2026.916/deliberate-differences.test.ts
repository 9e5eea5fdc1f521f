// What the addon of 2026.916 does otherwise than the original, on purpose. Each test states what both do.

import { afterEach, describe, expect, it, vi } from "vitest";

import { rejection } from "../../support/errors.js";
import { isAddon } from "../../support/provider.js";
import { invalid, startSuite } from "../../support/suite.js";
import type { EnvironmentService } from "../../../2026.916.js";

const { service, seed, sql } = await startSuite<EnvironmentService>();

afterEach(async () => {
  vi.unstubAllEnvs();
  await sql.unsafe("delete from environments");
});

async function storedMetadata(id: string): Promise<string> {
  const [row] = await sql<{ metadata: string }[]>`
    select metadata::text as metadata from environments where id = ${id}`;
  return String(row?.metadata);
}

/** A number that is another one in JavaScript. */
const LARGE = "12345678901234567891";

describe("a number in metadata that a double cannot hold", () => {
  it.each<[string, string, (id: string) => Promise<unknown>]>([
    ["a patch of the status", "ssh", (id) => service.update(id, { status: "archived" })],
    ["an adoption", "local", () => service.ensureLocalEnvironment()],
  ])("is kept by %s with the addon, and rounded with the original", async (_, driver, call) => {
    vi.stubEnv("PAPERCLIP_MANAGED_CONFIG", "");
    const id = await seed.environment("", { name: "any", driver, metadata: `{"large": ${LARGE}}` });
    await call(id);
    const stored = await storedMetadata(id);
    if (isAddon) expect(stored).toContain(LARGE);
    else expect(stored).toContain("12345678901234567000");
  });
});

describe("metadata that is JSON text in which there is JSON", () => {
  it("is read once by a patch of the status with the addon, and twice with the original", async () => {
    const id = await seed.environment("", { name: "any", metadata: '"[7]"' });
    const patched = await service.update(id, { status: "archived" });
    expect(patched?.metadata).toEqual(isAddon ? { 0: "[", 1: "7", 2: "]" } : { 0: 7 });
  });
});

describe("undefined as an id that is looked up first", () => {
  it.each<[string, string, () => Promise<unknown>]>([
    [
      "insertPendingCleanupLease",
      "input.environmentId",
      () => service.insertPendingCleanupLease(invalid({ companyId: "c", failureReason: "f" })),
    ],
    [
      "acquireLease, with a binding",
      "input.environmentId",
      () => service.acquireLease(invalid({ companyId: "c", assertCompanyBinding: true })),
    ],
  ])("%s: is named by the addon, and is the driver's error with the original", async (_, name, call) => {
    const error = await rejection(call());
    if (isAddon) {
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain(name);
    } else {
      expect(error["code"]).toBe("UNDEFINED_VALUE");
    }
  });
});

describe("two wrong arguments of a call that sends several statements", () => {
  it("are told in the order of the checks with the addon, of the statements with the original", async () => {
    const wrong = { companyId: "none", environmentId: "none", metadata: () => 1, assertCompanyBinding: true };
    const error = await rejection(service.acquireLease(invalid(wrong)));
    if (isAddon) {
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain("input.metadata");
    } else {
      expect(error).toMatchObject({ code: "22P02", message: expect.stringContaining('"none"') as string });
    }
  });
});
