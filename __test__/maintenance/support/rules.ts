// Which leases are stale, worked out once more: from the rows, and from what is promised.

import type postgres from "postgres";

import type { LeftReason } from "../../../maintenance.js";
import type { ReapReason, ReapResult } from "./library.js";

/** For how long a claim is respected. */
export const LEAST_CLAIM = "10 minutes";

const MINUTE = 60_000;
const GRACE = 10 * MINUTE;
const CLAIM = 10 * MINUTE;
const DAY = 24 * 60 * MINUTE;

interface Run {
  status: string;
  finished_at: number | null;
  updated_at: number;
}

interface Lease {
  id: string;
  heartbeat_run_id: string | null;
  status: string;
  lease_policy: string;
  provider: string | null;
  provider_lease_id: string | null;
  cleanup_status: string | null;
  acquired_at: number;
  last_used_at: number;
  expires_at: number | null;
  updated_at: number;
  run: Run | null;
}

interface State {
  now: number;
  leases: Lease[];
}

/** All leases with their runs, and the database's time. */
export async function asMaintained(sql: postgres.Sql): Promise<State> {
  const [row] = await sql.unsafe<{ state: string }[]>(`
    select jsonb_build_object('now', now(), 'leases', coalesce((select jsonb_agg(to_jsonb(l) || jsonb_build_object('run',
      (select jsonb_build_object('status', r.status, 'finished_at', r.finished_at, 'updated_at', r.updated_at)
       from heartbeat_runs r where r.id = l.heartbeat_run_id)))
      from environment_leases l), '[]'))::text as state`);
  return JSON.parse(row?.state ?? "{}", (key, value) =>
    (key === "now" || key.endsWith("_at")) && value !== null ? Date.parse(value) : value,
  ) as State;
}

const isFinished = (run: Run | null) =>
  run !== null && ["succeeded", "failed", "cancelled", "timed_out", "interrupted"].includes(run.status);

const isNote = ({ provider }: Lease) => provider === null || provider === "local" || provider === "ssh";

/** Each reason that holds, when all are asked for, and retained and unowned from a day on. */
function reasonsOf(lease: Lease, now: number): ReapReason[] {
  const { run, status, expires_at } = lease;
  const isIdle = lease.heartbeat_run_id === null || isFinished(run);
  const isOver = ["released", "expired", "failed"].includes(status);
  const reasons: [ReapReason, boolean][] = [
    [
      "run_finished",
      status === "active" && isFinished(run) && (run?.finished_at ?? run?.updated_at ?? now) < now - GRACE,
    ],
    ["expired", status === "active" && isIdle && expires_at !== null && expires_at < now - GRACE],
    [
      "unowned",
      status === "active" &&
        lease.lease_policy === "ephemeral" &&
        lease.heartbeat_run_id === null &&
        lease.acquired_at < now - DAY,
    ],
    [
      "cleanup_failed",
      // A clean-up that is pending for longer than a claim lasts was given up.
      isOver &&
        isIdle &&
        !isNote(lease) &&
        lease.provider_lease_id !== null &&
        (lease.cleanup_status === "failed" || lease.cleanup_status === "pending"),
    ],
    ["retained", status === "retained" && isIdle && lease.last_used_at < now - DAY],
  ];
  return reasons.filter(([, holds]) => holds).map(([reason]) => reason);
}

const isAheadOfTheClock = ({ status, run }: Lease, now: number) =>
  status === "active" && isFinished(run) && (run?.finished_at ?? run?.updated_at ?? now) > now;

/** Whether another lease, which is in use or retained and not stale, holds the same thing. */
const isShared = (lease: Lease, leases: Lease[], now: number) =>
  leases.some(
    (other) =>
      other.id !== lease.id &&
      other.provider === lease.provider &&
      other.provider_lease_id !== null &&
      other.provider_lease_id === lease.provider_lease_id &&
      (other.status === "retained" || (other.status === "active" && !isFinished(other.run))) &&
      reasonsOf(other, now).length === 0,
  );

/** What a dry run with a hook has found otherwise than the rules. */
export function differenceOf({ now, leases }: State, found: ReapResult): string[] {
  const said = new Map<string, { reason: ReapReason; why: LeftReason | null }>();
  for (const { lease, reason } of found.ended) said.set(lease.id, { reason, why: null });
  for (const { lease, reason, why } of found.left) said.set(lease.id, { reason, why });
  const differences: string[] = [];
  for (const lease of leases) {
    const reasons = reasonsOf(lease, now);
    const answer = said.get(lease.id);
    said.delete(lease.id);
    const tell = (expected: string) =>
      differences.push(`${expected}, not ${JSON.stringify(answer)}: ${JSON.stringify(lease)}`);
    if (reasons.length === 0) {
      const expected = isAheadOfTheClock(lease, now) ? "clock" : undefined;
      if (answer?.why !== expected) tell(`left for its ${expected ?? "good"}`);
      continue;
    }
    if (answer === undefined || !reasons.includes(answer.reason)) tell(reasons.join(" or "));
    const isClaimed = lease.cleanup_status === "pending" && lease.updated_at > now - CLAIM;
    const shared = isShared(lease, leases, now);
    if (isNote(lease) ? answer?.why !== null : isClaimed && answer?.why !== "claimed")
      tell("its claim counts");
    else if (!isNote(lease) && !isClaimed && (answer?.why === "shared") !== shared) {
      tell(shared ? "it is shared" : "it is not shared");
    }
  }
  for (const id of said.keys()) differences.push(`${id} is no lease`);
  return differences;
}
