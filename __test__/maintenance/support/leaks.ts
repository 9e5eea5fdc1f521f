// The ways in which a lease leaks, and what only looks like one of them.

import type { ReapReason } from "./library.js";
import { ago, ahead, inTurn, type Columns, type Place, type Stand } from "./stand.js";

export const REASONS: ReapReason[] = ["run_finished", "expired", "unowned", "cleanup_failed", "retained"];

/** Each reason with what it needs to be asked for. */
export const asking = (reason: ReapReason) =>
  reason === "retained" ? { reasons: [reason], olderThan: 24 * 3_600_000 } : { reasons: [reason] };

export interface Way {
  name: string;
  /** The reasons that find it. */
  by: ReapReason[];
  /** Makes the lease, with these columns where it has none of its own, and gives its id. */
  plant(stand: Stand, place: Place, columns: Columns): Promise<string>;
}

/** A lease whose columns, and those of its run, are these; without a run if there is none. */
const way = (name: string, by: ReapReason[], columns: Columns, run?: Columns): Way => ({
  name,
  by,
  plant: async (stand, place, more) => {
    const ofRun: Columns = run ? { heartbeat_run_id: await stand.run(place.companyId, run) } : {};
    return stand.lease(place, { ...more, ...ofRun, ...columns });
  },
});

const OLD = { acquired_at: ago("30 days"), last_used_at: ago("30 days"), created_at: ago("30 days") };
const RUNNING = { status: "running" };
const TERMINAL = ["succeeded", "failed", "cancelled", "timed_out", "interrupted"];
const LIVE = ["queued", "running", "scheduled_retry"];
const ENDED = ["released", "expired", "failed"];
const POLICIES = ["reuse_by_environment", "reuse_by_execution_workspace", "retain_on_failure"];

const FINISHED: Way[] = [
  ...TERMINAL.map((status) =>
    way(`its run is ${status}`, ["run_finished"], {}, { status, finished_at: ago("11 minutes") }),
  ),
  way(
    "its run is over, and says so by its last change alone",
    ["run_finished"],
    {},
    { status: "failed", updated_at: ago("11 minutes") },
  ),
  ...POLICIES.map((policy) =>
    way(
      `its run is over, and its policy is ${policy}`,
      ["run_finished"],
      { lease_policy: policy },
      { status: "succeeded", finished_at: ago("11 minutes") },
    ),
  ),
  way(
    "its run finished within the grace",
    [],
    {},
    { status: "succeeded", finished_at: ago("9 minutes"), updated_at: ago("1 hour") },
  ),
  way(
    "its run is over, and was changed within the grace",
    [],
    {},
    { status: "cancelled", updated_at: ago("9 minutes") },
  ),
];

const EXPIRED: Way[] = [
  way("it has expired, and has no run", ["expired"], { expires_at: ago("11 minutes") }),
  way(
    "it has expired, and its run is over",
    ["run_finished", "expired"],
    { expires_at: ago("11 minutes") },
    { status: "succeeded", finished_at: ago("11 minutes") },
  ),
  way(
    "it has expired, and its run finished within the grace",
    ["expired"],
    { expires_at: ago("11 minutes") },
    { status: "succeeded", finished_at: ago("1 minute") },
  ),
  way("it expired within the grace", [], { expires_at: ago("9 minutes") }),
  way("it is yet to expire", [], { expires_at: ahead("1 minute") }),
];

const UNOWNED: Way[] = [
  way("it has no run for more than a day", ["unowned"], { acquired_at: ago("25 hours") }),
  way("it has no run for less than a day", [], { acquired_at: ago("23 hours") }),
  ...POLICIES.map((policy) =>
    way(`it has no run, and its policy is ${policy}`, [], { ...OLD, lease_policy: policy }),
  ),
];

const RETAINED: Way[] = [
  way("it is retained for more than a day", ["retained"], {
    ...{ status: "retained", last_used_at: ago("25 hours") },
    ...{ lease_policy: "retain_on_failure", acquired_at: ago("25 hours") },
  }),
  way(
    "it is retained, and its run is over",
    ["retained"],
    { status: "retained", last_used_at: ago("25 hours") },
    { status: "failed", finished_at: ago("25 hours") },
  ),
  way("it is retained for less than a day", [], {
    ...{ status: "retained", acquired_at: ago("30 days"), last_used_at: ago("23 hours") },
  }),
];

/** Whatever else is true, nobody may end these. */
const IN_USE: Way[] = LIVE.flatMap((status) => [
  way(`its run is ${status}, and it is old`, [], OLD, { status, updated_at: ago("30 days") }),
  way(`its run is ${status}, though it once finished`, [], OLD, {
    status,
    finished_at: ago("30 days"),
    updated_at: ago("30 days"),
  }),
  way(`its run is ${status}, and it has expired`, [], { ...OLD, expires_at: ago("29 days") }, { status }),
  way(`its run is ${status}, and it is retained`, [], { ...OLD, status: "retained" }, { status }),
]);

const UNKNOWN_WORDS: Way[] = [
  ...["exploded", "SUCCEEDED", ""].map((status) =>
    way(
      `the status of its run is ${JSON.stringify(status)}`,
      [],
      { ...OLD, expires_at: ago("29 days") },
      { status, finished_at: ago("29 days"), updated_at: ago("29 days") },
    ),
  ),
  way(
    "its own status is unknown",
    [],
    { ...OLD, status: "gone", expires_at: ago("29 days"), cleanup_status: "failed" },
    { status: "succeeded", finished_at: ago("29 days") },
  ),
];

const NO_EVIDENCE: Way[] = [
  way("nothing is known but its age", [], {
    ...OLD,
    lease_policy: "reuse_by_execution_workspace",
    updated_at: ago("30 days"),
  }),
  {
    name: "its issue is done",
    by: [],
    plant: async (stand, place, columns) =>
      stand.lease(place, {
        ...columns,
        ...OLD,
        issue_id: await stand.issue(place.companyId),
        heartbeat_run_id: await stand.run(place.companyId, RUNNING),
      }),
  },
  ...ENDED.map((status) =>
    way(
      `it is ${status}`,
      [],
      { ...OLD, status, released_at: ago("29 days"), expires_at: ago("29 days") },
      { status: "succeeded", finished_at: ago("29 days") },
    ),
  ),
  way(
    "the server is about to clean it up",
    [],
    { ...OLD, status: "pending_cleanup", cleanup_status: "failed", expires_at: ago("29 days") },
    { status: "succeeded", finished_at: ago("29 days") },
  ),
];

/** Of any lease. */
export const WAYS: Way[] = [
  ...[...FINISHED, ...EXPIRED, ...UNOWNED, ...RETAINED],
  ...[...IN_USE, ...UNKNOWN_WORDS, ...NO_EVIDENCE],
];

const failedCleanup = (status: string): Columns => ({
  ...OLD,
  ...{ status, cleanup_status: "failed", released_at: ago("29 days") },
});

/** Of leases that hold something at a provider. */
export const WAYS_OF_PROVIDERS: Way[] = [
  ...WAYS,
  ...ENDED.map((status) =>
    way(`it is ${status}, and its clean-up has failed`, ["cleanup_failed"], failedCleanup(status)),
  ),
  way("its clean-up has failed, and its run is over", ["cleanup_failed"], failedCleanup("released"), {
    status: "failed",
    finished_at: ago("29 days"),
  }),
  way("its clean-up has failed, and nobody knows what it held", [], {
    ...failedCleanup("released"),
    provider_lease_id: null,
  }),
  way("its clean-up has succeeded", [], { ...failedCleanup("released"), cleanup_status: "success" }),
  way("it is in use, and a clean-up of it has failed", [], { cleanup_status: "failed" }, RUNNING),
];

/** A lease for each way, in their order. */
export function plantAll(
  stand: Stand,
  place: Place,
  ways: Way[],
  columns: (n: number) => Columns,
): Promise<string[]> {
  return inTurn(ways.length, (n) => (ways[n] as Way).plant(stand, place, columns(n)));
}
