//! The methods of a generation: one list, by which calls find their operation.

use crate::batch::{self, Operation, Outcomes};
use crate::database::Database;

/// What JavaScript has to know of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// Whether calls about the same row, which their first argument names, take effect in order.
    pub is_ordered: bool,
}

/// Performs calls, given as the JSON text of an array, by one operation.
///
/// # Errors
///
/// If the text is not what JavaScript is to send.
pub(super) async fn perform<O: Operation>(
    operation: &O,
    database: &Database,
    calls: String,
) -> serde_json::Result<Outcomes> {
    let read: Vec<O::Call> = serde_json::from_str(&calls)?;
    drop(calls);
    Ok(batch::perform(operation, database, read).await)
}

/// What JavaScript has to know of an operation's method.
pub(super) const fn method<O: Operation>(name: &'static str, _: &O) -> Method {
    Method {
        name,
        is_ordered: O::ROW.is_some(),
    }
}

/// Declares the methods of a generation: their names, and the operation that each stands for.
macro_rules! methods {
    ($($name:literal => $operation:expr),+ $(,)?) => {
        /// The methods of this generation.
        pub(super) static METHODS: &[$crate::paperclip::methods::Method] =
            &[$($crate::paperclip::methods::method($name, &$operation)),+];

        /// Performs calls of one of them, given as the JSON text of an array.
        pub(super) async fn perform(
            database: &$crate::database::Database,
            method: &str,
            calls: String,
        ) -> serde_json::Result<$crate::batch::Outcomes> {
            match method {
                // Boxed one by one: together they would be as large as the largest of them.
                $($name => {
                    Box::pin($crate::paperclip::methods::perform(&$operation, database, calls)).await
                })+
                _ => Err(serde::de::Error::custom("there is no such method")),
            }
        }
    };
}

pub(super) use methods;
