//! What makes a lease stale. The conditions are about a lease `l`, its run `run` (nulls if it has none), and
//! the call `a` with `grace` and `older_than` (milliseconds) and `sessions` (leases that a custom-image
//! session refers to). Each is true or false, never null.

use crate::paperclip::words::{LEASE_CLEANUP_STATUS, LEASE_POLICY};

/// The condition that a run has finished. A run with an unknown status has not.
pub(super) fn is_finished(run: &str) -> String {
    format!(
        "coalesce({run}.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)"
    )
}

/// When the run finished.
pub(super) const FINISH: &str = "coalesce(run.finished_at, run.updated_at)";

/// The condition that no run uses the lease.
pub(super) fn is_idle() -> String {
    format!("(l.heartbeat_run_id is null or {})", is_finished("run"))
}

/// The condition that the lease holds nothing at a provider: it refers to this machine or an SSH host.
pub(super) const IS_NOTE: &str = "(l.provider is null or l.provider in ('local', 'ssh'))";

/// The states of a lease that has ended, although its clean-up may be pending.
pub(super) const ENDED: &str = "('released', 'expired', 'failed')";

/// The time this many milliseconds ago.
pub(super) fn ago(milliseconds: &str) -> String {
    format!("now() - {milliseconds} * interval '1 ms'")
}

/// The condition that the lease's words are known. A lease with other words is never written.
pub(super) fn has_known_words() -> String {
    let (policies, cleanups) = (LEASE_POLICY.list(), LEASE_CLEANUP_STATUS.list());
    format!(
        "(l.lease_policy in {policies} and (l.cleanup_status is null or l.cleanup_status in {cleanups}))"
    )
}

/// The first of the wanted `reasons` why the lease is stale, or null. A clean-up that is pending was either
/// abandoned or is claimed.
pub(super) fn reason() -> String {
    let (idle, finished) = (is_idle(), is_finished("run"));
    let (grace, older_than) = (ago("a.grace"), ago("a.older_than"));
    let has_known_words = has_known_words();
    format!(
        "case when not {has_known_words} then null \
         when l.status = 'active' and 'run_finished' = any(a.reasons) \
         and {finished} and {FINISH} < {grace} then 'run_finished' \
         when l.status = 'active' and 'expired' = any(a.reasons) \
         and l.expires_at < {grace} and {idle} then 'expired' \
         when l.status = 'active' and 'unowned' = any(a.reasons) and l.lease_policy = 'ephemeral' \
         and l.heartbeat_run_id is null and l.acquired_at < {older_than} \
         and not l.id = any(a.sessions) then 'unowned' \
         when l.status in {ENDED} and 'cleanup_failed' = any(a.reasons) \
         and l.cleanup_status in ('failed', 'pending') and l.provider_lease_id is not null \
         and not {IS_NOTE} and {idle} then 'cleanup_failed' \
         when l.status = 'retained' and 'retained' = any(a.reasons) \
         and l.last_used_at < {older_than} and {idle} then 'retained' end"
    )
}

/// The condition that the lease would be stale, but its run finished in the future.
pub(super) fn clock_is_off() -> String {
    let (finished, has_known_words) = (is_finished("run"), has_known_words());
    format!(
        "(l.status = 'active' and 'run_finished' = any(a.reasons) and {has_known_words} \
         and {finished} and {FINISH} > now())"
    )
}

/// The condition that another process has recently begun to give back what the lease holds.
pub(super) const IS_CLAIMED: &str = "((l.provider not in ('local', 'ssh') and l.cleanup_status = 'pending' \
     and l.updated_at > now() - interval '10 min') is true)";

/// The condition that another lease needs what this one holds at its provider: one in use, or a retained one
/// that is not stale itself.
pub(super) fn is_shared() -> String {
    let (finished, reason) = (is_finished("run"), reason());
    format!(
        "((l.provider not in ('local', 'ssh')) is true and exists (select from \
         (select o.* from environment_leases o where o.provider_lease_id = l.provider_lease_id \
         and o.provider = l.provider and o.id <> l.id) l \
         left join heartbeat_runs run on run.id = l.heartbeat_run_id \
         where (l.status = 'active' and not {finished} or l.status = 'retained') and {reason} is null))"
    )
}

/// A reason in words, for the lease's `failure_reason`.
pub(super) fn in_words(reason: &str) -> String {
    format!(
        "'Reaped: ' || case {reason} when 'run_finished' then 'its run has finished' \
         when 'expired' then 'it has expired' when 'unowned' then 'it has no run' \
         when 'cleanup_failed' then 'its clean-up had failed' \
         when 'retained' then 'it was retained long enough' end"
    )
}
