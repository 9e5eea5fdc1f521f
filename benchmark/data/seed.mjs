/** Fills the tables: set by set, in SQL, since there are more than a hundred thousand rows. */

import { idInSql } from "./ids.mjs";
import {
  ACQUIRED,
  CHANGED,
  CREATED,
  HISTORY,
  HOLDER,
  LIST_LENGTHS,
  LOCAL,
  NOTED,
  READ,
  RELEASED,
  REMOVED,
  SANDBOX,
  companyOf,
  environmentOf,
} from "./world.mjs";

/** @typedef {import("../providers/provider.mjs").Generation} Generation */

/** As in a real table: microseconds, and no two the same. */
const moment = (/** @type {string} */ number) =>
  `timestamptz '2026-03-01 00:00:00+00' + ${number} * interval '7.000123 seconds'`;

/**
 * Statements, in their order.
 *
 * @param {Generation} generation
 * @returns {string[]}
 */
export function seedStatements(generation) {
  return [
    // All is well by construction, and the checks of the foreign keys would take longer than the rest.
    "set session_replication_role = replica",
    ...SEEDS[generation](),
    "set session_replication_role = origin",
  ];
}

/** @type {Record<Generation, () => string[]>} */
const SEEDS = {
  2026.427: () => [
    ...[READ.company, CHANGED.company, CREATED.company, REMOVED.company, HOLDER, ACQUIRED.company].map(
      (name) => company(name),
    ),
    ...LIST_LENGTHS.flatMap((length) => [
      company(companyOf(length)),
      environments(environmentOf(length), length, ofCompany(companyOf(length))),
    ]),
    environments(READ.environment, READ.count, ofCompany(READ.company)),
    environments(CHANGED.environment, CHANGED.count, ofCompany(CHANGED.company)),
    environments(ACQUIRED.environment, 1, ofCompany(ACQUIRED.company)),
    environments(HISTORY.environment, HISTORY.environments, ofCompany(HOLDER)),
    ...[RELEASED, NOTED].map(({ environment }) => environments(environment, 1, ofCompany(HOLDER))),
    runs(),
    leases({
      kind: HISTORY.lease,
      count: HISTORY.count,
      environment: idInSql(HISTORY.environment, `n % ${HISTORY.environments}`),
      status: "'released'",
    }),
    ...[RELEASED, NOTED].map(({ lease, count, environment }) =>
      leases({ kind: lease, count, environment: idInSql(environment), status: "'active'" }),
    ),
    ...removedStatements(),
  ],

  2026.916: () => [
    // The migrations make a local one.
    "delete from environments",
    ...[HOLDER, ACQUIRED.company].map((name) => company(name, { issue_prefix: `'${name}'` })),
    environments(SANDBOX.environment, 1),
    localEnvironment(),
    runs({ agent_id: idInSql("agent") }),
    leases({
      kind: SANDBOX.lease,
      count: SANDBOX.count,
      environment: idInSql(SANDBOX.environment),
      status: "'released'",
    }),
  ],
};

/** Puts back the environments that have been removed, and their leases. */
export function removedStatements() {
  return [
    environments(REMOVED.environment, REMOVED.count, ofCompany(REMOVED.company)),
    leases({
      kind: REMOVED.lease,
      count: REMOVED.count * REMOVED.leases,
      company: idInSql(REMOVED.company),
      environment: idInSql(REMOVED.environment, `n % ${REMOVED.count}`),
      status: "'released'",
    }),
  ];
}

/** @param {string} name */
const ofCompany = (name) => ({ company_id: idInSql(name) });

/** @param {string} name @param {Record<string, string>} [also] */
function company(name, also) {
  return insert("companies", 1, { id: idInSql(name), name: `'${name}'`, ...also });
}

/** @param {Record<string, string>} [also] */
function runs(also) {
  const columns = { id: idInSql(HISTORY.run, "n"), company_id: idInSql(HOLDER), ...also };
  return insert("heartbeat_runs", HISTORY.runs, columns);
}

/** @param {string} kind @param {number} count @param {Record<string, string>} [also] */
function environments(kind, count, also) {
  return insert("environments", count, {
    id: idInSql(kind, "n"),
    ...also,
    name: `'${kind} ' || n`,
    description: "case when n % 3 = 0 then null else 'A build host that the agents of the team share.' end",
    driver: "case n % 3 when 0 then 'ssh' when 1 then 'sandbox' else 'plugin' end",
    status: "case when n % 10 = 0 then 'archived' else 'active' end",
    config: `jsonb_build_object('host', 'build-' || n || '.example.com', 'port', 22, 'user', 'agent',
      'workdir', '/srv/work/' || n, 'env', jsonb_build_object('CI', '1', 'LANG', 'C.UTF-8'))`,
    metadata: `case when n % 2 = 0 then null
      else jsonb_build_object('team', 'platform', 'reuseLease', n % 4 = 1) end`,
    created_at: moment("n"),
    updated_at: moment(`(n + ${count})`),
  });
}

function localEnvironment() {
  return insert("environments", 1, {
    id: idInSql(LOCAL.environment),
    name: "'Local'",
    description: "'Default execution environment for Paperclip runs on this machine.'",
    driver: "'local'",
    metadata: `'{"managedByPaperclip": true, "defaultForInstance": true}'::jsonb`,
    created_at: moment("n"),
    updated_at: moment("n"),
  });
}

/**
 * @param {{ kind: string, count: number, company?: string, environment: string, status: string }} of all but the
 *   kind and the count are SQL expressions, in which `n` is the lease's number
 */
function leases({ kind, count, company = idInSql(HOLDER), environment, status }) {
  const ifEnded = (/** @type {string} */ value) =>
    `case when ${status} = 'active' then null else ${value} end`;
  return insert("environment_leases", count, {
    id: idInSql(kind, "n"),
    company_id: company,
    environment_id: environment,
    heartbeat_run_id: idInSql(HISTORY.run, `n % ${HISTORY.runs}`),
    status,
    lease_policy: "case when n % 2 = 0 then 'ephemeral' else 'reuse_by_environment' end",
    provider: "'ssh'",
    provider_lease_id: "'agent-' || n",
    acquired_at: moment("n"),
    last_used_at: moment("(n + 60)"),
    expires_at: moment("(n + 3600)"),
    released_at: ifEnded(moment("(n + 60)")),
    cleanup_status: ifEnded("'success'"),
    metadata: "jsonb_build_object('pid', n, 'remoteCwd', '/srv/work/' || n, 'reuseLease', n % 2 = 1)",
    created_at: moment("n"),
    updated_at: moment("(n + 60)"),
  });
}

/**
 * @param {string} table
 * @param {number} count
 * @param {Record<string, string>} columns SQL expressions, in which `n` is the row's number
 */
function insert(table, count, columns) {
  return `insert into ${table} (${Object.keys(columns).join(", ")})
    select ${Object.values(columns).join(", ")} from generate_series(0, ${count - 1}) as n
    on conflict (id) do nothing`;
}
