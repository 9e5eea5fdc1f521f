//! The closed sets of words that describe environments and leases.

use crate::database::table::WordSet;

/// How an environment is reached.
pub static ENVIRONMENT_DRIVER: WordSet = WordSet {
    name: "environment driver",
    words: &["local", "ssh", "sandbox", "plugin"],
};

/// Whether an environment is offered for new work.
pub static ENVIRONMENT_STATUS: WordSet = WordSet {
    name: "environment status",
    words: &["active", "archived"],
};

/// The state of a lease. A retained lease has ended, and what it held is kept for later.
pub static LEASE_STATUS: WordSet = WordSet {
    name: "environment lease status",
    words: &["active", "released", "expired", "failed", RETAINED],
};

/// The same since Paperclip 2026.626. The last status means that what the lease held has still to be given
/// back.
pub static LEASE_STATUS_OF_2026_916: WordSet = WordSet {
    name: "environment lease status",
    words: &[
        "active",
        "released",
        "expired",
        "failed",
        RETAINED,
        "pending_cleanup",
    ],
};

/// The status of a lease that has ended and is not released.
pub const RETAINED: &str = "retained";

/// What happens to what a lease holds once the lease has ended.
pub static LEASE_POLICY: WordSet = WordSet {
    name: "environment lease policy",
    words: &[
        "ephemeral",
        "reuse_by_environment",
        "reuse_by_execution_workspace",
        "retain_on_failure",
    ],
};

/// The progress of the clean-up after a lease.
pub static LEASE_CLEANUP_STATUS: WordSet = WordSet {
    name: "environment lease cleanup status",
    words: &["pending", "success", "failed"],
};
