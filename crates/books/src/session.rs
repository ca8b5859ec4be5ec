//! A transaction on the books: what is written in one happens whole or not at all.

use std::time::Duration;

use crate::db::Connection;
use crate::{Books, BooksError};

/// What a statement on millions of rows may take.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

/// A transaction in use. Dropped without [`commit`](Session::commit) it leaves nothing.
///
/// Its methods stand with the nouns that they are about.
pub struct Session {
    pub(crate) connection: Connection,
}

impl Books {
    /// Begins to write. On SQLite this waits until nobody else writes.
    ///
    /// # Errors
    /// `Database`.
    pub async fn begin(&self) -> Result<Session, BooksError> {
        let connection = self.write().await?;
        Ok(Session { connection })
    }

    /// Begins to read: all of it sees one state of the books.
    ///
    /// # Errors
    /// `Database`.
    pub async fn look(&self) -> Result<Session, BooksError> {
        let connection = self.read().await?;
        Ok(Session { connection })
    }
}

impl Session {
    /// Lets each statement from here on take so long, and the session be idle so long between two:
    /// for work on millions of rows. Only PostgreSQL has such limits.
    ///
    /// # Errors
    /// `Database`.
    pub async fn allow(&mut self, time: Duration) -> Result<(), BooksError> {
        Ok(self.connection.allow(time).await?)
    }

    /// Makes what was written durable.
    ///
    /// # Errors
    /// `Database`: then it is written whole or not at all, and which, only the books tell.
    pub async fn commit(self) -> Result<(), BooksError> {
        Ok(self.connection.commit().await?)
    }

    /// Ends it without writing anything.
    ///
    /// # Errors
    /// `Database`: nothing was written all the same.
    pub async fn end(self) -> Result<(), BooksError> {
        Ok(self.connection.rollback().await?)
    }
}
