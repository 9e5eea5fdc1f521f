/** What a crash leaves behind, and how an operator finds and ends it: the same on the tables of each generation. */

import { leaseMaintenance } from "paperclip-environment-service/maintenance";

import { short } from "../support/look.mjs";
import { addCompany, addRuns } from "../support/paperclip.mjs";

/** @typedef {import("../support/stage.mjs").Stage} Stage */

/** @param {Stage} stage */
export async function playMaintenance(stage) {
  const maintenance = leaseMaintenance(stage.db);
  await stage.report.step(
    "Maintenance: what a crash leaves behind",
    "The server was killed between the end of two runs and the release of their leases, an hour ago. The row of a third sandbox is lost.",
    async ({ timed, table, expect }) => {
      const companyId = await plantLeaks(stage);
      /** What stands for the provider: its sandboxes. */
      const running = new Set(["sbx-stale", "sbx-lost"]);

      const found = await timed("diagnose", () => maintenance.diagnose());
      const stale = found.find(({ code }) => code === "stale_leases");
      table("What doctor says of it", [{ severity: stale?.severity, summary: stale?.summary }]);
      expect("Both leases are found", stale?.count === 2);

      const sandboxes = [...running].map((id) => ({ id }));
      const compared = await timed("compareWithProvider", () =>
        maintenance.compareWithProvider({ provider: "daytona", sandboxes }),
      );
      expect(
        "The sandbox without a row is found",
        compared.unknown.some(({ id }) => id === "sbx-lost"),
      );
      for (const { id } of compared.unknown) running.delete(id);

      const { ended } = await timed("reap", () =>
        maintenance.reap({
          companyId,
          release: async ({ providerLeaseId }) => running.delete(String(providerLeaseId)),
        }),
      );
      table(
        "What reap has ended",
        ended.map(({ lease, reason }) => ({
          ...{ lease: short(lease.id), provider: lease.provider, status: lease.status, reason },
          cleanup: lease.cleanupStatus,
        })),
      );
      expect("Both leases are ended", ended.length === 2);
      expect("No sandbox runs for nothing any more", running.size === 0);
      const after = await maintenance.diagnose();
      expect(
        "No lease is stale any more",
        after.some(({ code, severity }) => code === "stale_leases" && severity === "ok"),
      );
    },
  );
  await maintenance.close();
}

/** @param {Stage} stage */
async function plantLeaks({ sql }) {
  const companyId = await addCompany(sql, "Lighthouse Tools");
  const [ofNote, ofSandbox] = await addRuns(sql, companyId, 2);
  await sql`
    update heartbeat_runs set status = 'succeeded', finished_at = now() - interval '1 hour'
    where company_id = ${companyId}`;
  const leases = [
    { run: ofNote, provider: "local", held: null },
    { run: ofSandbox, provider: "daytona", held: "sbx-stale" },
  ];
  for (const { run, provider, held } of leases) {
    await sql`
      insert into environment_leases
        (company_id, environment_id, heartbeat_run_id, provider, provider_lease_id, acquired_at, last_used_at)
      select ${companyId}, id, ${run ?? null}, ${provider}, ${held}, now() - interval '2 hours', now() - interval '1 hour'
      from environments limit 1`;
  }
  return companyId;
}
