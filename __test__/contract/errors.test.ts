import { inspect } from "node:util";

import { describe, expect, inject, it } from "vitest";

import { expectDatabaseError, rejection } from "../support/errors.js";
import { invalid, startSuite, unknownId } from "../support/suite.js";

const { service, seed, sql, snapshot } = await startSuite();

/** PostgreSQL raises this error, with every possible field, for a row of this name. */
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

describe("where in the server's sources, and in the statement, a database error comes from", () => {
  const PLACE = ["file", "line", "routine"];

  /** The same error as a plain client has it. */
  const refused = (statement: string, ...values: string[]) => rejection(sql.unsafe(statement, values));

  const cases: [string, string, () => Promise<[ours: Promise<unknown>, plain: Promise<unknown>]>][] = [
    [
      "a text that is no UUID",
      "22P02",
      async () => [service.getById("nope"), refused("select $1::uuid", "nope")],
    ],
    [
      "a row that is there already",
      "23505",
      async () => {
        const company = await seed.company();
        await seed.environment(company, { driver: "local" });
        return [
          service.create(company, { name: "n", driver: "local" }),
          refused("insert into environments (company_id, name) values ($1, 'n')", company),
        ];
      },
    ],
    [
      "a row that refers to none",
      "23503",
      async () => {
        const company = unknownId();
        return [
          service.create(company, { name: "n", driver: "ssh" }),
          refused("insert into environments (company_id, name) values ($1, 'n')", company),
        ];
      },
    ],
  ];

  it.each(cases)("%s: %s", async (_, code, make) => {
    const [ours, plain] = await make();
    const [error, expected] = await Promise.all([rejection(ours), plain]);
    expect(expected).toMatchObject({ code });
    expect(error).toMatchObject({ name: "PostgresError", code });
    for (const field of PLACE) {
      expect(error[field]).toEqual(expect.any(String));
      expect(error[field]).toBe((expected as Record<string, unknown>)[field]);
    }
  });

  it("each of several that are made together has its own", async () => {
    const company = unknownId();
    const errors = await Promise.all([
      ...["nope", "nor this"].map((id) => rejection(service.getById(id))),
      ...["one", "two"].map((name) => rejection(service.create(company, { name, driver: "ssh" }))),
    ]);
    const routines = errors.map(({ code, routine }) => [code, routine]);
    expect(routines).toEqual([
      ["22P02", "string_to_uuid"],
      ["22P02", "string_to_uuid"],
      ["23503", "ri_ReportViolation"],
      ["23503", "ri_ReportViolation"],
    ]);
  });

  it("the position, as text, where the statement itself is wrong", async () => {
    await sql.unsafe("alter table environments rename to elsewhere");
    try {
      const error = await rejection(service.getById(unknownId()));
      expect(error).toMatchObject({ code: "42P01", position: expect.stringMatching(/^[1-9]\d*$/) });
      expect(PLACE.map((field) => typeof error[field])).toEqual(["string", "string", "string"]);
      for (const absent of ["internal_position", "internal_query"]) expect(error).not.toHaveProperty(absent);
    } finally {
      await sql.unsafe("alter table elsewhere rename to environments");
    }
  });

  it("the statement within and the position in it, where a function's own is wrong", async () => {
    await sql.unsafe(`
      create function ask_wrongly() returns trigger language plpgsql as $$
      begin
        perform nothing_such from companies;
        return new;
      end $$;
      create trigger ask_wrongly before insert on environments
        for each row when (new.name = 'ask wrongly') execute function ask_wrongly();
    `);
    const company = await seed.company();
    const error = await rejection(service.create(company, { name: "ask wrongly", driver: "ssh" }));
    expect(error).toMatchObject({
      code: "42703",
      internal_query: "SELECT nothing_such from companies",
      internal_position: "8",
      routine: "errorMissingColumn",
    });
    expect(error).not.toHaveProperty("position");
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
