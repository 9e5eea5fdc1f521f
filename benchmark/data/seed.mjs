/** Fills the tables: set by set, in SQL, since there are a quarter of a million rows. */

import { idInSql } from "./ids.mjs";
import {
  ACQUIRED,
  CHANGED,
  CREATED,
  FEW_LEASES,
  HISTORY,
  HOLDER,
  HOLDING_RUNS,
  LIST_LENGTHS,
  LOCALS,
  NOTED,
  RELEASED,
  REMOVED,
  companyOf,
  environmentOf,
} from "./world.mjs";

/** All is well by construction, and the checks of the foreign keys would take longer than the rest. */
const UNCHECKED = "set session_replication_role = replica";

/** As in a real table: microseconds, and no two the same. */
const moment = (/** @type {string} */ number) =>
  `timestamptz '2026-03-01 00:00:00+00' + ${number} * interval '7.000123 seconds'`;

/** @returns {string[]} statements, in their order */
export function seedStatements() {
  return [
    UNCHECKED,
    ...[CHANGED.company, CREATED.company, REMOVED.company, HOLDER, ACQUIRED.company].map((company) =>
      companies(company, 1),
    ),
    companies(LOCALS.company, LOCALS.count),
    ...LIST_LENGTHS.map((length) => companies(companyOf(length), 1)),

    ...LIST_LENGTHS.map((length) => environments(environmentOf(length), length, companyOf(length))),
    environments(CHANGED.environment, CHANGED.count, CHANGED.company),
    environments(ACQUIRED.environment, 1, ACQUIRED.company),
    environments(HISTORY.environment, HISTORY.environments, HOLDER),
    ...[FEW_LEASES, RELEASED, NOTED, HOLDING_RUNS].map(({ environment }) =>
      environments(environment, 1, HOLDER),
    ),
    localEnvironments(),

    runs(HISTORY.run, HISTORY.runs),
    runs(HOLDING_RUNS.run, HOLDING_RUNS.count),

    leases({
      kind: HISTORY.lease,
      count: HISTORY.count,
      environment: idInSql(HISTORY.environment, `n % ${HISTORY.environments}`),
      run: idInSql(HISTORY.run, `n % ${HISTORY.runs}`),
      status: `case when n >= ${HISTORY.count - HISTORY.active} then 'active' else 'released' end`,
    }),
    leases({
      kind: FEW_LEASES.lease,
      count: FEW_LEASES.count,
      environment: idInSql(FEW_LEASES.environment),
      run: idInSql(HISTORY.run, "n"),
      status: "case n % 4 when 0 then 'active' else 'released' end",
    }),
    ...[RELEASED, NOTED].map(({ lease, count, environment }) =>
      leases({
        kind: lease,
        count,
        environment: idInSql(environment),
        run: idInSql(HISTORY.run, `n % ${HISTORY.runs}`),
        status: "'active'",
      }),
    ),
    leases({
      kind: HOLDING_RUNS.lease,
      count: HOLDING_RUNS.count * HOLDING_RUNS.leases,
      environment: idInSql(HOLDING_RUNS.environment),
      run: idInSql(HOLDING_RUNS.run, `n % ${HOLDING_RUNS.count}`),
      status: "'active'",
    }),
    ...removedStatements(),
    "set session_replication_role = origin",
  ];
}

/** Puts back the environments that have been removed, and their leases. */
export function removedStatements() {
  return [
    environments(REMOVED.environment, REMOVED.count, REMOVED.company),
    leases({
      kind: REMOVED.lease,
      count: REMOVED.count,
      company: idInSql(REMOVED.company),
      environment: idInSql(REMOVED.environment, "n"),
      run: idInSql(HISTORY.run, "n"),
      status: "'released'",
    }),
  ];
}

/** @param {string} kind @param {number} count */
function companies(kind, count) {
  return `insert into companies (id, name)
    select ${idInSql(kind, "n")}, '${kind}' from generate_series(0, ${count - 1}) as n`;
}

/** @param {string} kind @param {number} count */
function runs(kind, count) {
  return `insert into heartbeat_runs (id, company_id)
    select ${idInSql(kind, "n")}, ${idInSql(HOLDER)} from generate_series(0, ${count - 1}) as n`;
}

/** @param {string} kind @param {number} count @param {string} company */
function environments(kind, count, company) {
  return `insert into environments
      (id, company_id, name, description, driver, status, config, metadata, created_at, updated_at)
    select ${idInSql(kind, "n")}, ${idInSql(company)}, '${kind} ' || n,
      case when n % 3 = 0 then null else 'A build host that the agents of the team share.' end,
      case n % 3 when 0 then 'ssh' when 1 then 'sandbox' else 'plugin' end,
      case when n % 10 = 0 then 'archived' else 'active' end,
      jsonb_build_object('host', 'build-' || n || '.example.com', 'port', 22, 'user', 'agent',
        'workdir', '/srv/work/' || n, 'env', jsonb_build_object('CI', '1', 'LANG', 'C.UTF-8')),
      case when n % 2 = 0 then null else jsonb_build_object('team', 'platform', 'reuseLease', n % 4 = 1) end,
      ${moment("n")}, ${moment(`(n + ${count})`)}
    from generate_series(0, ${count - 1}) as n
    on conflict (id) do nothing`;
}

function localEnvironments() {
  return `insert into environments
      (id, company_id, name, description, driver, config, metadata, created_at, updated_at)
    select ${idInSql(LOCALS.environment, "n")}, ${idInSql(LOCALS.company, "n")}, 'Local', 'This machine.',
      'local', '{}', '{"managedByPaperclip": true, "defaultForCompany": true}', ${moment("n")}, ${moment("n")}
    from generate_series(0, ${LOCALS.count - 1}) as n`;
}

/**
 * @param {{ kind: string, count: number, company?: string, environment: string, run: string, status: string }} of
 *   all but the kind and the count are SQL expressions, in which `n` is the lease's number
 */
function leases({ kind, count, company = idInSql(HOLDER), environment, run, status }) {
  return `insert into environment_leases
      (id, company_id, environment_id, heartbeat_run_id, status, lease_policy, provider, provider_lease_id,
        acquired_at, last_used_at, expires_at, released_at, cleanup_status, metadata, created_at, updated_at)
    select ${idInSql(kind, "n")}, ${company}, ${environment}, ${run}, ${status},
      case when n % 2 = 0 then 'ephemeral' else 'reuse_by_environment' end, 'ssh', 'agent-' || n,
      ${moment("n")}, ${moment("(n + 60)")}, ${moment("(n + 3600)")},
      case when ${status} = 'active' then null else ${moment("(n + 60)")} end,
      case when ${status} = 'active' then null else 'success' end,
      jsonb_build_object('pid', n, 'remoteCwd', '/srv/work/' || n, 'reuseLease', n % 2 = 1),
      ${moment("n")}, ${moment("(n + 60)")}
    from generate_series(0, ${count - 1}) as n
    on conflict (id) do nothing`;
}
