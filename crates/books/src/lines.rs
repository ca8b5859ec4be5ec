//! Lines: what each order earned of a settlement. They are the entries of its members.

use crate::db::InOrder;
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

impl Credit {
    /// One credit a member, in ascending order of member, without those of nothing.
    ///
    /// # Errors
    /// `Corrupt` when a sum is beyond 64 bits.
    pub fn merged(mut credits: Vec<Self>) -> Result<Vec<Self>, BooksError> {
        // Stable: what is in order in parts is merged, not sorted.
        credits.sort_by_key(|credit| credit.member);
        let mut beyond = None;
        credits.dedup_by(|next, kept| {
            if next.member != kept.member {
                return false;
            }
            let sums = (
                kept.now.checked_add(next.now),
                kept.vesting.checked_add(next.vesting),
            );
            match sums {
                (Some(now), Some(vesting)) => (kept.now, kept.vesting) = (now, vesting),
                _ => beyond = Some(kept.member),
            }
            true
        });
        credits.retain(|credit| credit.now != 0 || credit.vesting != 0);
        match beyond {
            Some(member) => Err(BooksError::corrupt("sum of credits of member", member)),
            None => Ok(credits),
        }
    }
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
        const LINES: InOrder = InOrder {
            columns: "version, gross, fee",
            sql: "SELECT version, gross, fee FROM line WHERE settlement = $1 AND version > $2 \
                  ORDER BY version",
        };
        let mut lines = Vec::new();
        let values = vec![settlement.get().into()];
        LINES
            .for_each(
                &mut self.connection,
                values,
                |(version, gross, fee): (i64, i64, i64)| {
                    lines.push(Line {
                        version: VersionNumber(version),
                        gross,
                        fee,
                    });
                    Ok::<i64, BooksError>(version)
                },
            )
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

#[cfg(test)]
mod tests {
    use super::*;

    fn credit(member: i64, now: i64, vesting: i64) -> Credit {
        Credit {
            member: MemberNumber(member),
            now,
            vesting,
        }
    }

    #[test]
    fn credits_of_one_member_are_one() {
        let of_a_day = [credit(1, 5, 10), credit(2, 0, 1), credit(4, 1, 0)];
        let of_a_release = [credit(2, 1, -1), credit(3, 2, -2), credit(4, -1, 0)];
        let merged = Credit::merged([of_a_day, of_a_release].concat()).unwrap();
        let expected = [credit(1, 5, 10), credit(2, 1, 0), credit(3, 2, -2)];
        assert_eq!(merged, expected);
        let beyond = vec![credit(1, i64::MAX, 0), credit(1, 1, 0)];
        assert!(Credit::merged(beyond).is_err());
    }
}
