//! Lines: what each order earned of a settlement. They are the entries of its members.

use crate::db::query;
use crate::digest::{Digest, Hash};
use crate::numbers::{MemberNumber, SettlementNumber, VersionNumber};
use crate::{BooksError, Session, bulk};

/// What an order earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The version of the order.
    pub version: VersionNumber,
    /// Before the service fee, ledger units.
    pub gross: i64,
    /// The service fee.
    pub fee: i64,
}

impl Line {
    /// What the member earned.
    #[must_use]
    pub const fn net(&self) -> i64 {
        // A fee is never more than the gross amount.
        self.gross.saturating_sub(self.fee)
    }
}

/// A change of many members' balances by one cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credit {
    /// The member.
    pub member: MemberNumber,
    /// To what is available, or is to be transferred.
    pub now: i64,
    /// To what is vesting; below 0 for what is released.
    pub vesting: i64,
}

/// The hash of lines in ascending order of version.
#[derive(Clone)]
pub(crate) struct LinesHash(Digest);

impl LinesHash {
    pub(crate) fn new() -> Self {
        Self(Digest::of("lines"))
    }

    pub(crate) fn add(&mut self, line: &Line) {
        self.0.row(&[line.version.get(), line.gross, line.fee]);
    }

    pub(crate) fn finish(self) -> Hash {
        self.0.finish()
    }
}

pub(crate) fn digest_of(lines: &[Line]) -> Hash {
    let mut hash = LinesHash::new();
    for line in lines {
        hash.add(line);
    }
    hash.finish()
}

impl Session {
    /// The lines of a settlement, in ascending order of version.
    ///
    /// # Errors
    /// `Database`.
    pub async fn lines(&mut self, settlement: SettlementNumber) -> Result<Vec<Line>, BooksError> {
        let sql = "SELECT version, gross, fee FROM line WHERE settlement = $1 ORDER BY version";
        let mut lines = Vec::new();
        query(sql)
            .bind(settlement.get())
            .for_each(&mut self.connection, |(version, gross, fee)| {
                lines.push(Line {
                    version: VersionNumber(version),
                    gross,
                    fee,
                });
                Ok::<(), BooksError>(())
            })
            .await?;
        Ok(lines)
    }

    pub(crate) async fn add_lines(
        &mut self,
        settlement: SettlementNumber,
        lines: &[Line],
    ) -> Result<(), BooksError> {
        bulk::insert_lines(&mut self.connection, settlement, lines).await
    }
}
