// Copies of a text in several files are equal. Readers copy examples, so each example has files of its own:
// `npx vitest run __test__/structure/copies.test.ts --update` rewrites them from the first of each kind.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { getTableConfig } from "drizzle-orm/pg-core";
import { expect, it } from "vitest";

import { environmentLeases, environments } from "../support/schema.mjs";
import { startSuite } from "../support/suite.js";
import { TABLES } from "../support/tables.mjs";

const { sql } = await startSuite();

const example = (file: string) => fileURLToPath(new URL(`../../examples/${file}`, import.meta.url));

it.each(["http-server", "own-service"])("examples/%s has the tables of the tests", async (name) => {
  await expect(TABLES).toMatchFileSnapshot(example(`${name}/support/tables.sql`));
});

it("the examples start their PostgreSQL in the same way", async () => {
  const first = await readFile(example("http-server/support/database.mjs"), "utf8");
  await expect(first).toMatchFileSnapshot(example("own-service/support/database.mjs"));
});

it.each([environments, environmentLeases].map(getTableConfig))(
  "schema.mjs has the columns of $name in schema.sql",
  async ({ name, columns }) => {
    const defined = columns.map((column) => ({
      name: column.name,
      type: column.getSQLType(),
      notNull: column.notNull,
      hasDefault: column.hasDefault,
    }));
    const stored = await sql`
    select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as "notNull", atthasdef as "hasDefault"
    from pg_attribute
    where attrelid = ${name}::regclass and attnum > 0
    order by attnum`;
    expect(defined).toEqual([...stored]);
  },
);
