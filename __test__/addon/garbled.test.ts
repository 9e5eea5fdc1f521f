import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";

import { openDatabase } from "../support/database.js";
import { rejection } from "../support/errors.js";
import { startSuite, unknownId } from "../support/suite.js";
import { environmentService } from "./support/addon.js";
import { runChild } from "./support/child.js";
import { startProxy } from "./support/proxy.js";
import { openThroughProxy } from "./support/through-proxy.js";

// The peer sends malformed messages, and the driver panics at some of them. That may cost a connection, but must not end
// the process or lose a lease.

const { url, sql, seed } = await startSuite();

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const throughProxy = () =>
  openThroughProxy(url, cleanups, { connectTimeout: 1_000, statementTimeout: 1_000 });

async function seeded() {
  const companyId = await seed.company();
  return { companyId, environmentId: await seed.environment(companyId) };
}

async function leaseIds(environmentId: string): Promise<string[]> {
  const rows = await sql`select id from environment_leases where environment_id = ${environmentId}`;
  return rows.map(({ id }) => id as string);
}

const message = (type: string, ...body: number[]): Buffer =>
  Buffer.from([type.charCodeAt(0), 0, 0, 0, 4 + body.length, ...body]);

/** Puts something else in the place of each message of a type. */
const inPlaceOf =
  (type: string, change: (whole: Buffer) => Buffer) =>
  (messages: Buffer[]): Buffer[] =>
    messages.map((each) => (each[0] === type.charCodeAt(0) ? change(each) : each));

/** https://www.postgresql.org/docs/current/protocol-message-formats.html */
const GARBLINGS: [string, (messages: Buffer[]) => Buffer[]][] = [
  ["ready for nothing", inPlaceOf("Z", () => message("Z"))],
  ["a row without columns", inPlaceOf("D", () => message("D", 0, 0))],
  ["a row of many columns that are not there", inPlaceOf("D", () => message("D", 0x7f, 0xff))],
  ["a row that is empty", inPlaceOf("D", () => message("D"))],
  [
    "a column that is longer than its row",
    inPlaceOf("D", (row) => {
      const longer = Buffer.from(row);
      longer.writeInt32BE(1 << 20, 7);
      return longer;
    }),
  ],
  ["an end too early", inPlaceOf("C", () => message("Z", "I".charCodeAt(0)))],
  ["a message of no known type", (messages) => [message("!"), ...messages]],
  ["an error without fields", (messages) => [message("E"), ...messages]],
  ["a login once more", (messages) => [message("R", 0), ...messages]],
];

describe.each(GARBLINGS)("%s", (_, garble) => {
  it("once: a lease is acquired all the same, or reported by its id", async () => {
    const { proxy, service } = await throughProxy();
    const { companyId, environmentId } = await seeded();
    const plan = proxy.plan(/insert into environment_leases/, "garble", { garble });
    const told = await service.acquireLease({ companyId, environmentId }).then(
      ({ id }) => id,
      (error) => error.leaseId,
    );
    expect(plan.met).toBe(1);
    expect(await leaseIds(environmentId)).toEqual([told]);
    expect(await service.getById(environmentId)).toMatchObject({ id: environmentId });
  });

  it("always: the outcome is unknown, and reads fail with a code", async () => {
    const { proxy, service } = await throughProxy();
    const { companyId, environmentId } = await seeded();
    const there = await seed.lease(companyId, environmentId);
    proxy.plan(/environment_leases/, "garble", { garble, times: Infinity });
    const [acquired, read] = await Promise.allSettled([
      service.acquireLease({ companyId, environmentId }),
      service.listLeases(environmentId),
    ]);
    const [id] = (await leaseIds(environmentId)).filter((each) => each !== there);
    expect(acquired).toMatchObject({ reason: { code: "OUTCOME_UNKNOWN", leaseId: id } });
    expect(read).toMatchObject({
      reason: { code: expect.stringMatching(/^(PROTOCOL_VIOLATION|INTERNAL_ERROR)$/) },
    });
    expect(await service.getById(environmentId)).toMatchObject({ id: environmentId });
  });
});

/**
 * The bytes of a message that matter to the protocol. Not its length and not what the last message is, since what never
 * comes is waited for; and not what is in a row: who can change that unnoticed can say anything.
 */
function placesOf(message: Buffer): [Buffer, number][] {
  const type = String.fromCharCode(message[0] ?? 0);
  const places = [...message.keys()].filter((at) => {
    if (type === "D") return at > 4 && at < 11;
    return at > 4 || (at === 0 && type !== "Z");
  });
  return places.map((at) => [message, at]);
}

it(
  "any byte that is not what it was: each call has an outcome, and no lease is lost",
  { timeout: 120_000 },
  async () => {
    const { proxy, service } = await throughProxy();
    const byte = fc.record({ at: fc.nat(2_000), value: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(byte, { minLength: 1, maxLength: 4 }), async (bytes) => {
        const { companyId, environmentId } = await seeded();
        const garble = (messages: Buffer[]) => {
          const places = messages.flatMap(placesOf);
          for (const { at, value } of bytes) {
            const [each, place] = places[at % places.length] ?? [];
            each?.writeUInt8(value, place);
          }
          return messages;
        };
        const plan = proxy.plan(/insert into environment_leases/, "garble", { garble });
        const outcome = await service.acquireLease({ companyId, environmentId }).then(
          (lease) => ({ lease }),
          (error: { leaseId?: string; code: string }) => ({ error }),
        );
        expect(plan.met).toBe(1);
        const [id] = await leaseIds(environmentId);
        if ("error" in outcome) expect(outcome.error).toMatchObject({ code: "OUTCOME_UNKNOWN", leaseId: id });
      }),
      { numRuns: 200 },
    );
    expect(await service.getById(unknownId())).toBeNull();
  },
);

it("a row that cannot be read: the lease that was made is reported by its id", async () => {
  const database = await openDatabase();
  cleanups.push(() => database.close());
  const service = environmentService(database.url);
  cleanups.push(() => service.close());
  const companyId = await database.seed.company();
  const environmentId = await database.seed.environment(companyId);
  await database.sql`alter table environment_leases alter column metadata type json`;
  const metadata = { a: 1 };
  const error = await rejection(service.acquireLease({ companyId, environmentId, metadata }));
  const [row] = await database.sql`select id from environment_leases`;
  expect(error).toMatchObject({ code: "OUTCOME_UNKNOWN", leaseId: row?.["id"] });
  expect(await rejection(service.listLeases(environmentId))).toMatchObject({ code: "INTERNAL_ERROR" });
});

it("nothing is printed, since the calls' errors say it", async () => {
  const proxy = await startProxy(url);
  cleanups.push(() => proxy.close());
  const plan = proxy.plan(/from environments/, "garble", {
    garble: inPlaceOf("Z", () => message("Z")),
    times: Infinity,
  });
  const ended = await runChild(
    `const { environmentService } = require("paperclip-environment-service");
     const service = environmentService(process.env.DATABASE_URL, { connectTimeout: 200 });
     service.getById("${unknownId()}").catch(({ code }) => console.log(code));`,
    { env: { DATABASE_URL: proxy.url } },
  );
  expect(plan.met).toBeGreaterThan(1);
  expect(ended).toMatchObject({ code: 0, stdout: "PROTOCOL_VIOLATION\n", stderr: "" });
});
