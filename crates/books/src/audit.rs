//! The audit log: who did what. Each line holds the hash of the one before.

use paydirt_schedule::Timestamp;

use crate::codec::instant;
use crate::db::{Connection, query};
use crate::digest::{Digest, Hash, NOTHING};
use crate::{BooksError, Session};

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Its place, from 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What was done: `orders import`, `settle`, ….
    pub action: String,
    /// To what.
    pub subject: String,
    /// The particulars, as JSON.
    pub detail: String,
}

#[derive(sqlx::FromRow)]
struct LineRow {
    seq: i64,
    at: i64,
    by_whom: String,
    action: String,
    subject: String,
    detail: String,
    hash: Vec<u8>,
}

impl LineRow {
    fn hash_after(&self, previous: &[u8]) -> Hash {
        Digest::of("audit")
            .bytes(previous)
            .number(self.seq)
            .number(self.at)
            .text(&self.by_whom)
            .text(&self.action)
            .text(&self.subject)
            .text(&self.detail)
            .finish()
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT seq, at, by_whom, action, subject, detail, hash FROM audit ",
            $rest
        )
    };
}

/// The newest line's place and hash. Others who add wait until the transaction ends.
async fn head(connection: &mut Connection) -> Result<(i64, Vec<u8>), BooksError> {
    // The counter's row is what they wait for.
    let locked = "UPDATE counter SET last = last + 1 WHERE name = 'audit' RETURNING last";
    let (seq,): (i64,) = query(locked).fetch_one(connection).await?;
    let last = query("SELECT hash FROM audit WHERE seq = $1").bind(seq.saturating_sub(1));
    let hash: Option<(Vec<u8>,)> = last.fetch_optional(connection).await?;
    Ok((seq, hash.map_or_else(|| NOTHING.to_vec(), |(hash,)| hash)))
}

impl Session {
    /// Adds a line.
    ///
    /// # Errors
    /// `Database`.
    pub async fn audit(
        &mut self,
        by: &str,
        action: &str,
        subject: &str,
        detail: &serde_json::Value,
        now: Timestamp,
    ) -> Result<(), BooksError> {
        let (seq, previous) = head(&mut self.connection).await?;
        let line = LineRow {
            seq,
            at: now.as_ms(),
            by_whom: by.to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail: detail.to_string(),
            hash: Vec::new(),
        };
        let hash = line.hash_after(&previous);
        let sql = "INSERT INTO audit (seq, at, by_whom, action, subject, detail, hash) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        query(sql)
            .bind(line.seq)
            .bind(line.at)
            .bind(line.by_whom)
            .bind(line.action)
            .bind(line.subject)
            .bind(line.detail)
            .bind(&hash[..])
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// The newest lines, at most `limit`, newest first.
    ///
    /// # Errors
    /// `Database`.
    pub async fn audit_lines(&mut self, limit: u32) -> Result<Vec<AuditLine>, BooksError> {
        let asked = query(select!("ORDER BY seq DESC LIMIT $1")).bind(limit);
        let rows: Vec<LineRow> = asked.fetch_all(&mut self.connection).await?;
        let line = |row: LineRow| AuditLine {
            seq: row.seq,
            at: instant(row.at),
            by: row.by_whom,
            action: row.action,
            subject: row.subject,
            detail: row.detail,
        };
        Ok(rows.into_iter().map(line).collect())
    }

    /// Recomputes the chain: how many lines it has, or the place of the first that does not fit.
    ///
    /// # Errors
    /// `Database`.
    pub async fn verify_audit(&mut self) -> Result<Result<i64, i64>, BooksError> {
        let (mut previous, mut count, mut broken) = (NOTHING.to_vec(), 0_i64, None);
        query(select!("ORDER BY seq"))
            .for_each(&mut self.connection, |row: LineRow| {
                count = count.saturating_add(1);
                let fits = row.seq == count && row.hash_after(&previous)[..] == row.hash[..];
                if !fits && broken.is_none() {
                    broken = Some(count);
                }
                previous.clone_from(&row.hash);
                Ok::<(), BooksError>(())
            })
            .await?;
        let last = "SELECT last FROM counter WHERE name = 'audit'";
        let (last,): (i64,) = query(last).fetch_one(&mut self.connection).await?;
        let cut = (last != count).then(|| count.saturating_add(1));
        Ok(broken.or(cut).map_or(Ok(count), Err))
    }
}
