/** The play of Paperclip 2026.916: what its server does otherwise, and what it asks that was not there before. */

import { environmentService as serviceOf2026_427 } from "paperclip-environment-service";
import { environmentService } from "paperclip-environment-service/2026.916";

import { leasesIn, short } from "../support/look.mjs";
import { addCompany, addIssue, addRuns, addWorkspace, sandboxConfig } from "../support/paperclip.mjs";
import { inWords, refusal } from "../support/refusals.mjs";

/** @typedef {import("paperclip-environment-service/2026.916").EnvironmentService} EnvironmentService */
/** @typedef {import("paperclip-environment-service/2026.916").Environment} Environment */
/** @typedef {import("paperclip-environment-service/2026.916").EnvironmentLease} EnvironmentLease */
/** @typedef {import("paperclip-environment-service/2026.916").AcquireEnvironmentLease} AcquireEnvironmentLease */
/** @typedef {import("../support/stage.mjs").Stage & { service: EnvironmentService, companyId: string }} Stage */

/**
 * @typedef {object} Sandbox
 * @property {Environment} environment
 * @property {string[]} runs use it one after the other
 * @property {AcquireEnvironmentLease} wanted what they have in common
 * @property {EnvironmentLease} first the lease of the first of them
 */

/**
 * @param {import("../support/stage.mjs").Stage} stage
 * @returns {Promise<import("./maintenance.mjs").Place>}
 */
export async function playByInstance(stage) {
  const service = environmentService(stage.db);
  const companyId = await addCompany(stage.sql, "Harbour Robotics");
  await allSteps({ ...stage, service, companyId });
  const local = await service.ensureLocalEnvironment(companyId);
  const sandbox = await service.create({ name: "Sandboxes", driver: "sandbox", config: sandboxConfig });
  await service.close();
  return { companyId, local, sandbox };
}

/** @param {Stage} stage */
async function allSteps(stage) {
  const sandbox = await runAgent(stage);
  await refuse(stage, sandbox);
  await handOffAndDelete(stage, sandbox);
}

/**
 * @param {Stage} stage
 * @returns {Promise<Sandbox>}
 */
function runAgent({ report, service, sql, companyId }) {
  return report.step(
    "A run, from its start to its end",
    "It ends with the provider's receipt that the sandbox has stopped, which goes into the metadata.",
    async ({ timed, expect }) => {
      const otherId = await addCompany(sql, "Tidewater Labs");
      const [ours, theirs, environment] = await timed(
        "ensureLocalEnvironment twice, and create, at once",
        () =>
          Promise.all([
            service.ensureLocalEnvironment(companyId),
            service.ensureLocalEnvironment(otherId),
            service.create({ name: "Sandboxes", driver: "sandbox", config: sandboxConfig }),
          ]),
      );
      const runs = await addRuns(sql, companyId, 3);
      /** @type {AcquireEnvironmentLease} */
      const wanted = {
        companyId,
        environmentId: environment.id,
        executionWorkspaceId: await addWorkspace(sql, companyId, "crane-docking"),
        issueId: await addIssue(sql, companyId, "Dock the crane"),
        leasePolicy: "reuse_by_environment",
        provider: "daytona",
        providerLeaseId: "sbx-7d41",
        assertCompanyBinding: true,
      };
      const first = await timed("acquireLease", () =>
        service.acquireLease({ ...wanted, heartbeatRunId: runs[0] }),
      );
      const [, read] = await timed("updateLeaseMetadata and getById, at once", () =>
        Promise.all([
          service.updateLeaseMetadata(first.id, { region: "eu-west" }),
          service.getById(environment.id),
        ]),
      );
      const ended = await timed("releaseLease, with a receipt", () =>
        service.releaseLease(first.id, "released", {
          cleanupStatus: "success",
          remoteExecutionTermination: { state: "stopped" },
        }),
      );
      expect(
        "two companies got the same local environment, and environments have no companyId",
        ours.id === theirs.id && read?.id === environment.id && !("companyId" in read),
      );
      expect(
        `the metadata is ${JSON.stringify(ended?.metadata)}`,
        ended?.metadata?.region === "eu-west" && "remoteExecutionTermination" in ended.metadata,
      );
      return { environment, runs, wanted, first };
    },
  );
}

/**
 * @param {Stage} stage
 * @param {Sandbox} sandbox
 */
function refuse({ report, service, db }, { environment }) {
  return report.step(
    "What is refused",
    "A name is there once in the instance; the tables decide which entry of the package fits.",
    async ({ timed, list, expect }) => {
      const other = serviceOf2026_427(db);
      /** @type {[what: string, call: () => Promise<unknown>, code: string | number][]} */
      const attempts = [
        ["a name that is taken", () => service.create({ name: environment.name, driver: "ssh" }), 409],
        ["the entry of another Paperclip", () => other.getById(environment.id), "WRONG_GENERATION"],
      ];
      const errors = await timed(`${attempts.length} calls at once`, () =>
        Promise.all(attempts.map(([what, call]) => refusal(what, call))),
      );
      await other.close();
      list(
        "what the caller catches",
        attempts.map(([what], index) => [what, inWords(errors[index])]),
      );
      expect(
        "each error is the promised one",
        attempts.every(([, , code], index) => (errors[index]?.code ?? errors[index]?.status) === code),
      );
    },
  );
}

/**
 * @param {Stage} stage
 * @param {Sandbox} sandbox
 */
function handOffAndDelete({ report, service, sql, companyId }, { environment, runs, wanted, first }) {
  return report.step(
    "A sandbox goes to the next run, and a deletion waits",
    "A replaced lease expires as the new one is made. Another sandbox is still to be destroyed.",
    async ({ timed, table, expect }) => {
      const [, run2, run3] = runs;
      const second = await timed("acquireLease, with replacesReusableLeaseId", () =>
        service.acquireLease({ ...wanted, heartbeatRunId: run2, replacesReusableLeaseId: first.id }),
      );
      const orphan = await timed("insertPendingCleanupLease", () =>
        service.insertPendingCleanupLease({
          companyId,
          environmentId: environment.id,
          heartbeatRunId: run3,
          provider: wanted.provider,
          providerLeaseId: "sbx-7d42",
          failureReason: "The provider did not answer",
        }),
      );
      const rows = await leasesIn(sql, companyId, runs);
      table(
        "environment_leases",
        rows.map((row) => ({
          run: row.run,
          lease: short(row.id),
          status: row.status,
          policy: row.lease_policy,
          "provider's lease": row.provider_lease_id,
          cleanup: row.cleanup_status,
        })),
      );
      const [radius, refused] = await timed("getDeleteBlastRadius and removeIfDeletable, at once", () =>
        Promise.all([
          service.getDeleteBlastRadius(environment.id),
          service.removeIfDeletable(environment.id),
        ]),
      );
      const reasons = radius?.deleteBlockedReasons.join(", ");
      expect(
        `the environment stays: ${reasons}`,
        refused === null && reasons === "pending_sandbox_cleanup, reusable_sandbox_lease",
      );

      await timed("releaseLease, 2 at once, as the sandboxes are destroyed", () =>
        Promise.all(
          [second, orphan].map(({ id }) => service.releaseLease(id, "expired", { cleanupStatus: "success" })),
        ),
      );
      const removed = await timed("removeIfDeletable", () => service.removeIfDeletable(environment.id));
      const left = await Promise.all([first, second, orphan].map(({ id }) => service.getLeaseById(id)));
      expect(
        `“${removed?.name}” is removed, and its ${left.length} leases stay, without an environment`,
        removed?.id === environment.id && left.every((lease) => lease?.environmentId === null),
      );
    },
  );
}
