import { describe, expect, it } from "vitest";

import { expectDatabaseError, rejection } from "../support/errors.js";
import type { AcquireInput } from "../support/provider.js";
import { invalid, startSuite, unknownId } from "../support/suite.js";

const { service, seed } = await startSuite();

const NUL_TEXT = "a\0b";
const NUL_JSON = { a: "\0" };
const BAD_UUID = "22P02";
const BAD_TEXT = "22021";
const BAD_JSON = "22P05";
const NOT_NULL = "23502";
const FOREIGN_KEY = "23503";

const company = await seed.company();
const environmentId = await seed.environment(company);

/** What JSON.stringify throws a TypeError for. */
const unserialisable = { a: 1n };

describe("of several bad arguments, the one reported is", () => {
  it("of create: the company, then the columns in the table's order", async () => {
    const bad = { name: NUL_TEXT, driver: "ssh", config: NUL_JSON } as const;
    await expectDatabaseError(service.create("nope", bad), BAD_UUID);
    await expectDatabaseError(service.create(company, bad), BAD_TEXT);
    await expectDatabaseError(service.create(company, { ...bad, name: "n" }), BAD_JSON);
  });

  it("of update: the values before the id", async () => {
    await expectDatabaseError(service.update("nope", { name: NUL_TEXT }), BAD_TEXT);
    await expectDatabaseError(service.update("nope", { config: NUL_JSON }), BAD_JSON);
    await expectDatabaseError(service.update("nope", { name: NUL_TEXT, config: NUL_JSON }), BAD_TEXT);
    await expectDatabaseError(service.update("nope", invalid({ name: null })), BAD_UUID);
  });

  it("of list and listLeases: the id before the filters", async () => {
    await expectDatabaseError(service.list("nope", { status: NUL_TEXT }), BAD_UUID);
    await expectDatabaseError(service.listLeases("nope", { status: NUL_TEXT }), BAD_UUID);
  });

  it("of releaseLease and updateLeaseMetadata: the values before the id", async () => {
    await expectDatabaseError(service.releaseLease("nope", "failed", { failureReason: NUL_TEXT }), BAD_TEXT);
    await expectDatabaseError(service.updateLeaseMetadata("nope", NUL_JSON), BAD_JSON);
    await expectDatabaseError(service.releaseLease("nope", invalid(null)), BAD_UUID);
  });

  it("of acquireLease: the columns in the table's order", async () => {
    const acquire = (input: Partial<AcquireInput>) =>
      service.acquireLease({ companyId: company, environmentId, ...input });
    await expectBadUuid(acquire({ companyId: "first", environmentId: "second", issueId: "third" }), "first");
    await expectBadUuid(acquire({ environmentId: "second", executionWorkspaceId: "third" }), "second");
    await expectBadUuid(acquire({ executionWorkspaceId: "third", issueId: "fourth" }), "third");
    await expectBadUuid(acquire({ issueId: "fourth", heartbeatRunId: "fifth" }), "fourth");
    await expectBadUuid(acquire({ heartbeatRunId: "fifth", provider: NUL_TEXT }), "fifth");
    await expectDatabaseError(acquire({ provider: NUL_TEXT, metadata: NUL_JSON }), BAD_TEXT);
    await expectDatabaseError(acquire({ expiresAt: new Date(-1e15), metadata: NUL_JSON }), "22009");
  });

  it("what JavaScript rejects before what Postgres rejects", async () => {
    expect(
      await rejection(service.create("nope", { name: NUL_TEXT, config: unserialisable })),
    ).toBeInstanceOf(TypeError);
    expect(await rejection(service.update("nope", { metadata: unserialisable }))).toBeInstanceOf(TypeError);
    expect(await rejection(service.updateLeaseMetadata("nope", unserialisable))).toBeInstanceOf(TypeError);
    const expiresAt = new Date(Number.NaN);
    expect(
      await rejection(service.acquireLease({ companyId: "nope", environmentId, expiresAt })),
    ).toBeInstanceOf(RangeError);
  });

  it("an Invalid Date before JSON that cannot be written, and config before metadata", async () => {
    const expiresAt = new Date(Number.NaN);
    const both = { companyId: company, environmentId, expiresAt, metadata: unserialisable };
    expect(await rejection(service.acquireLease(both))).toBeInstanceOf(RangeError);
    const failing = (message: string) => ({
      toJSON() {
        throw new Error(message);
      },
    });
    const input = { name: "n", config: failing("config"), metadata: failing("metadata") };
    expect((await rejection(service.create(company, input))).message).toBe("config");
    expect((await rejection(service.update(environmentId, input))).message).toBe("config");
  });

  it("a malformed value before a missing one, and a missing one before a foreign key", async () => {
    await expectDatabaseError(service.create("nope", invalid({})), BAD_UUID);
    await expectDatabaseError(service.create(unknownId(), invalid({})), NOT_NULL, { column_name: "name" });
    await expectDatabaseError(service.acquireLease(invalid({ environmentId: unknownId() })), NOT_NULL, {
      column_name: "company_id",
    });
    await expectDatabaseError(service.acquireLease(invalid({ issueId: "nope" })), BAD_UUID);
  });

  it("of several missing values, the first column", async () => {
    await expectDatabaseError(service.create(invalid(null), invalid({ driver: null })), NOT_NULL, {
      column_name: "company_id",
    });
    await expectDatabaseError(
      service.update(environmentId, invalid({ config: null, name: null })),
      NOT_NULL,
      {
        column_name: "name",
      },
    );
  });

  it("of several rows that do not exist, the one whose foreign key was made first", async () => {
    const issueId = unknownId();
    const heartbeatRunId = unknownId();
    const input = { companyId: company, environmentId, issueId, heartbeatRunId };
    await expectDatabaseError(service.acquireLease(input), FOREIGN_KEY, {
      constraint_name: "environment_leases_issue_id_issues_id_fk",
    });
    await expectDatabaseError(service.acquireLease({ ...input, companyId: unknownId() }), FOREIGN_KEY, {
      constraint_name: "environment_leases_company_id_companies_id_fk",
    });
  });
});

async function expectBadUuid(call: Promise<unknown>, id: string) {
  await expectDatabaseError(call, BAD_UUID, { message: `invalid input syntax for type uuid: "${id}"` });
}
