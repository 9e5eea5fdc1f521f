import { describe, expect, it } from "vitest";

import { createService, type EnvironmentService } from "../support/provider.js";
import { rejection } from "../support/errors.js";
import { startSuite, unknownId } from "../support/suite.js";

// A trigger may change the ids of new rows. The calls still resolve to the rows that were written.

const { db, seed, sql } = await startSuite();

await sql.unsafe(`
  create function own_id() returns trigger language plpgsql as $$
  begin
    new.id := gen_random_uuid();
    return new;
  end $$;
  create trigger own_id before insert on environments
    for each row when (new.name <> 'Environment') execute function own_id();
  create trigger own_id before insert on environment_leases for each row execute function own_id();
`);

const COUNT = 20;

/** What the table holds by the mark that each call has left, as the service reads it. */
const KINDS: Record<
  string,
  {
    write(service: EnvironmentService, company: string, environment: string, mark: string): Promise<unknown>;
    read(service: EnvironmentService, id: string): Promise<unknown>;
    ids(company: string): Promise<{ id: string; mark: string }[]>;
  }
> = {
  acquireLease: {
    write: (service, companyId, environmentId, providerLeaseId) =>
      service.acquireLease({ companyId, environmentId, providerLeaseId }),
    read: (service, id) => service.getLeaseById(id),
    ids: (company) =>
      sql<{ id: string; mark: string }[]>`
        select id, provider_lease_id as mark from environment_leases where company_id = ${company}`,
  },
  create: {
    write: (service, companyId, _, name) => service.create(companyId, { name, driver: "ssh" }),
    read: (service, id) => service.getById(id),
    ids: (company) =>
      sql<{ id: string; mark: string }[]>`
        select id, name as mark from environments where company_id = ${company} and name like 'mark %'`,
  },
};

describe.each(Object.entries(KINDS))("%s, where a trigger sets the id", (_, kind) => {
  async function written(count: number) {
    const service = createService(db);
    const company = await seed.company();
    const environment = await seed.environment(company);
    const marks = Array.from({ length: count }, (_, n) => `mark ${n}`);
    const answers = await Promise.all(marks.map((mark) => kind.write(service, company, environment, mark)));
    const rows = await kind.ids(company);
    return { service, marks, answers, rows };
  }

  it.each([
    ["alone", 1],
    ["made together", COUNT],
  ])("gives the row that is there: %s", async (_, count) => {
    const { service, marks, answers, rows } = await written(count);
    expect(rows.map(({ mark }) => mark).sort()).toEqual([...marks].sort());
    const idOf = Object.fromEntries(rows.map(({ id, mark }) => [mark, id]));
    for (const [n, mark] of marks.entries()) {
      expect(answers[n]).toMatchObject({ id: idOf[mark] });
      expect(answers[n]).toEqual(await kind.read(service, idOf[mark] ?? ""));
    }
  });
});

describe("where a trigger sets the id", () => {
  it("calls that are refused among others leave each of these its own row", async () => {
    const service = createService(db);
    const companyId = await seed.company();
    const environmentId = await seed.environment(companyId);
    const isBad = (n: number) => n % 7 === 3;
    const outcomes = await Promise.allSettled(
      Array.from({ length: COUNT }, (_, n) =>
        service.acquireLease({
          companyId,
          environmentId,
          issueId: isBad(n) ? unknownId() : null,
          providerLeaseId: `${n}`,
        }),
      ),
    );
    const rows = await KINDS["acquireLease"]?.ids(companyId);
    outcomes.forEach((outcome, n) => {
      if (isBad(n)) expect(outcome).toMatchObject({ status: "rejected", reason: { code: "23503" } });
      else {
        const id = rows?.find(({ mark }) => mark === `${n}`)?.id;
        expect(outcome).toMatchObject({ status: "fulfilled", value: { id, providerLeaseId: `${n}` } });
      }
    });
    expect(rows).toHaveLength(outcomes.filter(({ status }) => status === "fulfilled").length);
  });

  it("ensureLocalEnvironment gives the one row, however many ask", async () => {
    const service = createService(db);
    const company = await seed.company();
    const answers = await Promise.all(
      Array.from({ length: COUNT }, () => service.ensureLocalEnvironment(company)),
    );
    const [row, ...others] = await service.list(company);
    expect(others).toEqual([]);
    for (const answer of answers) expect(answer).toEqual(row);
  });

  it("a refused lease is still the refusal", async () => {
    const error = await rejection(
      createService(db).acquireLease({ companyId: await seed.company(), environmentId: unknownId() }),
    );
    expect(error).toMatchObject({ name: "PostgresError", code: "23503" });
  });
});
