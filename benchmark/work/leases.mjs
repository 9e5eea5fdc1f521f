/** Leases: one at a time, and those of a run. */

import { idInSql, idOf, idsOf } from "../data/ids.mjs";
import { ACQUIRED, HISTORY, HOLDER, HOLDING_RUNS, NOTED, RELEASED } from "../data/world.mjs";
import { releaseLease, statements } from "../providers/by-hand/statements.mjs";
import { LEASE_TIMES } from "./work.mjs";

/** @typedef {import("./work.mjs").Work} Work */
/** @typedef {import("./work.mjs").EnvironmentLease} EnvironmentLease */

/** Of the history, so many are looked up. */
const READ = 10_000;

const read = idsOf(HISTORY.lease, READ);
const released = idsOf(RELEASED.lease, RELEASED.count);
const noted = idsOf(NOTED.lease, NOTED.count);
const oldRuns = idsOf(HISTORY.run, HISTORY.runs);
const holdingRuns = idsOf(HOLDING_RUNS.run, HOLDING_RUNS.count);
const company = idOf(ACQUIRED.company);
const environment = idOf(ACQUIRED.environment);

const expiresAt = new Date("2026-12-31T23:59:59.000Z");

/** @type {Work[]} */
export const leases = [
  {
    name: "getLeaseById",
    call: (service, number) => service.getLeaseById(read(number)),
    holds: (/** @type {EnvironmentLease | null} */ found, number) => found?.id === read(number),
    limit: { text: statements.getLeaseById, values: [idInSql(HISTORY.lease, ":n")], numbers: READ },
  },
  {
    name: "acquireLease",
    call: (service, number) =>
      service.acquireLease({
        companyId: company,
        environmentId: environment,
        heartbeatRunId: oldRuns(number),
        provider: "ssh",
        expiresAt,
        metadata: { remoteCwd: "/srv/work", number },
      }),
    holds: (/** @type {EnvironmentLease} */ made, number) => made.metadata?.["number"] === number,
    generated: ["id", "acquiredAt", "lastUsedAt", "createdAt", "updatedAt"],
    restore: () => [`delete from environment_leases where company_id = '${company}'`],
    writes: true,
    limit: {
      text: statements.acquireLease,
      values: [
        `'${company}'::uuid`,
        `'${environment}'::uuid`,
        "null",
        "null",
        idInSql(HISTORY.run, ":n"),
        "'ephemeral'",
        "'ssh'",
        "null",
        "now()",
        "timestamptz '2026-12-31'",
        `'{"remoteCwd": "/srv/work", "number": 1}'`,
      ],
      numbers: HISTORY.runs,
    },
  },
  {
    name: "releaseLease",
    call: (service, number) =>
      service.releaseLease(released(number), "failed", { failureReason: "It stopped." }),
    holds: (/** @type {EnvironmentLease | null} */ now, number) =>
      now?.id === released(number) && now.status === "failed",
    generated: ["lastUsedAt", "releasedAt", "updatedAt"],
    writes: true,
    limit: {
      text: releaseLease(["failure_reason"]).text,
      values: [idInSql(RELEASED.lease, ":n"), "now()", "now()", "now()", "'failed'", "'It stopped.'"],
      numbers: RELEASED.count,
    },
  },
  {
    name: "updateLeaseMetadata",
    call: (service, number) => service.updateLeaseMetadata(noted(number), { pid: number, reuseLease: true }),
    holds: (/** @type {EnvironmentLease | null} */ now, number) =>
      now?.id === noted(number) && now.metadata?.["pid"] === number,
    generated: ["lastUsedAt", "updatedAt"],
    writes: true,
    limit: {
      text: statements.updateLeaseMetadata,
      values: [idInSql(NOTED.lease, ":n"), `'{"pid": 1, "reuseLease": true}'`, "now()"],
      numbers: NOTED.count,
    },
  },
  {
    name: "releaseLeasesForRun",
    call: (service, number) => service.releaseLeasesForRun(holdingRuns(number)),
    holds: (/** @type {EnvironmentLease[]} */ ended, number) =>
      ended.length === HOLDING_RUNS.leases &&
      ended.every((each) => each.heartbeatRunId === holdingRuns(number)),
    generated: LEASE_TIMES,
    rows: HOLDING_RUNS.leases,
    stock: HOLDING_RUNS.count,
    restore: () => [
      `update environment_leases set status = 'active', released_at = null
       where environment_id = '${idOf(HOLDING_RUNS.environment)}' and company_id = '${idOf(HOLDER)}'
         and status <> 'active'`,
    ],
    writes: true,
  },
];
