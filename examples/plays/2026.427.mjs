/** The play of Paperclip 2026.427: all twelve methods, what they leave in the tables, and how long they take. */

import { setTimeout as sleep } from "node:timers/promises";

import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";

import { environmentService } from "paperclip-environment-service";

import {
  clock,
  connections,
  countLocal,
  environmentsIn,
  fingerprints,
  leaseCounts,
  leasesIn,
  short,
} from "../support/look.mjs";
import {
  addCompany,
  addIssue,
  addRuns,
  addWorkspace,
  pluginConfig,
  sandboxConfig,
  sshConfig,
} from "../support/paperclip.mjs";
import { inWords, refusal } from "../support/refusals.mjs";

/** @typedef {import("paperclip-environment-service").EnvironmentService} EnvironmentService */
/** @typedef {import("paperclip-environment-service").Environment} Environment */
/** @typedef {import("paperclip-environment-service").EnvironmentLease} EnvironmentLease */
/** @typedef {import("../support/stage.mjs").Stage & { service: EnvironmentService, companyId: string }} Stage */
/** @typedef {{ local: Environment, ssh: Environment, sandbox: Environment, plugin: Environment }} Environments */

/** The name that the service's connections have in pg_stat_activity, unless it is told another. */
const SERVICE_NAME = "paperclip-environment-service";
/** The most connections of a service, unless it is told otherwise. */
const MOST_CONNECTIONS = 4;

const CALLERS = 8;
const CROWD = 1000;
const HOUR = 3_600_000;

/**
 * @param {import("../support/stage.mjs").Stage} stage
 * @returns {Promise<import("./maintenance.mjs").Place>}
 */
export async function playByCompany(stage) {
  // This is all that a Paperclip server has to do.
  const service = environmentService(stage.db);
  const companyId = await addCompany(stage.sql, "Harbour Robotics");
  const { local, sandbox } = await allSteps({ ...stage, service, companyId });
  await service.close();
  return { companyId, local, sandbox };
}

/** @param {Stage} stage */
async function allSteps(stage) {
  const local = await ensureLocal(stage);
  const environments = await createEnvironments(stage, local);
  await listAndFilter(stage, environments);

  const runs = await addRuns(stage.sql, stage.companyId, 6);
  const leases = await acquireLeases(stage, environments, runs);
  await updateMetadata(stage, leases, runs);
  await endLeases(stage, environments, leases, runs);
  await endRun(stage, environments, runs);
  await removeEnvironment(stage, environments, runs);

  await refuseBadInput(stage, environments, leases);
  await raceInOneServer(stage);
  await raceAcrossServers(stage);
  await manyAtOnce(stage);
  await countConnections(stage);
  return environments;
}

/** @param {Stage} stage */
function ensureLocal({ report, service, sql, companyId }) {
  return report.step(
    "Every company has its local environment",
    "The first call makes it, and opens the first connection; every other call returns it as it is.",
    async ({ timed, table, expect }) => {
      const made = await timed("ensureLocalEnvironment", () => service.ensureLocalEnvironment(companyId));
      const again = await timed("ensureLocalEnvironment, again", () =>
        service.ensureLocalEnvironment(companyId),
      );
      table("environments", await environmentsIn(sql, companyId));
      expect("both calls return the same row", made.id === again.id);
      return made;
    },
  );
}

/**
 * @param {Stage} stage
 * @param {Environment} local
 * @returns {Promise<Environments>}
 */
function createEnvironments({ report, service, sql, companyId }, local) {
  return report.step(
    "Other places where agents run",
    "An SSH host, a sandbox and a plugin's driver, each with the configuration that Paperclip stores for it.",
    async ({ timed, table, expect }) => {
      const [ssh, sandbox, plugin] = await timed("create, 3 at once", () =>
        Promise.all([
          service.create(companyId, { name: "Build host", driver: "ssh", config: sshConfig }),
          service.create(companyId, { name: "Sandboxes", driver: "sandbox", config: sandboxConfig }),
          service.create(companyId, { name: "Cluster", driver: "plugin", config: pluginConfig }),
        ]),
      );
      const read = await timed("getById", () => service.getById(ssh.id));
      table("environments", await environmentsIn(sql, companyId));
      expect(
        `a port comes back as the number that it was: ${JSON.stringify(read?.config.port)}`,
        read?.config.port === sshConfig.port,
      );
      return { local, ssh, sandbox, plugin };
    },
  );
}

/**
 * @param {Stage} stage
 * @param {Environments} environments
 */
function listAndFilter({ report, service, companyId }, { plugin }) {
  return report.step(
    "List and filter",
    "The cluster is archived first. The last updated comes first; a word that is no driver matches nothing.",
    async ({ timed, table, expect }) => {
      await timed("update", () =>
        service.update(plugin.id, { status: "archived", description: "Moved away" }),
      );

      /** @type {[asked: string, filters: import("paperclip-environment-service").EnvironmentFilters][]} */
      const questions = [
        ["everything", {}],
        ["driver ssh", { driver: "ssh" }],
        ["status active", { status: "active" }],
        ["status archived", { status: "archived" }],
        ["driver docker", { driver: "docker" }],
      ];
      const answers = await timed(`list, ${questions.length} at once, which opens more connections`, () =>
        Promise.all(questions.map(([, filters]) => service.list(companyId, filters))),
      );
      table(
        "answers",
        questions.map(([asked], index) => ({
          filter: asked,
          found: answers[index]?.length,
          environments: answers[index]?.map(({ name }) => name).join(", ") || null,
        })),
      );
      expect(
        "4, 1, 3, 1 and 0 environments are found",
        answers.map(({ length }) => length).join() === "4,1,3,1,0",
      );
    },
  );
}

/**
 * @param {Stage} stage
 * @param {Environments} environments
 * @param {string[]} runs
 */
function acquireLeases({ report, service, sql, companyId }, { local, ssh, sandbox }, runs) {
  return report.step(
    "Six runs start at once",
    "Each acquires the environment it needs; the sixth needs two. Calls made together travel together.",
    async ({ timed, table, expect }) => {
      const issueId = await addIssue(sql, companyId, "Dock the crane");
      const executionWorkspaceId = await addWorkspace(sql, companyId, "crane-docking");
      const [run1, run2, run3, run4, run5, run6] = runs;
      const expiresAt = new Date(Date.now() + HOUR);
      /** @type {Omit<import("paperclip-environment-service").AcquireEnvironmentLease, "companyId">[]} */
      const wanted = [
        { environmentId: local.id, heartbeatRunId: run1, issueId },
        {
          environmentId: ssh.id,
          heartbeatRunId: run2,
          issueId,
          executionWorkspaceId,
          leasePolicy: "reuse_by_execution_workspace",
          provider: "ssh",
          providerLeaseId: "build-01:crane",
        },
        {
          environmentId: sandbox.id,
          heartbeatRunId: run3,
          leasePolicy: "reuse_by_environment",
          provider: "daytona",
          providerLeaseId: "sbx-7d41",
          expiresAt,
          metadata: { reuseLease: true },
        },
        {
          environmentId: sandbox.id,
          heartbeatRunId: run4,
          leasePolicy: "retain_on_failure",
          provider: "daytona",
          providerLeaseId: "sbx-7d42",
          expiresAt,
        },
        { environmentId: local.id, heartbeatRunId: run5 },
        { environmentId: local.id, heartbeatRunId: run6 },
        {
          environmentId: ssh.id,
          heartbeatRunId: run6,
          provider: "ssh",
          providerLeaseId: "build-01:paint",
        },
      ];
      const leases = await timed(`acquireLease, ${wanted.length} at once`, () =>
        Promise.all(wanted.map((each) => service.acquireLease({ companyId, ...each }))),
      );
      const rows = await leasesIn(sql, companyId, runs);
      table(
        "environment_leases",
        rows.map((row) => ({
          run: row.run,
          lease: short(row.id),
          environment: row.environment,
          status: row.status,
          policy: row.lease_policy,
          "provider's lease": row.provider_lease_id,
          expires: clock(row.expires_at),
        })),
      );
      expect(
        "every caller got the lease that it asked for",
        leases.every(
          (lease, index) =>
            lease.heartbeatRunId === wanted[index]?.heartbeatRunId &&
            lease.environmentId === wanted[index]?.environmentId,
        ),
      );
      return leases;
    },
  );
}

/**
 * @param {Stage} stage
 * @param {EnvironmentLease[]} leases
 * @param {string[]} runs
 */
function updateMetadata({ report, service, sql, companyId }, leases, runs) {
  return report.step(
    "While a run works",
    "The server notes what it learns. New metadata replaces the old, and null clears it.",
    async ({ timed, table, expect }) => {
      const [local, ssh, sandbox] = idsOf(leases);
      const metadata = { reuseLease: true, sandboxId: "sbx-7d41", region: "eu-west", startedAt: new Date() };
      await timed("updateLeaseMetadata, 3 at once", () =>
        Promise.all([
          service.updateLeaseMetadata(local, { pid: 48211 }),
          service.updateLeaseMetadata(ssh, null),
          service.updateLeaseMetadata(sandbox, metadata),
        ]),
      );
      const read = await timed("getLeaseById", () => service.getLeaseById(sandbox));
      const rows = await leasesIn(sql, companyId, runs.slice(0, 3));
      table(
        "environment_leases, the first three runs",
        rows
          .filter(({ id }) => [local, ssh, sandbox].includes(id))
          .map((row) => ({ run: row.run, lease: short(row.id), metadata: row.metadata })),
      );
      expect(
        "a Date in metadata is stored as its ISO text",
        read?.metadata?.startedAt === metadata.startedAt.toISOString(),
      );
    },
  );
}

/**
 * @param {Stage} stage
 * @param {Environments} environments
 * @param {EnvironmentLease[]} leases
 * @param {string[]} runs
 */
function endLeases({ report, service, sql, companyId }, { sandbox }, leases, runs) {
  return report.step(
    "Runs end: released, retained, failed",
    "A retained lease keeps its sandbox for another run, so it is not released; a failed one says why.",
    async ({ timed, table, expect }) => {
      const [onLocal, , inSandbox, failing] = idsOf(leases);
      const [, retained] = await timed("releaseLease, 3 at once", () =>
        Promise.all([
          service.releaseLease(onLocal),
          service.releaseLease(inSandbox, "retained"),
          service.releaseLease(failing, "failed", {
            failureReason: "The sandbox ran out of memory",
            cleanupStatus: "pending",
          }),
        ]),
      );
      const kept = await timed("listLeases, the retained ones of the sandboxes", () =>
        service.listLeases(sandbox.id, { status: "retained" }),
      );
      table("environment_leases", endings(await leasesIn(sql, companyId, runs)));
      expect(
        "the retained lease has no time of release, and the filter finds it alone",
        retained?.releasedAt === null && kept.length === 1 && kept[0]?.id === inSandbox,
      );
    },
  );
}

/**
 * @param {Stage} stage
 * @param {Environments} environments
 * @param {string[]} runs
 */
function endRun({ report, service, sql, companyId }, { local }, runs) {
  return report.step(
    "A run ends with all it holds",
    "The sixth run's leases are released in one call; what is over already, or another run's, is left alone.",
    async ({ timed, table, expect }) => {
      const run = runs[5] ?? "";
      const ended = await timed("releaseLeasesForRun", () => service.releaseLeasesForRun(run));
      const again = await timed("releaseLeasesForRun, again", () => service.releaseLeasesForRun(run));
      const active = await timed("listLeases, the active ones on this machine", () =>
        service.listLeases(local.id, { status: "active" }),
      );
      table("environment_leases", endings(await leasesIn(sql, companyId, runs)));
      expect(
        "two leases are released, none the second time, and the fifth run still has its own",
        ended.length === 2 &&
          again.length === 0 &&
          active.length === 1 &&
          active[0]?.heartbeatRunId === runs[4],
      );
    },
  );
}

/**
 * @param {Stage} stage
 * @param {Environments} environments
 * @param {string[]} runs
 */
function removeEnvironment({ report, service, sql, companyId }, { ssh }, runs) {
  return report.step(
    "An environment is removed",
    "Its leases go with it, by the tables' foreign keys; a second call finds nothing.",
    async ({ timed, table, expect }) => {
      const removed = await timed("remove", () => service.remove(ssh.id));
      const again = await timed("remove, again", () => service.remove(ssh.id));
      const left = await leasesIn(sql, companyId, runs);
      table("environments", await environmentsIn(sql, companyId));
      table("environment_leases", endings(left));
      expect(
        `“${removed?.name}” is returned, then null, and ${left.length} leases are left of 7`,
        removed?.id === ssh.id && again === null && left.length === 5,
      );
    },
  );
}

/**
 * @param {Stage} stage
 * @param {Environments} environments
 * @param {EnvironmentLease[]} leases
 */
function refuseBadInput({ report, service, sql, companyId }, { local }, leases) {
  return report.step(
    "Bad input is refused",
    "The caller gets an error that says what is wrong, and the tables stay as they are, to the last byte.",
    async ({ timed, table, list, expect }) => {
      const [lease] = idsOf(leases);
      const noEnvironment = "00000000-0000-4000-8000-000000000000";
      /** @type {[what: string, call: () => Promise<unknown>, code: string | undefined][]} */
      const attempts = [
        [
          "a driver that does not exist",
          // @ts-expect-error what the types forbid, plain JavaScript can still do
          () => service.create(companyId, { name: "Containers", driver: "docker" }),
          undefined,
        ],
        [
          "a clean-up status that does not exist",
          // @ts-expect-error likewise
          () => service.releaseLease(lease, "failed", { cleanupStatus: "done" }),
          undefined,
        ],
        ["a malformed uuid", () => service.update("build-host", { name: "New name" }), "22P02"],
        [
          "a number as id",
          // @ts-expect-error likewise
          () => service.updateLeaseMetadata(42, { note: "never stored" }),
          undefined,
        ],
        [
          "an environment that does not exist",
          () => service.acquireLease({ companyId, environmentId: noEnvironment }),
          "23503",
        ],
        ["null as name", () => service.update(local.id, /** @type {any} */ ({ name: null })), "23502"],
      ];

      const before = await fingerprints(sql);
      const errors = await timed(`${attempts.length} calls, one after the other`, async () => {
        /** @type {import("../support/refusals.mjs").Refusal[]} */
        const caught = [];
        for (const [what, call] of attempts) caught.push(await refusal(what, call));
        return caught;
      });
      const after = await fingerprints(sql);

      list(
        "what the caller catches",
        attempts.map(([what], index) => [what, inWords(errors[index])]),
      );
      table(
        "every column of every row",
        before.map(({ table, rows, fingerprint }, index) => ({
          table,
          "rows before": rows,
          after: after[index]?.rows,
          "fingerprint before": fingerprint,
          "fingerprint after": after[index]?.fingerprint,
        })),
      );
      expect(
        "each error is the promised one",
        attempts.every(([, , code], index) => errors[index]?.code === code) && errors[3] instanceof TypeError,
      );
      expect("nothing was written", JSON.stringify(before) === JSON.stringify(after));
    },
  );
}

/** @param {Stage} stage */
function raceInOneServer({ report, service, sql }) {
  return report.step(
    `A race of ${CALLERS} callers`,
    "A new company has no local environment yet, and all callers of one service ask for it at once.",
    async ({ timed, table, expect }) => {
      const companyId = await addCompany(sql, "Tidewater Labs");
      const answers = await timed(`ensureLocalEnvironment, ${CALLERS} at once`, () =>
        Promise.all(Array.from({ length: CALLERS }, () => service.ensureLocalEnvironment(companyId))),
      );
      table("environments", await environmentsIn(sql, companyId));
      expect(...agreement(answers, await countLocal(sql, companyId)));
    },
  );
}

/** @param {Stage} stage */
function raceAcrossServers({ report, sql, url }) {
  return report.step(
    `A race of ${CALLERS} servers`,
    "The same, but each caller has a service and connections of its own, as if it were another server.",
    async ({ timed, table, expect }) => {
      const companyId = await addCompany(sql, "Gullwing Freight");
      const clients = Array.from({ length: CALLERS }, (_, index) =>
        postgres(url, { connection: { application_name: `server ${index + 1}` } }),
      );
      const services = clients.map((client) => environmentService(drizzle(client)));
      try {
        const answers = await timed(`ensureLocalEnvironment, on ${CALLERS} new connections`, () =>
          Promise.all(services.map((each) => each.ensureLocalEnvironment(companyId))),
        );
        const held = [...(await connections(sql)).keys()].filter((name) => name.startsWith("server "));
        table("environments", await environmentsIn(sql, companyId));
        expect(`${held.length} servers were connected`, held.length === CALLERS);
        expect(...agreement(answers, await countLocal(sql, companyId)));
      } finally {
        await Promise.all(services.map((each) => each.close()));
        await Promise.all(clients.map((client) => client.end()));
      }
    },
  );
}

/** @param {Stage} stage */
function manyAtOnce({ report, service, sql }) {
  const crowd = CROWD.toLocaleString("en");
  return report.step(
    `${crowd} runs at once`,
    "Far more calls than connections: they are gathered into a few statements, and each gets its own answer.",
    async ({ timed, table, expect }) => {
      const companyId = await addCompany(sql, "Northwind Fleet");
      const environment = await service.ensureLocalEnvironment(companyId);
      const runs = await addRuns(sql, companyId, CROWD);

      const leases = await timed(`acquireLease, ${crowd} at once`, () =>
        Promise.all(
          runs.map((heartbeatRunId) =>
            service.acquireLease({ companyId, environmentId: environment.id, heartbeatRunId }),
          ),
        ),
      );
      table("environment_leases, counted", await leaseCounts(sql, companyId));
      expect(
        "every caller got the lease of its own run",
        leases.every((lease, index) => lease.heartbeatRunId === runs[index]),
      );

      const ended = await timed(`releaseLeasesForRun, ${crowd} at once`, () =>
        Promise.all(runs.map((run) => service.releaseLeasesForRun(run))),
      );
      table("environment_leases, counted", await leaseCounts(sql, companyId));
      expect(
        "every run released its one lease",
        ended.every(
          (released, index) => released.length === 1 && released[0]?.heartbeatRunId === runs[index],
        ),
      );
    },
  );
}

/** @param {Stage} stage */
function countConnections({ report, service, sql }) {
  return report.step(
    "Few connections",
    "The service holds few connections, whatever it is asked to do at once, and gives them all back.",
    async ({ timed, table, expect }) => {
      const held = await connections(sql);
      table(
        "pg_stat_activity",
        [...held].sort().map(([name, count]) => ({ application_name: name, connections: count })),
      );
      const count = held.get(SERVICE_NAME) ?? 0;
      expect(
        `after all of the above the service holds ${count}, and ${MOST_CONNECTIONS} at most`,
        count > 0 && count <= MOST_CONNECTIONS,
      );
      await timed("close", () => service.close());
      expect(
        "closed, it holds none",
        await comesTrue(async () => !(await connections(sql)).has(SERVICE_NAME)),
      );
    },
  );
}

/**
 * @param {Environment[]} answers
 * @param {number} rows
 * @returns {[finding: string, holds: boolean]}
 */
function agreement(answers, rows) {
  const ids = new Set(answers.map(({ id }) => id));
  return [
    `${answers.length} callers got ${ids.size} id, and the company has ${rows} local row`,
    ids.size === 1 && rows === 1,
  ];
}

/** @param {Record<string, any>[]} rows */
function endings(rows) {
  return rows.map((row) => ({
    run: row.run,
    environment: row.environment,
    status: row.status,
    released: clock(row.released_at),
    "failure reason": row.failure_reason,
    cleanup: row.cleanup_status,
  }));
}

/**
 * @param {EnvironmentLease[]} leases
 * @returns {[string, string, string, string]} the ids of the first four
 */
function idsOf(leases) {
  const [first = "", second = "", third = "", fourth = ""] = leases.map(({ id }) => id);
  return [first, second, third, fourth];
}

/**
 * The server notices a moment later that a connection is gone.
 *
 * @param {() => Promise<boolean>} question
 */
async function comesTrue(question) {
  for (let attempt = 0; attempt < 50; attempt++) {
    if (await question()) return true;
    await sleep(20);
  }
  return false;
}
