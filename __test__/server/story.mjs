// The requests to a server: all its routes about environments, runs of agents, and the same after a restart.

import { finished, hire, invoke } from "./agent.mjs";
import { Client } from "./client.mjs";
import { inDatabase } from "./rows.mjs";

/** @typedef {import("./paperclip-server.mjs").PaperclipServer} PaperclipServer */

const NOBODYS_ID = "00000000-0000-4000-8000-000000000000";

/** Nothing listens there, so that a connection is refused at once. */
const SSH = { host: "127.0.0.1", port: 1, username: "paperclip", remoteWorkspacePath: "/srv/work" };

/**
 * @param {PaperclipServer} server one that has just been started for the first time
 * @param {(what: string) => void} say
 * @returns {Promise<import("./client.mjs").Exchange[]>} all that was asked and answered
 */
export async function tell(server, say) {
  const client = new Client(server);
  const company = await client.ask(201, "POST /companies", { name: "Acme" });
  const local = await foundLocal(client, company.id);
  const [build, other] = await createEnvironments(client, company.id);
  say("environments are created, and taken names refused");
  await patchEnvironments(client, build, other);
  say("environments are changed");
  await refuseIds(client);
  await keepTransactionsWhole(client, company.id, build);
  await nameSecrets(client, company.id, build);
  say("what is refused leaves nothing behind, and secrets are bound");
  await client.ask(200, `POST /environments/${local}/probe`, {});
  await client.ask(200, `POST /environments/${build}/probe`, {});
  say("environments are probed");
  await chooseDefault(client, local, build);
  await removeEnvironments(client, company.id, local, other);
  say("environments are deleted, and deletion is refused");
  const agent = await runOnLocal(client, company.id, local);
  say("an agent ran to its end, its lease is released");
  await failOnSsh(client, company.id, build);
  say("an agent failed on a machine that is not there");
  const sandbox = await insertSandbox(client);
  await useSandbox(client, company.id, sandbox);
  say("sandboxes are probed, and deleted with consent");
  await client.ask(201, "POST /companies", { name: "Bolt" });
  const reads = await readAll(client, company.id, local, build);

  await server.stop();
  await server.start();
  const changed = await client.again(reads);
  if (changed.length > 0)
    throw new Error(`After a restart, other answers were given to: ${changed.join(", ")}`);
  const run = await finished(client, await invoke(client, agent), local);
  if (run.status !== "succeeded") throw new Error(`The run after a restart ${run.status}: ${run.error}`);
  await readAll(client, company.id, local, build);
  say("the server was stopped and started again, and gave the same answers");

  await forceKubernetes(client, company.id);
  say("the server ensured its Kubernetes environment");
  return client.record;
}

/** @param {Client} client @param {string} companyId */
async function foundLocal(client, companyId) {
  const [local, ...others] = await client.ask(200, `GET /companies/${companyId}/environments`);
  if (local?.driver !== "local" || others.length > 0) throw new Error("A new company has one environment");
  for (const filter of [
    "driver=local",
    "driver=ssh",
    "status=archived",
    "driver=local&driver=ssh",
    "status=",
  ]) {
    await client.ask(200, `GET /companies/${companyId}/environments?${filter}`);
  }
  return local.id;
}

/** @param {Client} client @param {string} companyId @returns {Promise<[string, string]>} */
async function createEnvironments(client, companyId) {
  const route = `POST /companies/${companyId}/environments`;
  const build = await client.ask(201, route, {
    name: "Build machine",
    description: "Für alles, was „baut“ 🏗",
    driver: "ssh",
    config: SSH,
    envVars: { STAGE: { type: "plain", value: "test" } },
    metadata: { z: 1, a: [null, 1.5, "x"], 0: { deep: { deeper: true } } },
  });
  const other = await client.ask(201, route, { name: "Other machine", driver: "ssh", config: SSH });
  await client.ask(409, route, { name: "Build machine", driver: "ssh", config: SSH });
  await client.ask(409, route, { name: "Second local", driver: "local" });
  await client.ask(422, route, { name: "Without a host", driver: "ssh", config: {} });
  await client.ask(400, route, { name: "", driver: "boat" });
  return [build.id, other.id];
}

/** @param {Client} client @param {string} build @param {string} other */
async function patchEnvironments(client, build, other) {
  const route = `PATCH /environments/${other}`;
  await client.ask(409, route, { name: "Build machine" });
  await client.ask(409, route, { driver: "local", config: {} });
  await client.ask(200, `GET /environments/${other}`);
  await client.ask(200, route, { name: "Old machine", description: "It was new once" });
  await client.ask(200, route, { description: null, metadata: { shelf: 3 }, status: "archived" });
  await client.ask(200, route, { metadata: null, status: "active" });
  await client.ask(200, route, {});
  await client.ask(200, `PATCH /environments/${build}`, { config: { username: "builder" } });
  await client.ask(404, `PATCH /environments/${NOBODYS_ID}`, { name: "Nobody's" });
}

/** @param {Client} client */
async function refuseIds(client) {
  for (const id of [NOBODYS_ID, "no-id"]) {
    const status = id === NOBODYS_ID ? 404 : 500;
    await client.ask(status, `GET /environments/${id}`);
    await client.ask(status, `GET /environments/${id}/leases`);
    await client.ask(status, `GET /environments/${id}/delete-blast-radius`);
    await client.ask(status, `GET /environment-leases/${id}`);
    await client.ask(status, `PATCH /environments/${id}`, { name: "Another" });
    await client.ask(status, `POST /environments/${id}/probe`, {});
    await client.ask(status, `DELETE /environments/${id}`);
  }
}

/**
 * A key that is not there is noticed in the transaction that has written the environment.
 *
 * @param {Client} client
 * @param {string} companyId
 * @param {string} build
 */
async function keepTransactionsWhole(client, companyId, build) {
  const privateKeySecretRef = { type: "secret_ref", secretId: NOBODYS_ID };
  const config = { ...SSH, privateKeySecretRef };
  const name = "Half an environment";
  await client.ask(422, `POST /companies/${companyId}/environments`, { name, driver: "ssh", config });
  await client.ask(422, `PATCH /environments/${build}`, { name, config: { privateKeySecretRef } });
  const stored = await client.ask(200, `GET /companies/${companyId}/environments?driver=ssh`);
  if (stored.some((/** @type {any} */ row) => row.name === name)) throw new Error(`${name} was stored`);
}

/** @param {Client} client @param {string} companyId @param {string} build */
async function nameSecrets(client, companyId, build) {
  const secret = await client.ask(201, `POST /companies/${companyId}/secrets`, {
    name: "TOKEN",
    value: "s3cret",
  });
  await client.ask(200, `PATCH /environments/${build}`, {
    envVars: { TOKEN: { type: "secret_ref", secretId: secret.id, version: "latest" } },
  });
  await client.ask(200, `GET /environments/${build}/secret-refs`);
}

/** @param {Client} client @param {string} local @param {string} build */
async function chooseDefault(client, local, build) {
  await client.ask(422, "PATCH /instance/settings", { defaultEnvironmentId: NOBODYS_ID });
  await client.ask(200, "PATCH /instance/settings", { defaultEnvironmentId: build });
  await client.ask(200, `GET /environments/${build}/delete-blast-radius`);
  await client.ask(409, `DELETE /environments/${build}`);
  await client.ask(200, "PATCH /instance/settings", { defaultEnvironmentId: local });
}

/** @param {Client} client @param {string} companyId @param {string} local @param {string} other */
async function removeEnvironments(client, companyId, local, other) {
  await client.ask(200, `GET /environments/${local}/delete-blast-radius`);
  await client.ask(409, `DELETE /environments/${local}`);
  await client.ask(200, `GET /environments/${other}/delete-blast-radius`);
  await client.ask(200, `DELETE /environments/${other}`);
  await client.ask(404, `DELETE /environments/${other}`);
  await client.ask(200, `GET /companies/${companyId}/environments`);
}

/** @param {Client} client @param {string} companyId @param {string} local */
async function runOnLocal(client, companyId, local) {
  const agent = await hire(client, companyId, { name: "Echo", command: "/bin/echo", args: ["hi"] });
  const runId = await invoke(client, agent);
  const run = await finished(client, runId, local);
  if (run.status !== "succeeded") throw new Error(`The run ${run.status}: ${run.error}`);
  await client.ask(200, `GET /heartbeat-runs/${runId}`);
  const [lease, ...others] = await client.ask(200, `GET /environments/${local}/leases?status=released`);
  if (lease?.heartbeatRunId !== runId || others.length > 0) throw new Error("The run has one released lease");
  await client.ask(200, `GET /environment-leases/${lease.id}`);
  return agent;
}

/** @param {Client} client @param {string} companyId @param {string} build */
async function failOnSsh(client, companyId, build) {
  // One that may run elsewhere; its program is never started.
  const more = { defaultEnvironmentId: build, adapterType: "claude_local" };
  const agent = await hire(client, companyId, { name: "Far", command: "/bin/echo", args: ["hi"], more });
  const runId = await invoke(client, agent);
  const run = await finished(client, runId, build);
  if (run.status !== "failed") throw new Error(`A run on a machine that is not there ${run.status}`);
  await client.ask(200, `GET /environments/${build}/leases`);
  await client.ask(200, `GET /environments/${build}/delete-blast-radius`);
}

/** One with the server's built-in provider, which no route creates. @param {Client} client @returns {Promise<string>} */
async function insertSandbox(client) {
  return inDatabase(client.server.databaseUrl, async (sql) => {
    const config = { provider: "fake", image: "ubuntu:24.04", reuseLease: true };
    const [row] = await sql`
      insert into environments (name, driver, status, config)
      values ('Sandbox', 'sandbox', 'active', ${sql.json(config)}) returning id::text`;
    return row?.["id"];
  });
}

/** @param {Client} client @param {string} companyId @param {string} sandbox */
async function useSandbox(client, companyId, sandbox) {
  const route = `/environments/${sandbox}`;
  await client.ask(200, `POST ${route}/probe?companyId=${companyId}`, {});
  await client.ask(200, `GET ${route}/leases`);
  await insertReusableLease(client, companyId, sandbox);
  await client.ask(200, `GET ${route}/delete-blast-radius`);
  await client.ask(409, `DELETE ${route}`);
  await client.ask(200, `DELETE ${route}?destroyReusableSandboxLeases=true`);
}

/** @param {Client} client @param {string} companyId @param {string} sandbox */
async function insertReusableLease(client, companyId, sandbox) {
  await inDatabase(client.server.databaseUrl, async (sql) => {
    const metadata = { driver: "sandbox", provider: "fake", reuseLease: true, reusableSandboxLease: true };
    await sql`
      insert into environment_leases
        (company_id, environment_id, status, lease_policy, provider, provider_lease_id, metadata)
      values (${companyId}, ${sandbox}, 'retained', 'reuse_by_environment', 'fake', 'sandbox://fake/kept',
        ${sql.json(metadata)})`;
  });
}

/** Everything that can be read. @param {Client} client @param {string} companyId @param {string[]} environments */
async function readAll(client, companyId, ...environments) {
  const start = client.record.length;
  await client.ask(200, `GET /companies/${companyId}/environments`);
  await client.ask(200, "GET /instance/settings");
  for (const id of environments) {
    await client.ask(200, `GET /environments/${id}`);
    await client.ask(200, `GET /environments/${id}/delete-blast-radius`);
    const leases = await client.ask(200, `GET /environments/${id}/leases`);
    for (const lease of leases) await client.ask(200, `GET /environment-leases/${lease.id}`);
  }
  return client.record.slice(start);
}

/**
 * What an operator forces is ensured when the server starts: created, refreshed, left alone.
 *
 * @param {Client} client
 * @param {string} companyId
 */
async function forceKubernetes(client, companyId) {
  for (const prefix of ["first", "second", "second"]) {
    await client.server.stop();
    await client.server.start({
      PAPERCLIP_EXECUTION_MODE: "kubernetes",
      PAPERCLIP_K8S_NAMESPACE_PREFIX: prefix,
    });
    const all = await client.ask(200, `GET /companies/${companyId}/environments?driver=sandbox`);
    if (all.length !== 1) throw new Error(`There are ${all.length} Kubernetes environments`);
    await client.ask(200, `GET /environments/${all[0].id}/delete-blast-radius`);
  }
}
