/** What surrounds the service in Paperclip: rows that it refers to, and configurations of environments. */

/** @typedef {import("postgres").Sql} Sql */
/** @typedef {import("@paperclipai/shared").SshEnvironmentConfig} SshEnvironmentConfig */
/** @typedef {import("@paperclipai/shared").PluginSandboxEnvironmentConfig} SandboxEnvironmentConfig */
/** @typedef {import("@paperclipai/shared").PluginEnvironmentConfig} PluginEnvironmentConfig */

/** @satisfies {SshEnvironmentConfig} */
export const sshConfig = {
  host: "build-01.harbour.example",
  port: 22,
  username: "paperclip",
  remoteWorkspacePath: "/srv/paperclip/workspaces",
  privateKey: null,
  privateKeySecretRef: {
    type: "secret_ref",
    secretId: "0f4a7c52-9a3e-4a55-b0c4-6d7a1c9be821",
    version: "latest",
  },
  knownHosts: "build-01.harbour.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHarbourExampleKey",
  strictHostKeyChecking: true,
};

/** @satisfies {SandboxEnvironmentConfig} */
export const sandboxConfig = {
  provider: "daytona",
  image: "node:22-bookworm",
  reuseLease: true,
  timeoutMs: 300_000,
};

/** @satisfies {PluginEnvironmentConfig} */
export const pluginConfig = {
  pluginKey: "harbour.cluster",
  driverKey: "kubernetes",
  driverConfig: { namespace: "agents", cpu: 2, memory: "4Gi" },
};

/**
 * @param {Sql} sql
 * @param {string} name
 * @returns {Promise<string>} the new row's id, as with all of these
 */
export async function addCompany(sql, name) {
  return onlyId(await sql`insert into companies (name) values (${name}) returning id`);
}

/**
 * @param {Sql} sql
 * @param {string} companyId
 * @param {string} title
 */
export async function addIssue(sql, companyId, title) {
  return onlyId(
    await sql`insert into issues (company_id, title) values (${companyId}, ${title}) returning id`,
  );
}

/**
 * @param {Sql} sql
 * @param {string} companyId
 * @param {string} name
 */
export async function addWorkspace(sql, companyId, name) {
  return onlyId(
    await sql`insert into execution_workspaces (company_id, name) values (${companyId}, ${name}) returning id`,
  );
}

/**
 * @param {Sql} sql
 * @param {string} companyId
 * @param {number} count
 * @returns {Promise<string[]>}
 */
export async function addRuns(sql, companyId, count) {
  const rows = await sql`
    insert into heartbeat_runs (company_id)
    select ${companyId} from generate_series(1, ${count})
    returning id`;
  return rows.map(({ id }) => id);
}

/**
 * A run that succeeded an hour ago.
 *
 * @param {Sql} sql
 * @param {string} companyId
 */
export async function addFinishedRun(sql, companyId) {
  return onlyId(
    await sql`
      insert into heartbeat_runs (company_id, status, finished_at)
      values (${companyId}, 'succeeded', now() - interval '1 hour')
      returning id`,
  );
}

/** @param {import("postgres").Row[]} rows */
function onlyId(rows) {
  const [row] = rows;
  if (row === undefined) throw new Error("The insert returned no row.");
  return /** @type {string} */ (row.id);
}
