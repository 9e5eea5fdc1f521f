//! What a generation is, as data: its rows, its statements, and its methods, each of which stands for an operation.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::batch::{self, Operation, Outcomes};
use crate::database::Database;
use crate::database::statement::Statement;
use crate::database::table::Table;

/// A generation of Paperclip: releases whose tables and methods are the same.
pub struct Generation {
    /// Its name: that of its first release.
    pub name: &'static str,
    /// The rows that its methods answer with.
    pub tables: &'static [&'static Table],
    /// The statements that are its own.
    pub statements: &'static [&'static Statement],
    /// Its methods.
    pub methods: &'static [Method],
}

/// A method.
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub operation: &'static dyn Perform,
}

impl Method {
    /// The method that an operation does.
    pub(super) const fn new(name: &'static str, operation: &'static dyn Perform) -> Self {
        Self { name, operation }
    }
}

/// An operation of any kind of calls.
pub trait Perform: Sync {
    /// Whether calls about the same row, which their first argument names, take effect in order.
    fn is_ordered(&self) -> bool;

    /// Performs calls, given as the JSON text of an array. The outcomes are in the order of the calls.
    ///
    /// # Errors
    ///
    /// If the text is not what JavaScript is to send.
    fn perform<'p>(
        &'static self,
        database: &'p Database,
        calls: String,
    ) -> BoxFuture<'p, serde_json::Result<Outcomes>>;
}

impl<O: Operation> Perform for O {
    fn is_ordered(&self) -> bool {
        O::ROW.is_some()
    }

    fn perform<'p>(
        &'static self,
        database: &'p Database,
        calls: String,
    ) -> BoxFuture<'p, serde_json::Result<Outcomes>> {
        async move {
            let read: Vec<O::Call> = serde_json::from_str(&calls)?;
            drop(calls);
            Ok(batch::perform(self, database, read).await)
        }
        .boxed()
    }
}
