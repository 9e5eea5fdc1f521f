/**
 * The environments and the active leases of a Paperclip database that is there already. Its tables tell
 * the generation, and so the entry of the package. Nothing is written: all that is asked for is read, and
 * every connection is one on which the server itself refuses to write.
 */

import { setTimeout as sleep } from "node:timers/promises";

import postgres from "postgres";

import { environmentService as serviceByCompany } from "paperclip-environment-service";
import { environmentService as serviceByInstance } from "paperclip-environment-service/2026.916";

import { short } from "./support/tables.mjs";

/** @typedef {import("paperclip-environment-service").EnvironmentService} ByCompany */
/** @typedef {import("paperclip-environment-service/2026.916").EnvironmentService} ByInstance */
/** @typedef {Omit<import("paperclip-environment-service/2026.916").Environment, "envVars">} Environment of either */
/** @typedef {import("./support/report.mjs").Report} Report */
/** @typedef {{ id: string, name: string | null, owns: boolean }} Company whether it owns environments */

const ANSWER_TIME = 30_000;
const READ_ONLY = { default_transaction_read_only: true };

/**
 * @param {string} databaseUrl
 * @param {Report} report
 */
export async function readDatabase(databaseUrl, report) {
  // The service first: what it says of a malformed connection string never quotes from it.
  const written = databaseUrl.trim();
  const source = `${written}${written.includes("?") ? "&" : "?"}default_transaction_read_only=on`;
  // Neither connects before it is asked for something.
  const [byCompany, byInstance] = [serviceByCompany(source), serviceByInstance(source)];
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
    const found = await inTime(lookAround(sql));
    if (found.isByInstance) await printInstance(byInstance, found.companies, report);
    else await printCompanies(byCompany, found.companies, report);
  } finally {
    await Promise.all([byCompany.close(), byInstance.close(), sql.end({ timeout: 1 })]);
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
 * What the service knows no way to ask for: all companies, and whether the environments are theirs or the instance's.
 *
 * @param {postgres.Sql} sql
 * @returns {Promise<{ isByInstance: boolean, companies: Company[] }>}
 */
async function lookAround(sql) {
  await makeSureOfReadOnly(sql);
  // Where they are the instance's, but the release is one that no entry fits, the service says so.
  const isByInstance = await hasColumn(sql, "env_vars");
  const owns = isByInstance
    ? sql`false`
    : sql`exists (select from environments where company_id = companies.id)`;
  // By way of JSON, a column that is not there reads as null.
  const rows = await sql`
    select id, to_jsonb(companies) ->> 'name' as name, ${owns} as owns
    from companies
    order by name, id`;
  return { isByInstance, companies: rows.map(({ id, name, owns }) => ({ id, name, owns })) };
}

/**
 * @param {postgres.Sql} sql
 * @param {string} column
 * @returns {Promise<boolean>} whether the environments have it
 */
async function hasColumn(sql, column) {
  const rows = await sql`
    select from pg_attribute
    where attrelid = to_regclass('environments') and attname = ${column} and not attisdropped`;
  return rows.length > 0;
}

/**
 * @param {ByCompany} service
 * @param {Company[]} companies
 * @param {Report} report
 */
async function printCompanies(service, companies, report) {
  const owners = companies.filter(({ owns }) => owns);
  let environments = 0;
  let leases = 0;
  for (const { id, name } of owners) {
    report.heading(name === null ? `Company ${id}` : `${name} (${id})`);
    const found = await printEnvironments(service, await service.list(id), report);
    environments += found.environments;
    leases += found.leases;
  }
  const without = companies.length - owners.length;
  report.heading(
    `${count(owners.length, "company", "companies")} with ${count(environments, "environment")} ` +
      `and ${count(leases, "active lease")}; ${count(without, "company", "companies")} without environments.`,
  );
}

/**
 * @param {ByInstance} service
 * @param {Company[]} companies
 * @param {Report} report
 */
async function printInstance(service, companies, report) {
  report.heading("The instance");
  const names = new Map(companies.map(({ id, name }) => [id, name ?? short(id)]));
  const { environments, leases } = await printEnvironments(service, await service.list(), report, names);
  report.heading(
    `An instance with ${count(environments, "environment")} and ${count(leases, "active lease")}; ` +
      `${count(companies.length, "company", "companies")}.`,
  );
}

/**
 * @param {Pick<ByCompany, "listLeases"> | Pick<ByInstance, "listLeases">} service
 * @param {Environment[]} environments
 * @param {Report} report
 * @param {Map<string, string>} [names] of the companies, where the leases' have to be told
 */
async function printEnvironments(service, environments, report, names) {
  const held = await Promise.all(
    environments.map(async (environment) => ({
      environment,
      leases: await service.listLeases(environment.id, { status: "active" }),
    })),
  );
  const leases = held.flatMap(({ environment, leases }) => leases.map((lease) => ({ environment, lease })));

  // The configurations are left out: they may hold keys.
  report.titledTable(
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
  report.titledTable(
    "active leases",
    leases.map(({ environment, lease }) => ({
      lease: short(lease.id),
      ...(names && { company: names.get(lease.companyId) }),
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
