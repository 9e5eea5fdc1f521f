//! A connection as the pool has it, and what becomes of one that is left in mid-statement.

use std::time::Duration;

use deadpool::managed::Object;
use sqlx::{Connection, PgConnection, raw_sql};
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

use super::connector::Connector;

/// Has a server look ten times a second, while it works on a statement, whether its client is still there.
const LOOK_FOR_CLIENT: &str = "select set_config(name, '100', false) from pg_settings \
                               where name = 'client_connection_check_interval'";

/// After this time a server that looks has noticed, and its backend is gone.
const UNTIL_NOTICED: Duration = Duration::from_millis(200);

/// A connection, and what is known of the server behind it.
pub struct Session {
    /// None only when the connection is closed already and still counts as one of the pool's.
    connection: Option<PgConnection>,
    /// Whether the server ends a statement whose client has gone.
    notices_loss: bool,
}

impl Session {
    /// A new connection, behind which no pooler may be if the server is to be set up.
    ///
    /// What nobody waits for, because its caller gave up or its process died, is not to hold locks:
    /// the server is told to look for its client now and then. Not behind a pooler, whose sessions are
    /// not ours alone. Servers before PostgreSQL 14 and those on systems that cannot look do without.
    pub(super) async fn begin(mut connection: PgConnection, set_up: bool) -> Self {
        let notices_loss = set_up
            && raw_sql(LOOK_FOR_CLIENT)
                .fetch_optional(&mut connection)
                .await
                .is_ok_and(|row| row.is_some());
        Self {
            connection: Some(connection),
            notices_loss,
        }
    }

    /// The connection, unless it is closed.
    pub(super) const fn connection(&mut self) -> Option<&mut PgConnection> {
        self.connection.as_mut()
    }

    /// Closes the connection in good form.
    pub(super) async fn close(self) {
        if let Some(connection) = self.connection {
            // A connection that cannot say goodbye is gone all the same.
            let _ = connection.close().await;
        }
    }
}

/// A session in use. Unless it was given back, it is closed when it is dropped: whoever leaves in
/// mid-statement leaves it in a state that nobody knows.
pub(super) struct Lent {
    session: Option<Object<Connector>>,
    /// How long a server may take to end a statement by itself.
    answer_limit: Duration,
}

impl Lent {
    /// A session for one statement.
    pub(super) const fn new(session: Object<Connector>, answer_limit: Duration) -> Self {
        Self {
            session: Some(session),
            answer_limit,
        }
    }

    /// The connection, unless it is closed.
    pub(super) fn connection(&mut self) -> Option<&mut PgConnection> {
        self.session.as_mut()?.connection()
    }

    /// Hands the session back to the pool.
    pub(super) fn give_back(&mut self) {
        drop(self.session.take());
    }

    /// Closes the connection, on which the statement has ended.
    pub(super) fn close(&mut self) {
        if let Some(session) = self.session.take() {
            drop(Object::take(session));
        }
    }
}

impl Drop for Lent {
    /// Leaves a statement to its fate. The connection counts as one of the pool's until the server is
    /// done with it: many who give up must not have more connections than the pool may have.
    fn drop(&mut self) {
        let Some(mut session) = self.session.take() else {
            return;
        };
        let limit = self.answer_limit;
        let until_it_is_gone = async move {
            if session.notices_loss {
                drop(session.connection.take());
                sleep(UNTIL_NOTICED).await;
            } else if let Some(connection) = session.connection() {
                // The answer comes when the statement has ended. Without its commit it has no effect.
                let _ = timeout(limit, connection.ping()).await;
            }
            drop(Object::take(session));
        };
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(until_it_is_gone);
        }
    }
}
