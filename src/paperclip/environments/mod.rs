//! Environments, as far as all generations treat them alike: what is made, changed, removed, found and listed.
//! The texts of the statements follow from each generation's [`Table`](crate::database::table::Table).

pub mod calls;
pub mod operations;
mod statements;

pub use statements::Environments;
pub(super) use statements::update;
