// A server or a pooler that allows fewer connections than the service would open.

import { afterEach, expect, it } from "vitest";

import { environmentService, type EnvironmentService } from "../addon/support/addon.js";
import { rejection } from "../support/errors.js";
import { startSuite, unknownId } from "../support/suite.js";
import { checkedRound, seedCallers } from "./support/round.js";
import { startPgBouncer } from "./support/pgbouncer.js";

const { url, sql, seed } = await startSuite();

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function service(source: string, connectTimeout: number): EnvironmentService {
  const made = environmentService(source, { connectTimeout });
  cleanups.push(() => made.close());
  return made;
}

/** The database's address for a role that may have one connection. */
async function asRoleWithOneConnection(): Promise<string> {
  await sql.unsafe(`
    create role modest login password 'modest' connection limit 1;
    grant all on all tables in schema public to modest`);
  cleanups.push(() => sql.unsafe("drop owned by modest; drop role modest"));
  const own = new URL(url);
  [own.username, own.password] = ["modest", "modest"];
  return own.href;
}

async function byPoolerForOneClient(): Promise<string> {
  const pooler = await startPgBouncer(url, { max_client_conn: 1 });
  cleanups.push(() => pooler.stop());
  return pooler.url;
}

it.each([
  ["the role's limit", asRoleWithOneConnection],
  ["the pooler's limit", byPoolerForOneClient],
])("%s: many callers make do with the one connection there is", async (_, address) => {
  const each = service(await address(), 5_000);
  expect(await each.getById(unknownId())).toBeNull();
  const callers = await seedCallers(seed, 16);
  await Promise.all(callers.map((caller) => checkedRound(each, caller)));
});

it.each([
  ["the role's limit", asRoleWithOneConnection, "53300", "too many connections for role"],
  ["the pooler's limit", byPoolerForOneClient, "08P01", "no more connections allowed"],
])("%s, which somebody else has reached: the server's own words", async (_, address, code, message) => {
  const source = await address();
  const first = service(source, 1_000);
  expect(await first.getById(unknownId())).toBeNull();
  const second = service(`${source}?application_name=second`, 1_000);
  expect(await rejection(second.getById(unknownId()))).toMatchObject({
    name: "PostgresError",
    severity: "FATAL",
    code,
    message: expect.stringContaining(message),
  });
});
