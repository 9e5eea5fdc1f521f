import { beforeAll, describe, expect, it } from "vitest";

import { createService, type EnvironmentService } from "../support/provider.js";
import { startSuite } from "../support/suite.js";

// A trigger may raise any SQLSTATE, even one that otherwise concerns the server, the session or the statement. If it is
// an error about one call's row, only that call rejects, however many were made together.

const { db, sql, seed, snapshot } = await startSuite();

/** Raised for whatever is written for a company of which it is planned. */
beforeAll(async () => {
  await sql.unsafe(`
    create table refusals (company_id uuid primary key, code text not null);
    create function refuse() returns trigger language plpgsql as $$
    declare
      row_of_company uuid := case when tg_op = 'DELETE' then old.company_id else new.company_id end;
      planned text := (select code from refusals where company_id = row_of_company);
    begin
      if planned is not null then
        raise exception 'refused with %', planned using errcode = planned;
      end if;
      if tg_op = 'DELETE' then return old; end if;
      return new;
    end $$;
    create trigger refuse before insert or update or delete on environments
      for each row execute function refuse();
    create trigger refuse before insert or update on environment_leases
      for each row execute function refuse();
  `);
});

interface Rows {
  company: string;
  environment: string;
  lease: string;
  run: string;
}

const METHODS: Record<string, (service: EnvironmentService, rows: Rows) => Promise<unknown>> = {
  create: (service, { company }) => service.create(company, { name: "n", driver: "ssh" }),
  ensureLocalEnvironment: (service, { company }) => service.ensureLocalEnvironment(company),
  update: (service, { environment }) => service.update(environment, { name: "changed" }),
  remove: (service, { environment }) => service.remove(environment),
  acquireLease: (service, { company, environment }) =>
    service.acquireLease({ companyId: company, environmentId: environment }),
  releaseLease: (service, { lease }) => service.releaseLease(lease),
  updateLeaseMetadata: (service, { lease }) => service.updateLeaseMetadata(lease, { a: 1 }),
  releaseLeasesForRun: (service, { run }) => service.releaseLeasesForRun(run),
};

const CODES = [
  ...["08006", "08P01", "0A000", "22012", "25006", "26000", "28000", "28P01", "3D000", "3F000"],
  ...["42501", "42601", "42703", "42883", "42P01", "42P05", "53100", "53200", "53300"],
  ...["57000", "57P01", "57P03", "57P05", "58030", "XX000"],
];

const COUNT = 6;

async function rowsOfCompanies(): Promise<Rows[]> {
  return Promise.all(
    Array.from({ length: COUNT }, async () => {
      const company = await seed.company();
      const environment = await seed.environment(company);
      const run = await seed.run(company);
      return {
        company,
        environment,
        run,
        lease: await seed.lease(company, environment, { heartbeat_run_id: run }),
      };
    }),
  );
}

describe.each(Object.entries(METHODS))("%s", (_, call) => {
  it.each(CODES)("%s for one company's row is the error of that company's call alone", async (code) => {
    const service = createService(db);
    const rows = await rowsOfCompanies();
    const refused = 3;
    await sql`insert into refusals values (${rows[refused]?.company ?? ""}, ${code})`;
    const outcomes = await Promise.allSettled(rows.map((each) => call(service, each)));
    expect(outcomes).toMatchObject(
      rows.map((_, n) =>
        n === refused
          ? {
              status: "rejected",
              reason: { name: "PostgresError", code, severity: "ERROR", message: `refused with ${code}` },
            }
          : { status: "fulfilled" },
      ),
    );
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled" && !outcome.value)).toEqual([]);
  });

  it("and of a call that is made alone, which has written nothing", async () => {
    const service = createService(db);
    const [rows] = (await rowsOfCompanies()) as [Rows];
    for (const code of CODES) {
      await sql`insert into refusals values (${rows.company}, ${code})
        on conflict (company_id) do update set code = excluded.code`;
      const before = await snapshot();
      const [outcome] = await Promise.allSettled([call(service, rows)]);
      expect(outcome).toMatchObject({
        status: "rejected",
        reason: { name: "PostgresError", code, severity: "ERROR", message: `refused with ${code}` },
      });
      expect(await snapshot()).toEqual(before);
    }
    await sql`delete from refusals where company_id = ${rows.company}`;
    expect(await call(service, rows)).toBeTruthy();
  });
});
