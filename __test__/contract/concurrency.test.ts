import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { afterAll, describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import { createService, type EnvironmentLease, type EnvironmentService } from "../support/provider.js";
import * as schema from "../support/schema.mjs";
import { startSuite, unknownId } from "../support/suite.js";

const { service, seed, sql, url } = await startSuite();

/** Services with connections of their own, as in other processes. */
const services: EnvironmentService[] = [service];
for (let n = 0; n < 3; n++) {
  const client = postgres(url);
  afterAll(() => client.end({ timeout: 5 }));
  services.push(createService(drizzle(client, { schema })));
}

const CALLERS = 64;

/** The callers, each with its number and one of the services. */
function callers<T>(call: (service: EnvironmentService, n: number) => Promise<T>): Promise<T>[] {
  return Array.from({ length: CALLERS }, (_, n) => call(services[n % services.length] ?? service, n));
}

const required = <T>(value: T | null | undefined): T => {
  if (value === null || value === undefined) throw new Error("expected a value");
  return value;
};

const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);

describe("local environments", () => {
  it("agree on one row, however many callers ensure it at once", async () => {
    for (let round = 0; round < 5; round++) {
      const company = await seed.company();
      const found = await Promise.all(callers((service) => service.ensureLocalEnvironment(company)));
      expect(new Set(ids(found)).size).toBe(1);
      expect(found).toEqual(Array(CALLERS).fill(found[0]));
      expect(await service.list(company)).toHaveLength(1);
    }
  });

  it("are one for each company, when many companies ensure theirs at once", async () => {
    const companies = await Promise.all(Array.from({ length: 8 }, () => seed.company()));
    const found = await Promise.all(
      callers((service, n) => service.ensureLocalEnvironment(required(companies[n % companies.length]))),
    );
    found.forEach((environment, n) => expect(environment.companyId).toBe(companies[n % companies.length]));
    expect(new Set(ids(found)).size).toBe(companies.length);
  });

  it("are refused to all but one who create them at once", async () => {
    const company = await seed.company();
    const outcomes = await Promise.allSettled(
      callers((service, n) => service.create(company, { name: `${n}`, driver: "local" })),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") {
        expect(outcome.reason).toMatchObject({
          code: "23505",
          constraint_name: "environments_company_driver_idx",
          detail: `Key (company_id, driver)=(${company}, local) already exists.`,
        });
      }
    }
  });

  it("that exist are given to all, and a company that does not exist is refused to its caller alone", async () => {
    const company = await seed.company();
    const outcomes = await Promise.allSettled(
      callers((service, n) => service.ensureLocalEnvironment(n === 7 ? unknownId() : company)),
    );
    expect(outcomes.map(({ status }) => status === "rejected")).toEqual(outcomes.map((_, n) => n === 7));
    expect(outcomes[7]).toMatchObject({ reason: { code: "23503" } });
  });
});

describe("the leases of a run", () => {
  it("are released exactly once, however many release them at once", async () => {
    for (let round = 0; round < 5; round++) {
      const company = await seed.company();
      const environment = await seed.environment(company);
      const run = await seed.run(company);
      const leases = await Promise.all(
        Array.from({ length: 20 }, () => seed.lease(company, environment, { heartbeat_run_id: run })),
      );
      const released = await Promise.all(callers((service) => service.releaseLeasesForRun(run)));
      expect(ids(released.flat()).sort()).toEqual(leases.sort());
    }
  });

  it("go to the callers of their own runs", async () => {
    const company = await seed.company();
    const environment = await seed.environment(company);
    const runs = await Promise.all(Array.from({ length: CALLERS }, () => seed.run(company)));
    await Promise.all(
      runs.flatMap((run) => [1, 2].map(() => seed.lease(company, environment, { heartbeat_run_id: run }))),
    );
    const statuses = ["released", "expired", "failed"] as const;
    const released = await Promise.all(
      callers((service, n) => service.releaseLeasesForRun(required(runs[n]), required(statuses[n % 3]))),
    );
    released.forEach((leases, n) => {
      const own = { heartbeatRunId: runs[n], status: statuses[n % 3] };
      expect(leases).toMatchObject([own, own]);
    });
  });
});

describe("every caller gets what is its own", () => {
  it("acquireLease: its own lease, each with an id of its own", async () => {
    const companyId = await seed.company();
    const environmentId = await seed.environment(companyId);
    const leases = await Promise.all(
      callers((service, n) =>
        service.acquireLease({
          companyId,
          environmentId,
          providerLeaseId: `lease ${n}`,
          leasePolicy: n % 2 ? "ephemeral" : "retain_on_failure",
          expiresAt: n % 3 ? new Date(n) : null,
          metadata: n % 5 ? { n } : null,
        }),
      ),
    );
    leases.forEach((lease, n) =>
      expect(lease).toMatchObject({
        providerLeaseId: `lease ${n}`,
        leasePolicy: n % 2 ? "ephemeral" : "retain_on_failure",
        expiresAt: n % 3 ? new Date(n) : null,
        metadata: n % 5 ? { n } : null,
      }),
    );
    expect(new Set(ids(leases)).size).toBe(CALLERS);
    expect(await service.listLeases(environmentId)).toHaveLength(CALLERS);
  });

  it("create: its own environment, even among equal ones", async () => {
    const company = await seed.company();
    const created = await Promise.all(
      callers((service, n) => service.create(company, { name: `e ${n % 4}`, driver: "ssh", config: { n } })),
    );
    created.forEach((row, n) => expect(row).toMatchObject({ name: `e ${n % 4}`, config: { n } }));
    expect(new Set(ids(created)).size).toBe(CALLERS);
  });

  it("getById: its own row, in whatever form it asks, or null", async () => {
    const company = await seed.company();
    const known = await Promise.all(
      Array.from({ length: 8 }, (_, n) => seed.environment(company, { name: `e ${n}` })),
    );
    const found = await Promise.all(
      callers((service, n) => {
        const id = required(known[n % 8]);
        if (n % 3 === 0) return service.getById(unknownId());
        return service.getById(n % 3 === 1 ? id : `{${id.replaceAll("-", "").toUpperCase()}}`);
      }),
    );
    found.forEach((row, n) => {
      if (n % 3 === 0) expect(row).toBeNull();
      else expect(row).toMatchObject({ id: known[n % 8], name: `e ${n % 8}` });
    });
  });

  it("list and listLeases: the rows that its own filters ask for, in order", async () => {
    const company = await seed.company();
    const other = await seed.company();
    const environments = [];
    for (const [n, status] of ["active", "archived", "active", "archived"].entries()) {
      environments.push(await seed.environment(company, { status, updated_at: `2026-01-0${n + 1}` }));
    }
    const leased = required(environments[0]);
    const leases = [];
    for (const [n, status] of ["active", "failed", "active"].entries()) {
      leases.push(await seed.lease(company, leased, { status, last_used_at: `2026-01-0${n + 1}` }));
    }
    const [e0, e1, e2, e3] = environments;
    const [l0, l1, l2] = leases;
    const asked: [(service: EnvironmentService) => Promise<{ id: string }[]>, (string | undefined)[]][] = [
      [(service) => service.list(company), [e3, e2, e1, e0]],
      [(service) => service.list(company, { status: "active" }), [e2, e0]],
      [(service) => service.list(company, { status: "archived" }), [e3, e1]],
      [(service) => service.list(company.toUpperCase(), { driver: "ssh" }), [e3, e2, e1, e0]],
      [(service) => service.list(other), []],
      [(service) => service.listLeases(leased), [l2, l1, l0]],
      [(service) => service.listLeases(leased, { status: "active" }), [l2, l0]],
      [(service) => service.listLeases(leased, { status: "failed" }), [l1]],
    ];
    const answers = await Promise.all(
      callers(async (service, n) => ids(await required(asked[n % asked.length])[0](service))),
    );
    answers.forEach((answer, n) => expect(answer).toEqual(required(asked[n % asked.length])[1]));
  });

  it("update of one row: its own change in its own answer, and nobody's keys are lost", async () => {
    const id = await seed.environment(await seed.company());
    const [names, descriptions] = [new Set<string>(), new Set<string>()];
    const answers = await Promise.all(
      callers((service, n) =>
        service.update(id, n % 2 ? { name: `name ${n}` } : { description: `description ${n}` }),
      ),
    );
    answers.forEach((row, n) => {
      if (n % 2) expect(row?.name).toBe(`name ${n}`);
      else expect(row?.description).toBe(`description ${n}`);
      (n % 2 ? names : descriptions).add(required(n % 2 ? row?.name : row?.description));
    });
    const last = await service.getById(id);
    expect(names).toContain(last?.name);
    expect(descriptions).toContain(last?.description);
  });

  it("releaseLease and updateLeaseMetadata of one row: its own change in its own answer", async () => {
    const company = await seed.company();
    const id = await seed.lease(company, await seed.environment(company));
    const statuses = ["released", "expired", "failed", "retained"] as const;
    const answers = await Promise.all(
      callers<EnvironmentLease | null>((service, n) => {
        if (n % 2) return service.updateLeaseMetadata(id, n % 3 ? { n } : null);
        return service.releaseLease(id, required(statuses[n % 4]), { failureReason: `${n}` });
      }),
    );
    answers.forEach((lease, n) => {
      if (n % 2) expect(lease?.metadata).toEqual(n % 3 ? { n } : null);
      else expect(lease).toMatchObject({ status: statuses[n % 4], failureReason: `${n}` });
    });
  });

  it("remove: one gets the row, the others null", async () => {
    const id = await seed.environment(await seed.company());
    const answers = await Promise.all(callers((service) => service.remove(id)));
    expect(answers.filter((row) => row !== null)).toMatchObject([{ id }]);
  });
});

describe("the failure of one call is that call's alone", () => {
  it("acquireLease", async () => {
    const companyId = await seed.company();
    const environmentId = await seed.environment(companyId);
    const bad: Record<number, [object, string]> = {
      3: [{ environmentId: unknownId() }, "23503"],
      10: [{ environmentId: "nope" }, "22P02"],
      17: [{ provider: "\0" }, "22021"],
      24: [{ metadata: { a: "\0" } }, "22P05"],
      31: [{ companyId: null }, "23502"],
      38: [{ heartbeatRunId: unknownId() }, "23503"],
      45: [{ expiresAt: new Date(-1e15) }, "22009"],
    };
    const outcomes = await Promise.allSettled(
      callers((service, n) =>
        service.acquireLease({ companyId, environmentId, provider: `${n}`, ...bad[n]?.[0] }),
      ),
    );
    outcomes.forEach((outcome, n) => {
      const failure = bad[n];
      if (failure) expect(outcome).toMatchObject({ status: "rejected", reason: { code: failure[1] } });
      else expect(outcome).toMatchObject({ status: "fulfilled", value: { provider: `${n}` } });
    });
    expect(await service.listLeases(environmentId)).toHaveLength(CALLERS - Object.keys(bad).length);
  });

  it("create", async () => {
    const company = await seed.company();
    const outcomes = await Promise.allSettled(
      callers((service, n) =>
        service.create(n % 8 === 1 ? unknownId() : company, {
          name: n % 8 === 2 ? "\0" : `${n}`,
          driver: "ssh",
        }),
      ),
    );
    outcomes.forEach((outcome, n) => {
      if (n % 8 === 1) expect(outcome).toMatchObject({ reason: { code: "23503" } });
      else if (n % 8 === 2) expect(outcome).toMatchObject({ reason: { code: "22021" } });
      else expect(outcome).toMatchObject({ value: { name: `${n}` } });
    });
  });

  it("getById: a malformed id and a row of an unknown value reject, the rest resolve", async () => {
    const company = await seed.company();
    const good = await seed.environment(company);
    const poisoned = await seed.environment(company, { driver: "docker" });
    const asked = [good, "nope", poisoned, "", good.toUpperCase(), unknownId(), "{}"];
    const outcomes = await Promise.allSettled(
      callers((service, n) => service.getById(required(asked[n % asked.length]))),
    );
    outcomes.forEach((outcome, n) => {
      const id = asked[n % asked.length];
      if (id === poisoned)
        expect(outcome).toMatchObject({ reason: { message: "Unexpected environment driver value: docker" } });
      else if (id === "nope" || id === "" || id === "{}") {
        expect(outcome).toMatchObject({
          reason: { code: "22P02", message: `invalid input syntax for type uuid: "${id}"` },
        });
      } else if (id === asked[5]) expect(outcome).toEqual({ status: "fulfilled", value: null });
      else expect(outcome).toMatchObject({ value: { id: good } });
    });
  });

  it("update, releaseLease, updateLeaseMetadata, remove", async () => {
    const company = await seed.company();
    const environment = await seed.environment(company);
    const lease = await seed.lease(company, environment);
    const doomed = await seed.environment(company);
    const outcomes = await Promise.allSettled([
      service.update(environment, { name: "fine" }),
      service.update(environment, { name: "\0" }),
      service.update("nope", { name: "x" }),
      service.update(unknownId(), { name: "x" }),
      service.releaseLease(lease, "failed"),
      service.releaseLease("nope"),
      service.releaseLease(lease, "failed", { failureReason: "\0" }),
      service.updateLeaseMetadata(lease, { fine: true }),
      service.updateLeaseMetadata(lease, { bad: "\0" }),
      service.updateLeaseMetadata("nope", null),
      service.remove(doomed),
      service.remove("nope"),
      service.releaseLeasesForRun("nope"),
      service.releaseLeasesForRun(unknownId()),
    ]);
    expect(outcomes).toMatchObject([
      { value: { name: "fine" } },
      { reason: { code: "22021" } },
      { reason: { code: "22P02" } },
      { value: null },
      { value: { status: "failed" } },
      { reason: { code: "22P02" } },
      { reason: { code: "22021" } },
      { value: { metadata: { fine: true } } },
      { reason: { code: "22P05" } },
      { reason: { code: "22P02" } },
      { value: { id: doomed } },
      { reason: { code: "22P02" } },
      { reason: { code: "22P02" } },
      { value: [] },
    ]);
  });

  it("also when every call fails, each gets its own error", async () => {
    const outcomes = await Promise.all(callers((service, n) => rejection(service.getById(`bad ${n}`))));
    outcomes.forEach((error, n) =>
      expect(error.message).toBe(`invalid input syntax for type uuid: "bad ${n}"`),
    );
  });
});

describe("a call made after another has resolved sees its effect", () => {
  it("across services, amid other traffic", async () => {
    const company = await seed.company();
    const busy = await seed.environment(company);
    let stopped = false;
    const traffic = Promise.all(
      callers(async (service, n) => {
        while (!stopped) await service.update(busy, { name: `${n}` });
      }),
    );
    const { id } = await service.create(company, { name: "0", driver: "ssh" });
    for (let n = 1; n <= 40; n++) {
      const [writer, reader] = [required(services[n % 4]), required(services[(n + 1) % 4])];
      await writer.update(id, { name: `${n}` });
      expect(await reader.getById(id)).toMatchObject({ name: `${n}` });
    }
    await service.remove(id);
    expect(await required(services[2]).getById(id)).toBeNull();
    stopped = true;
    await traffic;
  });
});

describe("callers that write many of the same rows in different orders", () => {
  it("never wait for each other in a circle", async () => {
    const company = await seed.company();
    const environment = await seed.environment(company);
    const leases = await Promise.all(Array.from({ length: 20 }, () => seed.lease(company, environment)));
    const backwards = [...leases].reverse();
    const writes = callers((service, n) =>
      Promise.all((n % 2 ? leases : backwards).map((id) => service.updateLeaseMetadata(id, { n }))),
    );
    for (const answers of await Promise.all(writes)) expect(answers).toHaveLength(leases.length);
    const [row] = await sql.unsafe(
      "select deadlocks from pg_stat_database where datname = current_database()",
    );
    expect(row).toEqual({ deadlocks: "0" });
  });
});
