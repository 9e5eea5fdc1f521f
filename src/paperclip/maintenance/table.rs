//! The tables of what methods return.

use crate::database::table::{Column, Kind, Table};
use crate::paperclip::leases::COLUMNS_WITH_ANY_WORDS;

const ABOUT: Column = Column::new("about", Kind::Object).nullable();

/// A lease, without a check of its words, and what a statement says about it.
pub(super) static LEASES: Table = Table::new("lease", "", &leases());

/// A document that a statement returns.
pub(super) static FACTS: Table = Table::new("fact", "", &[ABOUT]);

const fn leases() -> [Column; 20] {
    let mut columns = [ABOUT; 20];
    let mut left: &[Column] = &COLUMNS_WITH_ANY_WORDS;
    let mut to: &mut [Column] = &mut columns;
    while let (Some((column, others)), Some((place, places))) =
        (left.split_first(), to.split_first_mut())
    {
        *place = *column;
        (left, to) = (others, places);
    }
    columns
}

/// The columns of a lease under the name `r`, and what is said about it.
pub(super) fn lease_and(about: &str) -> String {
    let names = COLUMNS_WITH_ANY_WORDS.map(|column| format!("r.{}, ", column.name));
    format!("{}{about} as about", names.concat())
}
