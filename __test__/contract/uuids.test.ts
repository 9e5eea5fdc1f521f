import { describe, expect, it } from "vitest";

import { expectDatabaseError } from "../support/errors.js";
import { callsById, methodNames } from "../support/methods.js";
import { startSuite, unknownId } from "../support/suite.js";

const { service, seed, snapshot } = await startSuite();

const hex = (id: string) => id.replaceAll("-", "");

const forms: [string, (id: string) => string][] = [
  ["lower case", (id) => id],
  ["upper case", (id) => id.toUpperCase()],
  ["mixed case", (id) => id.slice(0, 18).toUpperCase() + id.slice(18)],
  ["braces", (id) => `{${id}}`],
  ["braces and upper case", (id) => `{${id.toUpperCase()}}`],
  ["no hyphens", hex],
  ["braces and no hyphens", (id) => `{${hex(id)}}`],
  ["a hyphen after every four digits", (id) => hex(id).replace(/(.{4})(?!$)/g, "$1-")],
  ["a hyphen after the first eight digits only", (id) => hex(id).replace(/^(.{8})/, "$1-")],
];

async function newRows() {
  const company = await seed.company();
  const environment = await seed.environment(company);
  const run = await seed.run(company);
  const lease = await seed.lease(company, environment, { heartbeat_run_id: run });
  return { company, environment, run, lease };
}

describe.each(forms)("an id with %s", (_, form) => {
  it("finds the row in every method, and comes back in lower case with hyphens", async () => {
    const { company, environment, run, lease } = await newRows();
    expect(await service.getById(form(environment))).toMatchObject({ id: environment });
    expect(await service.getLeaseById(form(lease))).toMatchObject({ id: lease });
    expect(await service.list(form(company))).toMatchObject([{ id: environment, companyId: company }]);
    expect(await service.listLeases(form(environment))).toMatchObject([
      { id: lease, environmentId: environment },
    ]);
    expect(await service.update(form(environment), { name: "x" })).toMatchObject({ id: environment });
    expect(await service.updateLeaseMetadata(form(lease), { a: 1 })).toMatchObject({ id: lease });
    expect(await service.releaseLeasesForRun(form(run))).toMatchObject([{ id: lease, heartbeatRunId: run }]);
    expect(await service.releaseLease(form(lease))).toMatchObject({ id: lease });
    expect(await service.remove(form(environment))).toMatchObject({ id: environment });
  });

  it("is accepted wherever a row is inserted", async () => {
    const { company, environment, run } = await newRows();
    expect(await service.create(form(company), { name: "n", driver: "ssh" })).toMatchObject({
      companyId: company,
    });
    const local = await service.ensureLocalEnvironment(form(company));
    expect(local).toMatchObject({ companyId: company });
    expect((await service.ensureLocalEnvironment(form(company))).id).toBe(local.id);
    const workspace = await seed.workspace(company);
    const issue = await seed.issue(company);
    expect(
      await service.acquireLease({
        companyId: form(company),
        environmentId: form(environment),
        executionWorkspaceId: form(workspace),
        issueId: form(issue),
        heartbeatRunId: form(run),
      }),
    ).toMatchObject({
      companyId: company,
      environmentId: environment,
      executionWorkspaceId: workspace,
      issueId: issue,
      heartbeatRunId: run,
    });
  });
});

const malformed: [string, string][] = [
  ["empty text", ""],
  ["a word", "nope"],
  ["the word null", "null"],
  ["the word NULL", "NULL"],
  ["one digit too few", "00000000-0000-4000-8000-00000000000"],
  ["one digit too many", "00000000-0000-4000-8000-0000000000000"],
  ["a letter that is no digit", "g0000000-0000-4000-8000-000000000000"],
  ["a space before", " 00000000-0000-4000-8000-000000000000"],
  ["a space after", "00000000-0000-4000-8000-000000000000 "],
  ["a line end after", "00000000-0000-4000-8000-000000000000\n"],
  ["an open brace", "{00000000-0000-4000-8000-000000000000"],
  ["a closed brace", "00000000-0000-4000-8000-000000000000}"],
  ["parentheses", "(00000000-0000-4000-8000-000000000000)"],
  ["a hyphen out of place", "000-00000-0000-4000-8000-000000000000"],
  ["a hyphen at the end", "00000000-0000-4000-8000-000000000000-"],
  ["a URN", "urn:uuid:00000000-0000-4000-8000-000000000000"],
  ["two ids", "00000000-0000-4000-8000-000000000000,00000000-0000-4000-8000-000000000000"],
  ["an array literal", "{}"],
  ["an array literal of an id and more", "{00000000-0000-4000-8000-000000000000},"],
  ["a quote", '"'],
  ["a backslash", "\\"],
  ["digits of another script", "٠٠٠٠٠٠٠٠-0000-4000-8000-000000000000"],
  ["a very long text", "x".repeat(5000)],
];

describe.each(methodNames)("%s: a malformed id rejects as Postgres rejects it", (method) => {
  it.each(malformed)("%s, and writes nothing", async (_, id) => {
    const before = await snapshot();
    await expectDatabaseError(callsById[method](service, id), "22P02", {
      message: `invalid input syntax for type uuid: "${id}"`,
      severity: "ERROR",
    });
    expect(await snapshot()).toEqual(before);
  });

  it("a lone surrogate, as the U+FFFD that it becomes", async () => {
    await expectDatabaseError(callsById[method](service, "\ud800"), "22P02", {
      message: 'invalid input syntax for type uuid: "\ufffd"',
    });
  });

  it("U+0000, as text that Postgres does not take", async () => {
    await expectDatabaseError(callsById[method](service, "a\0b"), "22021", {
      message: 'invalid byte sequence for encoding "UTF8": 0x00',
    });
  });
});

describe("acquireLease: each of its ids, when malformed, rejects as Postgres rejects it", () => {
  it.each(["companyId", "environmentId", "executionWorkspaceId", "issueId", "heartbeatRunId"])(
    "%s",
    async (field) => {
      const { company: companyId, environment: environmentId } = await newRows();
      const before = await snapshot();
      await expectDatabaseError(
        service.acquireLease({ companyId, environmentId, [field]: "nope" }),
        "22P02",
        {
          message: 'invalid input syntax for type uuid: "nope"',
        },
      );
      await expectDatabaseError(service.acquireLease({ companyId, environmentId, [field]: "" }), "22P02", {
        message: 'invalid input syntax for type uuid: ""',
      });
      expect(await snapshot()).toEqual(before);
    },
  );
});

describe("an id of a kind that nobody generates", () => {
  it.each([
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "12345678-1234-f234-0234-123456789abc",
  ])("%s is an id like any other", async (id) => {
    expect(await service.getById(id)).toBeNull();
    await seed.environment(await seed.company(), { id });
    expect(await service.getById(id)).toMatchObject({ id });
    await service.remove(id);
  });

  it("a well-formed id that no row has is no error anywhere but in a foreign key", async () => {
    const id = unknownId();
    expect(await service.list(id)).toEqual([]);
    expect(await service.listLeases(id)).toEqual([]);
    expect(await service.releaseLeasesForRun(id)).toEqual([]);
    for (const method of [
      "getById",
      "getLeaseById",
      "update",
      "remove",
      "releaseLease",
      "updateLeaseMetadata",
    ] as const) {
      expect(await callsById[method](service, id)).toBeNull();
    }
  });
});
