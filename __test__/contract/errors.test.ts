import { inspect } from "node:util";

import { describe, expect, inject, it } from "vitest";

import { expectDatabaseError, rejection } from "../support/errors.js";
import { invalid, startSuite, unknownId } from "../support/suite.js";

const { service, seed, sql, snapshot } = await startSuite();

/** Postgres raises this error, with every field that an error can have, for a row of this name. */
await sql.unsafe(`
  create function raise_everything() returns trigger language plpgsql as $$
  begin
    raise exception 'no % here', new.name using
      errcode = 'P0042', detail = 'the detail', hint = 'the hint', schema = 'the schema',
      table = 'the table', column = 'the column', datatype = 'the type', constraint = 'the constraint';
  end $$;
  create trigger raise_everything before insert or update on environments
    for each row when (new.name = 'raise') execute function raise_everything();
`);

const FIELDS = ["detail", "hint", "where", "schema_name", "table_name", "column_name", "constraint_name"];

describe("a database error", () => {
  it("has the fields of Postgres under the names of postgres.js", async () => {
    const company = await seed.company();
    const environment = await seed.environment(company);
    const before = await snapshot();
    for (const call of [
      () => service.create(company, { name: "raise", driver: "ssh" }),
      () => service.update(environment, { name: "raise" }),
    ]) {
      await expectDatabaseError(call(), "P0042", {
        message: "no raise here",
        severity: "ERROR",
        detail: "the detail",
        hint: "the hint",
        where: expect.stringMatching(/^PL\/pgSQL function raise_everything\(\) line 3 at RAISE/),
        schema_name: "the schema",
        table_name: "the table",
        column_name: "the column",
        constraint_name: "the constraint",
      });
    }
    expect(await snapshot()).toEqual(before);
  });

  it("has no field that Postgres did not send", async () => {
    const company = unknownId();
    const foreignKey = await rejection(service.create(company, { name: "n", driver: "ssh" }));
    expect(FIELDS.filter((field) => foreignKey[field] !== undefined)).toEqual([
      "detail",
      "schema_name",
      "table_name",
      "constraint_name",
    ]);
    const missing = await rejection(
      service.create(await seed.company(), { name: "n", driver: invalid(null) }),
    );
    expect(FIELDS.filter((field) => missing[field] !== undefined)).toEqual([
      "detail",
      "schema_name",
      "table_name",
      "column_name",
    ]);
  });

  it("is an Error of this realm, whose text is its name and message", async () => {
    const error = await rejection(service.getById("nope"));
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe('PostgresError: invalid input syntax for type uuid: "nope"');
    expect(error.stack).toContain('PostgresError: invalid input syntax for type uuid: "nope"');
  });

  it("is a new one for each call", async () => {
    const errors = await Promise.all([
      rejection(service.getById("nope")),
      rejection(service.getById("nope")),
    ]);
    expect(errors[0]).not.toBe(errors[1]);
  });

  it("keeps its message whole, in whatever script", async () => {
    const id = `окружение 環境 🚀 ${"x".repeat(3000)}`;
    expect((await rejection(service.getById(id))).message).toBe(
      `invalid input syntax for type uuid: "${id}"`,
    );
  });

  it("leaves the service able to work", async () => {
    const company = await seed.company();
    for (let n = 0; n < 50; n++) await rejection(service.getById("nope"));
    expect(await service.create(company, { name: "n", driver: "ssh" })).toMatchObject({ companyId: company });
  });

  it("holds no password and no connection string, wherever one looks", async () => {
    const { password } = new URL(inject("serverUrl"));
    const errors = [
      await rejection(service.getById("nope")),
      await rejection(service.create(unknownId(), { name: "n", driver: "ssh" })),
    ];
    for (const error of errors) {
      const everything = inspect(error, { showHidden: true, depth: 8, maxStringLength: null });
      expect(everything).not.toContain("postgres://");
      if (password) expect(everything).not.toContain(password);
    }
  });
});

describe("an error that a table of another shape makes", () => {
  it("comes through with its SQLSTATE, and is gone when the table is back", async () => {
    const id = await seed.environment(await seed.company());
    await sql.unsafe("alter table environments rename to elsewhere");
    try {
      await expectDatabaseError(service.getById(id), "42P01", {
        message: 'relation "environments" does not exist',
      });
    } finally {
      await sql.unsafe("alter table elsewhere rename to environments");
    }
    expect(await service.getById(id)).toMatchObject({ id });
  });

  it("comes through for a refused permission to write", async () => {
    const company = await seed.company();
    await sql.unsafe(`
      create function refuse() returns trigger language plpgsql as $$
      begin raise insufficient_privilege using message = 'read only'; end $$;
      create trigger refuse before insert on environment_leases execute function refuse();
    `);
    const environmentId = await seed.environment(company);
    await expectDatabaseError(service.acquireLease({ companyId: company, environmentId }), "42501", {
      message: "read only",
    });
    await sql.unsafe("drop trigger refuse on environment_leases");
    expect(await service.acquireLease({ companyId: company, environmentId })).toMatchObject({
      environmentId,
    });
  });
});
