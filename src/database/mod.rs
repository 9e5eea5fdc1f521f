//! PostgreSQL: connections, statements, rows and failures.
//!
//! Nothing here decides what a failure means to a caller, and nothing knows Paperclip's tables. Reading
//! order: [`settings`], `driver`, `probe` and `connector` (opening connections), [`counters`], [`statement`]
//! (texts and their values), [`executor`] (what runs statements), `connection`, [`pool`], `requirement` and
//! [`transaction`] (how they are run), [`table`], [`row`], [`object`] and [`timestamp`] (results), [`fault`],
//! [`sqlstate`] and [`guard`] (failures).

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
