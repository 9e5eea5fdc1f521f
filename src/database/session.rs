//! A connection as the pool has it, and what becomes of one that is left in mid-statement.

use std::time::Duration;

use deadpool::managed::Object;
use sqlx::{Connection, PgConnection, raw_sql};
use tokio::runtime::Handle;
use tokio::time::sleep;

use super::connector::Connector;

/// Has a server look ten times a second, while it works on a statement, whether its client is still there.
/// A time that somebody has set stays as it is.
const LOOK_FOR_CLIENT: &str = "select set_config(name, '100', false) from pg_settings \
                               where name = 'client_connection_check_interval' and setting = '0'";

/// After this time a server that looks has noticed, and its backend is gone.
const UNTIL_NOTICED: Duration = Duration::from_millis(200);

/// For so long the place of a connection stays taken whose server may work on unnoticed. It slows down
/// who gives up again and again, and holds up nobody else for long.
const UNLESS_NOTICED: Duration = Duration::from_secs(1);

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
pub(super) struct Lent(Option<Object<Connector>>);

impl Lent {
    /// A session for one statement.
    pub(super) const fn new(session: Object<Connector>) -> Self {
        Self(Some(session))
    }

    /// The connection, unless it is closed.
    pub(super) fn connection(&mut self) -> Option<&mut PgConnection> {
        self.0.as_mut()?.connection()
    }

    /// Hands the session back to the pool.
    pub(super) fn give_back(&mut self) {
        drop(self.0.take());
    }

    /// Closes the connection, on which nothing more will happen.
    pub(super) fn close(&mut self) {
        if let Some(session) = self.0.take() {
            drop(Object::take(session));
        }
    }
}

impl Drop for Lent {
    /// Leaves a statement to its fate. The closed connection counts as one of the pool's until the server
    /// has noticed: many who give up must not have many more connections than the pool may have.
    fn drop(&mut self) {
        let Some(mut session) = self.0.take() else {
            return;
        };
        drop(session.connection.take());
        let is_ours_alone = Object::pool(&session).is_some_and(|pool| pool.manager().prepares());
        let stays = if session.notices_loss && is_ours_alone {
            UNTIL_NOTICED
        } else {
            UNLESS_NOTICED
        };
        // Without a runtime it goes back to the pool, which does not lend what is closed.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                sleep(stays).await;
                drop(Object::take(session));
            });
        }
    }
}
