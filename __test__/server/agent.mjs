// Agents whose work is a command on the server's machine, and their runs.

import { until } from "./wait.mjs";

/** @typedef {import("./client.mjs").Client} Client */

const RUN_LIMIT = 60_000;

/**
 * @param {Client} client
 * @param {string} companyId
 * @param {{ name: string, command: string, args: string[], more?: Record<string, unknown> }} what
 * @returns {Promise<string>} its id
 */
export async function hire(client, companyId, { name, command, args, more = {} }) {
  const agent = await client.ask(201, `POST /companies/${companyId}/agents`, {
    name,
    role: "engineer",
    adapterType: "process",
    adapterConfig: { command, args, cwd: client.server.home },
    ...more,
  });
  return agent.id;
}

/** @param {Client} client @param {string} agentId @returns {Promise<string>} the run's id */
export async function invoke(client, agentId) {
  const run = await client.ask(202, `POST /agents/${agentId}/heartbeat/invoke`, {});
  return run.id;
}

/**
 * Waits until a run is over and its leases are released.
 *
 * @param {Client} client
 * @param {string} runId
 * @param {string} environmentId where it ran
 * @returns {Promise<{ status: string, error: string | null }>}
 */
export async function finished(client, runId, environmentId) {
  const run = await until(`the run ${runId} ends`, RUN_LIMIT, async () => {
    const now = await client.look(`/heartbeat-runs/${runId}`);
    return ["queued", "running"].includes(now.status) ? null : now;
  });
  await until(`the leases of the run ${runId} are released`, RUN_LIMIT, async () => {
    const active = await client.look(`/environments/${environmentId}/leases?status=active`);
    return !active.some((/** @type {any} */ lease) => lease.heartbeatRunId === runId);
  });
  return run;
}
