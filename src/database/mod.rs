//! The database: from settings to a pool, from a function call to one statement, from a row to a
//! thing of the [`model`](crate::model).
//!
//! There is no policy here: what is tried again, what is put into one statement and what a failure
//! means to a caller are the [`service`](crate::service)'s. Reading order: [`settings`],
//! [`connector`], `session`, [`counters`], `statement`, [`pool`] (how a statement is run),
//! [`environments`] and [`leases`] (the statements), [`values`] (single values that only the server
//! can judge), `row` and `fault` (what comes back), `caught`.

mod caught;
pub mod connector;
pub mod counters;
pub mod environments;
mod fault;
pub mod leases;
pub mod pool;
mod row;
mod session;
pub mod settings;
mod statement;
pub mod values;

pub use connector::PasswordSource;
pub use counters::{Counters, Statistics};
pub use pool::Database;
pub use row::Read;
pub use settings::Settings;
pub use statement::Attempt;
