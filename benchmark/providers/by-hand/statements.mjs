/** One statement for each method, as one writes it for a driver. pgbench runs the same texts. */

/** @typedef {{ name: string, text: string }} Statement */

const ENVIRONMENT =
  "id, company_id, name, description, driver, status, config, metadata, created_at, updated_at";
const LEASE =
  "id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, status, lease_policy, " +
  "provider, provider_lease_id, acquired_at, last_used_at, expires_at, released_at, failure_reason, " +
  "cleanup_status, metadata, created_at, updated_at";

export const statements = {
  getById: `select ${ENVIRONMENT} from environments where id = $1`,

  getLeaseById: `select ${LEASE} from environment_leases where id = $1`,

  insertLocal: `
    insert into environments
      (company_id, name, description, driver, status, config, metadata, created_at, updated_at)
    values ($1, $2, $3, 'local', 'active', $4, $5, $6, $6)
    on conflict (company_id, driver) where driver = 'local' do nothing
    returning ${ENVIRONMENT}`,

  selectLocal: `select ${ENVIRONMENT} from environments where company_id = $1 and driver = 'local'`,

  create: `
    insert into environments
      (company_id, name, description, driver, status, config, metadata, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
    returning ${ENVIRONMENT}`,

  remove: `delete from environments where id = $1 returning ${ENVIRONMENT}`,

  acquireLease: `
    insert into environment_leases
      (company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, status, lease_policy,
       provider, provider_lease_id, acquired_at, last_used_at, expires_at, metadata, created_at, updated_at)
    values ($1, $2, $3, $4, $5, 'active', $6, $7, $8, $9, $9, $10, $11, $9, $9)
    returning ${LEASE}`,

  updateLeaseMetadata: `
    update environment_leases set metadata = $2, last_used_at = $3, updated_at = $3
    where id = $1
    returning ${LEASE}`,

  releaseLeasesForRun: `
    update environment_leases set status = $2, released_at = $3, last_used_at = $3, updated_at = $3
    where heartbeat_run_id = $1 and status = 'active'
    returning ${LEASE}`,
};

/** @param {keyof typeof statements} name */
export const statement = (name) => ({ name, text: statements[name] });

/** @param {string[]} filters columns */
export const list = (filters) => ({
  name: ["list", ...filters].join("_"),
  text: `
    select ${ENVIRONMENT} from environments where ${conditions(["company_id", ...filters])}
    order by updated_at desc, created_at desc`,
});

/** @param {string[]} filters columns */
export const listLeases = (filters) => ({
  name: ["list_leases", ...filters].join("_"),
  text: `
    select ${LEASE} from environment_leases where ${conditions(["environment_id", ...filters])}
    order by last_used_at desc, created_at desc`,
});

/** @param {string[]} columns that are set; their values follow the id and the time */
export const update = (columns) => ({
  name: ["update", ...columns].join("_"),
  text: `
    update environments set ${assignments(["updated_at", ...columns])}
    where id = $1
    returning ${ENVIRONMENT}`,
});

/** @param {string[]} columns that are set; their values follow the id, the three times and the status */
export const releaseLease = (columns) => ({
  name: ["release_lease", ...columns].join("_"),
  text: `
    update environment_leases set ${assignments(["released_at", "last_used_at", "updated_at", "status", ...columns])}
    where id = $1
    returning ${LEASE}`,
});

/** @param {string[]} columns */
function conditions(columns) {
  return columns.map((column, index) => `${column} = $${index + 1}`).join(" and ");
}

/** @param {string[]} columns */
function assignments(columns) {
  return columns.map((column, index) => `${column} = $${index + 2}`).join(", ");
}
