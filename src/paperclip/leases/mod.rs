//! Leases: the record that a run holds an environment. They are the same in all generations, except for what
//! [`Leases`] says.

pub mod calls;
pub mod operations;
mod statements;
mod table;

pub(super) use statements::{ITEMS, STATEMENTS, columns, inserting, item};
pub(super) use table::COLUMNS_WITH_ANY_WORDS;
pub use table::{LEASES_OF_2026_427, LEASES_OF_2026_916, Leases, WAITING_LEASES_OF_2026_916};
