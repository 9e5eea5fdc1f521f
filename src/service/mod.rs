//! The environment service: the twelve operations, each for many calls at once.
//!
//! Reading order: [`calls`] (what is asked), `check` (from text to values), [`operation`] (how many
//! calls become one statement, and what a failure means to each), `settle` (what a broken
//! connection means), then [`environments`] and
//! [`leases`] (the operations). There is no SQL here, and nothing of Node.

pub mod calls;
mod check;
pub mod environments;
pub mod leases;
pub mod operation;
mod settle;

use crate::database::{Database, PasswordSource, Settings, Statistics};
use crate::error::Error;
use operation::{Operation, Outcomes};

/// The environment service of one database.
///
/// Calls of one kind are made together. Each has its own outcome, in the order of the calls; calls
/// about the same row take effect in that order.
///
/// ```no_run
/// # async fn example(settings: paperclip_environment_service::database::Settings)
/// # -> Result<(), paperclip_environment_service::error::Error> {
/// use paperclip_environment_service::service::{EnvironmentService, environments::GetById};
///
/// let service = EnvironmentService::new(settings, None)?;
/// let ids = vec!["6f1f3fb5-52a4-4a5c-8a45-2d3f5c0b7c11".to_owned()];
/// for outcome in service.perform::<GetById>(ids).await {
///     println!("{:?}", outcome?);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct EnvironmentService {
    database: Database,
}

impl EnvironmentService {
    /// A service; it connects with the first call.
    ///
    /// # Errors
    ///
    /// [`Error::Bug`] if the pool cannot be built, which no settings bring about.
    pub fn new(settings: Settings, password: Option<PasswordSource>) -> Result<Self, Error> {
        Ok(Self {
            database: Database::new(settings, password)?,
        })
    }

    /// Performs calls of one kind; the outcomes are in the order of the calls.
    pub async fn perform<O: Operation>(&self, calls: Vec<O::Call>) -> Outcomes<O::Answer> {
        operation::perform::<O>(&self.database, calls).await
    }

    /// The state of the connections, and what has happened on them.
    pub fn statistics(&self) -> Statistics {
        self.database.statistics()
    }

    /// Disconnects. Whoever closes a service waits for its calls first.
    pub async fn close(&self) {
        self.database.close().await;
    }
}
