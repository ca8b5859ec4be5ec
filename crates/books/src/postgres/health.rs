//! What must be in order before money moves, as PostgreSQL says of itself.

use paydirt_ledger::{Finding, Severity};

use crate::BooksError;
use crate::db::{Connection, query};

/// What `current_setting` tells to everybody; standbys are counted by rows, whose columns not
/// everybody may see.
const FACTS: &str = "SELECT current_setting('server_version') AS version, \
     current_setting('server_encoding') AS encoding, \
     CAST(pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on' \
         AS INTEGER) :: BIGINT AS read_only, \
     current_setting('fsync') AS fsync, \
     current_setting('full_page_writes') AS full_page_writes, \
     current_setting('synchronous_commit') AS synchronous_commit, \
     current_setting('synchronous_standby_names') AS synchronous, \
     (SELECT COUNT(*) FROM pg_stat_replication) AS standbys";

#[derive(sqlx::FromRow)]
struct Facts {
    version: String,
    encoding: String,
    read_only: i64,
    fsync: String,
    full_page_writes: String,
    synchronous_commit: String,
    synchronous: String,
    standbys: i64,
}

pub(crate) async fn health(connection: &mut Connection) -> Result<Vec<Finding>, BooksError> {
    let facts: Facts = query(FACTS).fetch_one(connection).await?;
    Ok(vec![
        finding(Severity::Ok, "PostgreSQL version", facts.version.clone()),
        facts.role(),
        facts.encoding(),
        facts.disk(),
        facts.commits(),
        facts.standbys(),
    ])
}

fn finding(severity: Severity, what: &str, detail: impl Into<String>) -> Finding {
    Finding {
        severity,
        what: what.to_owned(),
        detail: detail.into(),
    }
}

impl Facts {
    fn role(&self) -> Finding {
        const WHAT: &str = "PostgreSQL role";
        match self.read_only {
            0 => finding(Severity::Ok, WHAT, "primary, takes writes"),
            _ => finding(
                Severity::Fail,
                WHAT,
                "a standby or read-only: nothing can be written; name the primary in database.url",
            ),
        }
    }

    fn encoding(&self) -> Finding {
        const WHAT: &str = "PostgreSQL encoding";
        match self.encoding.as_str() {
            "UTF8" => finding(Severity::Ok, WHAT, "UTF8"),
            other => finding(
                Severity::Fail,
                WHAT,
                format!(
                    "{other} can't hold every name; make the database with: CREATE DATABASE … \
                     ENCODING 'UTF8' TEMPLATE template0"
                ),
            ),
        }
    }

    fn disk(&self) -> Finding {
        const WHAT: &str = "PostgreSQL disk";
        if self.fsync != "on" {
            let detail = "fsync is off: a crash of its machine loses payments that were sent; set \
                          fsync = on in postgresql.conf";
            return finding(Severity::Fail, WHAT, detail);
        }
        if self.full_page_writes != "on" {
            let detail = "full_page_writes is off: a crash of its machine may damage the books; \
                          set it on in postgresql.conf unless the disk never tears a page";
            return finding(Severity::Warn, WHAT, detail);
        }
        finding(Severity::Ok, WHAT, "fsync on, full_page_writes on")
    }

    fn commits(&self) -> Finding {
        const WHAT: &str = "PostgreSQL commits";
        match self.synchronous_commit.as_str() {
            "on" | "remote_apply" => finding(Severity::Ok, WHAT, "synchronous_commit on"),
            other => finding(
                Severity::Fail,
                WHAT,
                format!(
                    "synchronous_commit is {other} for Paydirt's own connections, which ask for \
                     on: what stands between them and the server changes it; connect directly"
                ),
            ),
        }
    }

    fn standbys(&self) -> Finding {
        const WHAT: &str = "PostgreSQL standbys";
        match (self.standbys, self.synchronous.as_str()) {
            (0, "") => finding(Severity::Ok, WHAT, "none"),
            (0, names) => finding(
                Severity::Warn,
                WHAT,
                format!(
                    "none is connected, and commits wait for one of {names:?}; start it, or take \
                     it out of synchronous_standby_names"
                ),
            ),
            (count, "") => finding(
                Severity::Warn,
                WHAT,
                format!(
                    "{count} connected, and no commit waits for one: if one is promoted, the last \
                     payments may be missing in it; name it in synchronous_standby_names, or \
                     never promote it while payments are in flight"
                ),
            ),
            (count, names) => finding(
                Severity::Ok,
                WHAT,
                format!("{count} connected, commits wait for {names:?}"),
            ),
        }
    }
}
