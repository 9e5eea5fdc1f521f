//! Environments, as far as all generations treat them alike: creating, changing, removing, finding and
//! listing them. The texts of the statements are made from each generation's
//! [`Table`](crate::database::table::Table).

pub mod calls;
pub mod operations;
mod statements;

pub use statements::Environments;
pub(super) use statements::update;
