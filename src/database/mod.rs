//! PostgreSQL: from settings to connections, from a statement to rows, from the driver's errors to ours.
//!
//! Nothing here decides what a failure means to a caller, and nothing knows Paperclip's tables. Reading order:
//! [`settings`], `driver`, `probe` and `connector` (connections are opened), [`counters`], [`statement`]
//! (texts and their values), [`executor`] (what runs them), `connection`, [`pool`], `requirement` and [`transaction`] (how),
//! [`table`], [`row`], [`object`] and [`timestamp`] (what comes back), [`fault`], [`sqlstate`] and [`guard`]
//! (what goes wrong).

mod connection;
mod connector;
pub mod counters;
mod driver;
pub mod executor;
pub mod fault;
pub mod guard;
pub mod object;
pub mod pool;
mod probe;
mod requirement;
pub mod row;
pub mod settings;
pub mod sqlstate;
pub mod statement;
pub mod table;
pub mod timestamp;
pub mod transaction;

pub use connector::PasswordSource;
pub use driver::prepare_driver;
pub use pool::Database;
pub use requirement::Requirement;
pub use settings::Settings;
pub use transaction::Transaction;
