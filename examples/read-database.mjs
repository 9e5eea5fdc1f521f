/**
 * The environments and the active leases of a Paperclip database that is there already. Nothing is
 * written: all that is asked for is read, and every connection is one on which the server itself
 * refuses to write.
 */

import { setTimeout as sleep } from "node:timers/promises";

import postgres from "postgres";

import { environmentService } from "paperclip-environment-service";

import { short } from "./support/look.mjs";

/** @typedef {import("paperclip-environment-service").EnvironmentService} EnvironmentService */
/** @typedef {import("paperclip-environment-service").Environment} Environment */
/** @typedef {import("./support/report.mjs").Report} Report */
/** @typedef {{ id: string, name: string | null }} Company */

const ANSWER_TIME = 30_000;
const READ_ONLY = { default_transaction_read_only: true };

/**
 * @param {string} databaseUrl
 * @param {Report} report
 */
export async function readDatabase(databaseUrl, report) {
  // The service first: what it says of a malformed connection string never quotes from it.
  const written = databaseUrl.trim();
  const service = environmentService(
    `${written}${written.includes("?") ? "&" : "?"}default_transaction_read_only=on`,
  );
  const sql = postgres(databaseUrl, {
    max: 1,
    // Both suit a pooler that hands out another session for each transaction.
    prepare: false,
    fetch_types: false,
    connection: READ_ONLY,
    onnotice: () => {},
  });
  try {
    report.paragraph("Reading a Paperclip database. All connections are read-only; nothing is written.");
    const { companies, without } = await inTime(findCompanies(sql));
    let environments = 0;
    let leases = 0;
    for (const company of companies) {
      const found = await printCompany(service, company, report);
      environments += found.environments;
      leases += found.leases;
    }
    report.heading(
      `${count(companies.length, "company", "companies")} with ${count(environments, "environment")} ` +
        `and ${count(leases, "active lease")}; ${count(without, "company", "companies")} without environments.`,
    );
  } finally {
    await Promise.all([service.close(), sql.end({ timeout: 1 })]);
  }
}

/**
 * Where something takes connections and drops them at once, postgres.js tries for ever.
 *
 * @template T
 * @param {Promise<T>} answer
 * @returns {Promise<T>}
 */
async function inTime(answer) {
  const timer = new AbortController();
  const tooLate = sleep(ANSWER_TIME, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`There is no answer from this address after ${ANSWER_TIME / 1000} s.`);
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    timer.abort();
  }
}

/**
 * A pooler in between may have dropped the run-time parameter without a word.
 *
 * @param {postgres.Sql} sql
 */
async function makeSureOfReadOnly(sql) {
  const [row] = await sql`show transaction_read_only`;
  if (row?.transaction_read_only !== "on") {
    throw new Error(
      "This connection does not accept default_transaction_read_only, so nothing has been read. " +
        "If a pooler is in between, give the address of the PostgreSQL server itself.",
    );
  }
}

/**
 * Only a company can own an environment, but the service knows no way to ask for companies.
 *
 * @param {postgres.Sql} sql
 * @returns {Promise<{ companies: Company[], without: number }>}
 */
async function findCompanies(sql) {
  await makeSureOfReadOnly(sql);
  // By way of JSON, a column that is not there reads as null.
  const rows = await sql`
    select id, to_jsonb(companies) ->> 'name' as name,
      exists (select from environments where company_id = companies.id) as found
    from companies
    order by name, id`;
  const companies = rows.filter(({ found }) => found).map(({ id, name }) => ({ id, name }));
  return { companies, without: rows.length - companies.length };
}

/**
 * @param {EnvironmentService} service
 * @param {Company} company
 * @param {Report} report
 */
async function printCompany(service, { id, name }, report) {
  report.heading(name === null ? `Company ${id}` : `${name} (${id})`);
  const environments = await service.list(id);
  const held = await Promise.all(
    environments.map(async (environment) => ({
      environment,
      leases: await service.listLeases(environment.id, { status: "active" }),
    })),
  );
  const leases = held.flatMap(({ environment, leases }) => leases.map((lease) => ({ environment, lease })));

  // The configurations are left out: they may hold keys.
  report.table(
    "environments",
    held.map(({ environment, leases }) => ({
      id: environment.id,
      name: environment.name,
      driver: environment.driver,
      status: environment.status,
      leases: leases.length,
      updated: minute(environment.updatedAt),
    })),
  );
  report.table(
    "active leases",
    leases.map(({ environment, lease }) => ({
      lease: short(lease.id),
      environment: environment.name,
      run: lease.heartbeatRunId && short(lease.heartbeatRunId),
      policy: lease.leasePolicy,
      "provider's lease": lease.providerLeaseId,
      acquired: minute(lease.acquiredAt),
      expires: lease.expiresAt && minute(lease.expiresAt),
    })),
  );
  return { environments: environments.length, leases: leases.length };
}

/** @param {Date} date */
function minute(date) {
  // What Postgres calls infinity is no date here.
  if (Number.isNaN(date.getTime())) return "infinity";
  return date.toISOString().slice(0, 16).replace("T", " ");
}

/**
 * @param {number} number
 * @param {string} one
 * @param {string} [more]
 */
function count(number, one, more = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : more}`;
}
