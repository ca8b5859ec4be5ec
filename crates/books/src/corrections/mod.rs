//! Corrections: a settled day, restated by a further revision.
//!
//! A settled day is never edited. A correction is a settlement of its own, with the whole restated
//! figures in its row and lines of those orders alone whose line changed (one of 0 where an order
//! no longer counts); its posting has the differences, each member's by name, on the day on which
//! it is posted. What counts of a day is each version's newest line. Orders that a correction
//! states otherwise get versions of their own that count for that day alone.
//!
//! What the changed lines have vesting stays in the day's own columns: they are changed in place,
//! so that a release knows nothing of corrections. Cost: reading the day, and writing what changes.

mod carried;
mod columns;
mod found;
mod versions;

use paydirt_schedule::{Day, Timestamp};
use serde::{Deserialize, Serialize};

use crate::bulk::CreditTo;
use crate::db::{Many, many, query};
use crate::income::Item;
use crate::lines::Line;
use crate::numbers::{SettlementNumber, StreamNumber};
use crate::pools::LockedPool;
use crate::postings::{Entry, NewPosting};
use crate::settlements::{Computed, NewSettlement};
use crate::{BooksError, Session, balances, recovery};

pub use carried::Carried;
pub use columns::{CorrectedVesting, TotalChange};
pub use found::{BookedCorrection, CorrectedLine, MemberFigures};
pub use versions::CorrectionVersion;

/// The kind of its postings.
pub(crate) const KIND: &str = "correction";

/// What a correction keeps in its terms, under `correction`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectionTerms {
    /// The hash of the revision that it restates, hexadecimal.
    pub corrects: String,
    /// How many steps of what vests were released.
    pub done: u32,
    /// The day's income instead of its items, base units.
    pub income: Option<String>,
    /// The same for its deductions.
    pub deductions: Option<String>,
    /// Orders that count by another version: the one before, the one from now on. The line goes on.
    pub replaced: Vec<(i64, i64)>,
    /// Versions that count beside.
    pub added: Vec<i64>,
    /// Versions that no longer count.
    pub removed: Vec<i64>,
}

/// A correction to be posted.
pub struct NewCorrection<'a> {
    /// The stream.
    pub stream: StreamNumber,
    /// The day that is corrected.
    pub day: Day,
    /// Which correction of it: 1, 2, ….
    pub revision: i64,
    /// The settlement of revision 0.
    pub first: SettlementNumber,
    /// The day's restated figures.
    pub computed: Computed,
    /// Items that become part of the day with it.
    pub items: &'a [Item],
    /// How many orders count.
    pub orders: u64,
    /// The lines that changed, in ascending order of version.
    pub lines: &'a [Line],
    /// The differences.
    pub entries: &'a [Entry],
    /// What of it is vesting; `None`: all was at once.
    pub vesting: Option<CorrectedVesting<'a>>,
    /// The day that it is booked on.
    pub accounting: Day,
    /// When it is posted.
    pub at: Timestamp,
    /// By whom.
    pub by: &'a str,
    /// What caused it.
    pub cause: String,
}

impl Session {
    /// Posts a correction, whole or not at all, with the session's transaction. What members owe is
    /// recovered from what becomes available for them.
    ///
    /// # Errors
    /// `Constraint` when that day has this revision already, or a balance would fall below 0;
    /// `Refused` for an accounting day in a closed month; `Unbalanced`, `Database`.
    pub async fn post_correction(
        &mut self,
        locked: &mut LockedPool,
        new: &NewCorrection<'_>,
    ) -> Result<SettlementNumber, BooksError> {
        let settlement = NewSettlement {
            stream: new.stream,
            day: new.day,
            computed: new.computed.clone(),
            items: new.items,
            lines: new.lines,
            credits: &[],
            to: CreditTo::Available,
            entries: new.entries,
            at: new.at,
            by: new.by,
            cause: new.cause.clone(),
        };
        let posting = NewPosting {
            kind: KIND,
            stream: Some(new.stream),
            day: new.accounting,
            at: new.at,
            by: new.by.to_owned(),
            cause: new.cause.clone(),
        };
        let which = (new.revision, new.orders);
        let number = self.record_lines(locked, &settlement, which, &posting);
        let number = number.await?;
        self.take_late_items(number, new).await?;
        if let Some(vesting) = &new.vesting {
            self.keep_totals(number, vesting).await?;
            self.change_columns(locked, new, vesting).await?;
        }
        let connection = &mut self.connection;
        recovery::of_entries(connection, locked, &posting, new.entries).await?;
        Ok(number)
    }

    /// Items that came after the day was settled become part of it.
    async fn take_late_items(
        &mut self,
        settlement: SettlementNumber,
        new: &NewCorrection<'_>,
    ) -> Result<(), BooksError> {
        let numbers: Vec<i64> = new.items.iter().map(|item| item.number.get()).collect();
        let sql = "UPDATE income_item SET settlement = $1, day = $2 WHERE number IN NUMBERS($3) \
                   AND settlement IS NULL";
        let changed = query(sql)
            .bind(settlement.get())
            .bind(new.day.days_since_epoch())
            .bind(format!("{numbers:?}"))
            .execute(&mut self.connection)
            .await?;
        balances::all_changed("items of income", changed, numbers.len())
    }

    /// Totals that a line's terms don't give.
    async fn keep_totals(
        &mut self,
        settlement: SettlementNumber,
        vesting: &CorrectedVesting<'_>,
    ) -> Result<(), BooksError> {
        let statement = Many {
            before: "INSERT INTO corrected_vesting (settlement, version, total)",
            after: "",
        };
        let rows = vesting.changes.iter().filter(|change| !change.is_own);
        many(
            &mut self.connection,
            &statement,
            rows,
            |change: &TotalChange, values| {
                values.extend([
                    settlement.get().into(),
                    change.version.get().into(),
                    change.after.into(),
                ]);
                Ok(())
            },
        )
        .await?;
        Ok(())
    }
}
