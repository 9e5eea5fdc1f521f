/** What every play ends with: leases that have leaked are found and ended. */

import { leaseMaintenance } from "paperclip-environment-service/maintenance";

import { leasesIn, short } from "../support/look.mjs";
import { addFinishedRun, sandboxConfig } from "../support/paperclip.mjs";

/** @typedef {import("paperclip-environment-service/maintenance").LeaseMaintenance} LeaseMaintenance */
/** @typedef {import("paperclip-environment-service/maintenance").Finding} Finding */
/** @typedef {import("../support/stage.mjs").Stage} Stage */
/** @typedef {{ companyId: string, local: { id: string }, sandbox: { id: string } }} Place where leases leak */

const { provider } = sandboxConfig;
/** A sandbox that was not given back, and one that no row knows. */
const LOST = "sbx-9c01";
const UNKNOWN = "sbx-9c02";

/**
 * @param {Stage} stage
 * @param {Place} place
 */
export async function maintain({ report, db, sql }, place) {
  const maintenance = leaseMaintenance(db);
  await report.step(
    "Maintenance",
    "A server was killed before it released a lease; a sandbox was not destroyed.",
    async ({ timed, table, list, expect }) => {
      const runs = await leak(sql, place);
      const show = async () => table("environment_leases, of the two runs", await rowsOf(sql, place, runs));
      const running = await sandboxesOf(maintenance);
      await show();

      const found = (await timed("diagnose", () => maintenance.diagnose())).filter(isWrong);
      list(
        "what is wrong",
        found.map(({ severity, summary }) => [severity, summary]),
      );
      expect(
        "the stale lease and the failed clean-up are found, and nothing else",
        found.map(({ code }) => code).join() === "stale_leases,cleanup_failed" &&
          found.every(({ count }) => count === 1),
      );

      const { unknown, ended, lost } = await timed("compareWithProvider", () =>
        maintenance.compareWithProvider({ provider, sandboxes: [...running.values()], complete: true }),
      );
      expect(
        `${LOST} runs on after its lease, and no lease has ever held ${UNKNOWN}`,
        unknown.map(({ id }) => id).join() === UNKNOWN &&
          ended.map(({ sandbox }) => sandbox.id).join() === LOST &&
          lost.length === 0,
      );

      const reaped = await timed("reap, with a function that gives sandboxes back", () =>
        maintenance.reap({
          reasons: ["run_finished", "cleanup_failed"],
          release: async ({ providerLeaseId }) => running.delete(providerLeaseId ?? ""),
        }),
      );
      await show();
      expect(
        "both leases are ended, none is left, and none has failed",
        reaped.ended.length === runs.length && reaped.left.length + reaped.failed.length === 0,
      );
      expect(
        `${LOST} is gone; ${UNKNOWN} is left for people to judge`,
        !running.has(LOST) && running.has(UNKNOWN),
      );

      const after = await timed("diagnose, again", () => maintenance.diagnose());
      expect("nothing is wrong any more", !after.some(isWrong));
    },
  );
  await maintenance.close();
}

/**
 * What a crash between a run's end and the release of its lease leaves, and what a provider's error does.
 *
 * @param {Stage["sql"]} sql
 * @param {Place} place
 * @returns {Promise<string[]>} the ids of the two runs
 */
async function leak(sql, { companyId, local, sandbox }) {
  const stopped = await addFinishedRun(sql, companyId);
  const failed = await addFinishedRun(sql, companyId);
  await sql`
    insert into environment_leases (company_id, environment_id, heartbeat_run_id)
    values (${companyId}, ${local.id}, ${stopped})`;
  await sql`
    insert into environment_leases (
      company_id, environment_id, heartbeat_run_id, provider, provider_lease_id,
      status, released_at, updated_at, cleanup_status)
    values (
      ${companyId}, ${sandbox.id}, ${failed}, ${provider}, ${LOST},
      'failed', now() - interval '1 hour', now() - interval '1 hour', 'failed')`;
  return [stopped, failed];
}

/**
 * @param {Stage["sql"]} sql
 * @param {Place} place
 * @param {string[]} runs
 */
async function rowsOf(sql, { companyId }, runs) {
  const rows = await leasesIn(sql, companyId, runs);
  return rows
    .filter((row) => runs.includes(row.heartbeat_run_id))
    .map((row) => ({
      lease: short(row.id),
      environment: row.environment,
      status: row.status,
      "provider's lease": row.provider_lease_id,
      cleanup: row.cleanup_status,
    }));
}

/**
 * This map stands for the provider: it runs what leases hold, and two sandboxes more.
 *
 * @param {LeaseMaintenance} maintenance
 * @returns {Promise<Map<string, { id: string }>>}
 */
async function sandboxesOf(maintenance) {
  const { leases } = await maintenance.find({ provider, status: ["active", "retained"] });
  const ids = [...leases.map(({ providerLeaseId }) => providerLeaseId ?? ""), LOST, UNKNOWN];
  return new Map(ids.map((id) => [id, { id }]));
}

/** @param {Finding} finding */
function isWrong({ severity }) {
  return severity === "warning" || severity === "problem";
}
