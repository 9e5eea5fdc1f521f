/** One lease at a time. */

import { idInSql, idOf, idsOf } from "../data/ids.mjs";
import { ACQUIRED, HISTORY, NOTED, RELEASED } from "../data/world.mjs";
import { releaseLease, statements } from "../providers/by-hand/leases.mjs";
import { LEASE_TIMES } from "./work.mjs";

/** @typedef {import("../../index.js").EnvironmentLease} EnvironmentLease */

/** Of the history, so many are looked up. */
const READ = 10_000;

const read = idsOf(HISTORY.lease, READ);
const released = idsOf(RELEASED.lease, RELEASED.count);
const noted = idsOf(NOTED.lease, NOTED.count);
const oldRuns = idsOf(HISTORY.run, HISTORY.runs);
const company = idOf(ACQUIRED.company);
const environment = idOf(ACQUIRED.environment);

const expiresAt = new Date("2026-12-31T23:59:59.000Z");

const generation = "2026.427";

/** @type {import("./work.mjs").WorkByCompany[]} */
export const leases = [
  {
    name: "getLeaseById",
    generation,
    call: (service, number) => service.getLeaseById(read(number)),
    holds: (/** @type {EnvironmentLease | null} */ found, number) => found?.id === read(number),
    limit: { text: statements.getLeaseById.text, values: [idInSql(HISTORY.lease, ":n")], numbers: READ },
  },
  {
    name: "acquireLease",
    generation,
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
    generated: ["id", ...LEASE_TIMES],
    restore: () => [`delete from environment_leases where company_id = '${company}'`],
    writes: true,
    limit: {
      text: statements.acquireLease.text,
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
    generation,
    call: (service, number) =>
      service.releaseLease(released(number), "failed", { failureReason: "It stopped." }),
    holds: (/** @type {EnvironmentLease | null} */ now, number) =>
      now?.id === released(number) && now.status === "failed",
    generated: LEASE_TIMES,
    writes: true,
    limit: {
      text: releaseLease(["failure_reason"]).text,
      values: [idInSql(RELEASED.lease, ":n"), "now()", "now()", "now()", "'failed'", "'It stopped.'"],
      numbers: RELEASED.count,
    },
  },
  {
    name: "updateLeaseMetadata",
    generation,
    call: (service, number) => service.updateLeaseMetadata(noted(number), { pid: number, reuseLease: true }),
    holds: (/** @type {EnvironmentLease | null} */ now, number) =>
      now?.id === noted(number) && now.metadata?.["pid"] === number,
    generated: LEASE_TIMES,
    writes: true,
    limit: {
      text: statements.updateLeaseMetadata.text,
      values: [idInSql(NOTED.lease, ":n"), `'{"pid": 1, "reuseLease": true}'`, "now()"],
      numbers: NOTED.count,
    },
  },
];
