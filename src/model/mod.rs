//! The things the service is about, and the rules that hold for them wherever they are kept.
//!
//! Nothing here does input or output. Reading order: [`value_set`] (the closed sets of words),
//! [`environment`] and [`lease`] (what is stored, and what a caller asks for), [`cell`] (how it is
//! written), then the three kinds
//! of value that need care on their way: [`field`], [`json`] and [`timestamp`].

pub mod cell;
pub mod environment;
pub mod field;
pub mod json;
pub mod lease;
pub mod timestamp;
pub mod value_set;

pub use cell::{Cell, Row};
pub use environment::{
    Environment, EnvironmentFilter, EnvironmentPatch, LocalEnvironment, NewEnvironment,
};
pub use field::Field;
pub use json::{Json, StoredJson};
pub use lease::{EnvironmentLease, LeaseFilter, LeaseMetadata, LeaseRelease, NewLease, RunRelease};
pub use timestamp::Timestamp;
pub use value_set::{
    EnvironmentDriver, EnvironmentStatus, LeaseCleanupStatus, LeasePolicy, LeaseStatus,
    UnexpectedValue,
};
