import { afterEach, describe, expect, it, vi } from "vitest";

import type { EnvironmentService } from "../support/provider.js";
import { startSuite } from "../support/suite.js";

const { service, seed, sql } = await startSuite();

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const PAST = "2001-01-01T00:00:00.000Z";
// Far from the database's clock, and with milliseconds, which truncation to seconds would lose.
const NOW = new Date("2031-05-06T07:08:09.987Z");

async function rows() {
  const company = await seed.company();
  const environment = await seed.environment(company, { created_at: PAST, updated_at: PAST });
  const run = await seed.run(company);
  const lease = await seed.lease(company, environment, {
    heartbeat_run_id: run,
    acquired_at: PAST,
    last_used_at: PAST,
    created_at: PAST,
    updated_at: PAST,
  });
  return { company, environment, run, lease };
}

type Rows = Awaited<ReturnType<typeof rows>>;

/** Each writing method, with the times that it sets and those that it leaves. */
const writes: [string, string[], string[], (service: EnvironmentService, rows: Rows) => Promise<unknown>][] =
  [
    [
      "ensureLocalEnvironment",
      ["createdAt", "updatedAt"],
      [],
      (service, { company }) => service.ensureLocalEnvironment(company),
    ],
    [
      "create",
      ["createdAt", "updatedAt"],
      [],
      (service, { company }) => service.create(company, { name: "n", driver: "ssh" }),
    ],
    [
      "update",
      ["updatedAt"],
      ["createdAt"],
      (service, { environment }) => service.update(environment, { name: "x" }),
    ],
    [
      "acquireLease",
      ["acquiredAt", "lastUsedAt", "createdAt", "updatedAt"],
      [],
      (service, { company, environment }) =>
        service.acquireLease({ companyId: company, environmentId: environment }),
    ],
    [
      "releaseLease",
      ["releasedAt", "lastUsedAt", "updatedAt"],
      ["acquiredAt", "createdAt"],
      (service, { lease }) => service.releaseLease(lease),
    ],
    [
      "releaseLease, retained",
      ["lastUsedAt", "updatedAt"],
      ["acquiredAt", "createdAt"],
      (service, { lease }) => service.releaseLease(lease, "retained"),
    ],
    [
      "updateLeaseMetadata",
      ["lastUsedAt", "updatedAt"],
      ["acquiredAt", "createdAt"],
      (service, { lease }) => service.updateLeaseMetadata(lease, { a: 1 }),
    ],
    [
      "releaseLeasesForRun",
      ["releasedAt", "lastUsedAt", "updatedAt"],
      ["acquiredAt", "createdAt"],
      async (service, { run }) => (await service.releaseLeasesForRun(run))[0],
    ],
  ];

const stopClock = (now: Date) => vi.useFakeTimers({ toFake: ["Date"], now });

describe("now is the JavaScript clock, fake or not", () => {
  it.each(writes)("%s", async (_, set, left, call) => {
    const target = await rows();
    stopClock(NOW);
    const result = (await call(service, target)) as Record<string, unknown>;
    for (const key of set) expect(result[key], key).toEqual(NOW);
    for (const key of left) expect(result[key], key).toEqual(new Date(PAST));
  });

  it.each(writes)(
    "%s: read when the method is called, not when the query is sent",
    async (_, set, __, call) => {
      const target = await rows();
      stopClock(NOW);
      const pending = call(service, target);
      vi.setSystemTime(new Date(NOW.getTime() + 60_000));
      const result = (await pending) as Record<string, unknown>;
      for (const key of set) expect(result[key], key).toEqual(NOW);
    },
  );

  it.each(writes)("%s: also before 1970", async (_, set, __, call) => {
    const target = await rows();
    const before1970 = new Date("1969-07-20T20:17:40.123Z");
    stopClock(before1970);
    const result = (await call(service, target)) as Record<string, unknown>;
    for (const key of set) expect(result[key], key).toEqual(before1970);
  });

  it("is stored to the millisecond", async () => {
    const { environment } = await rows();
    stopClock(NOW);
    await service.update(environment, { name: "x" });
    const [row] = await sql.unsafe("select updated_at::text as text from environments where id = $1", [
      environment,
    ]);
    expect(row?.["text"]).toBe("2031-05-06 07:08:09.987+00");
  });

  it("moves updatedAt back when the clock went back", async () => {
    const { environment } = await rows();
    stopClock(NOW);
    await service.update(environment, { name: "x" });
    const earlier = new Date("1999-01-01T00:00:00Z");
    vi.setSystemTime(earlier);
    expect((await service.update(environment, { name: "y" }))?.updatedAt).toEqual(earlier);
  });

  it("is the system's own when nothing is faked", async () => {
    const { company } = await rows();
    const before = Date.now();
    const { createdAt } = await service.create(company, { name: "n", driver: "ssh" });
    expect(createdAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(createdAt.getTime()).toBeLessThanOrEqual(Date.now());
  });
});

/** A clock that is a second further on each time that somebody looks. */
function tickingDate(): DateConstructor {
  let looks = 0;
  const tick = () => NOW.getTime() + 1000 * looks++;
  return class extends Date {
    constructor(...parts: unknown[]) {
      super(...((parts.length ? parts : [tick()]) as [number]));
    }
    static override now() {
      return tick();
    }
  } as DateConstructor;
}

describe("one value of the clock for each call", () => {
  // What updateLeaseMetadata does is among the deliberate differences.
  it.each(writes.filter(([name]) => name !== "updateLeaseMetadata"))("%s", async (_, set, __, call) => {
    const target = await rows();
    vi.stubGlobal("Date", tickingDate());
    const result = (await call(service, target)) as Record<string, Date>;
    expect(new Set(set.map((key) => result[key]?.getTime())).size).toBe(1);
  });
});
