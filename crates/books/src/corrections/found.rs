//! What a correction begins with: the day as its newest revision has it.

use std::collections::BTreeMap;

use paydirt_money::BaseUnits;
use paydirt_schedule::Day;

use crate::codec::{day, from_base_units};
use crate::db::query;
use crate::lines::Line;
use crate::numbers::{MemberNumber, PoolNumber, SettlementNumber, StreamNumber, VersionNumber};
use crate::vesting::{Vesting, VestingRow, vesting};
use crate::{BooksError, Session};

/// Members looked for in one statement.
const AT_ONCE: usize = 10_000;

/// A version's newest line of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorrectedLine {
    /// The line.
    pub line: Line,
    /// T of what it has vesting, where a correction made it another than its terms do.
    pub total: Option<i64>,
}

/// What a member has, as far as corrections take of it. Ledger units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemberFigures {
    /// May be withdrawn.
    pub available: i64,
    /// Earned, not released.
    pub vesting: i64,
    /// Owed by the member.
    pub receivable: i64,
    /// Collected by the stream.
    pub to_transfer: i64,
}

impl Session {
    /// Each version's newest line of a day, of these revisions in their order, the first being
    /// revision 0. In ascending order of version; lines of 0 of versions that no longer count, too.
    ///
    /// # Errors
    /// `Database`.
    pub async fn corrected_lines(
        &mut self,
        revisions: &[SettlementNumber],
    ) -> Result<Vec<CorrectedLine>, BooksError> {
        let Some((first, later)) = revisions.split_first() else {
            return Ok(Vec::new());
        };
        let mut changed: BTreeMap<VersionNumber, CorrectedLine> = BTreeMap::new();
        for revision in later {
            let totals = self.corrected_totals(*revision).await?;
            for line in self.lines(*revision).await? {
                let total = totals.get(&line.version).copied();
                changed.insert(line.version, CorrectedLine { line, total });
            }
        }
        let mut all = Vec::new();
        for line in self.lines(*first).await? {
            let newest = changed.remove(&line.version);
            all.push(newest.unwrap_or(CorrectedLine { line, total: None }));
        }
        all.extend(changed.into_values());
        if !all.is_sorted_by_key(|it| it.line.version) {
            all.sort_unstable_by_key(|it| it.line.version);
        }
        Ok(all)
    }

    pub(crate) async fn corrected_totals(
        &mut self,
        revision: SettlementNumber,
    ) -> Result<BTreeMap<VersionNumber, i64>, BooksError> {
        let sql = "SELECT version, total FROM corrected_vesting WHERE settlement = $1";
        let asked = query(sql).bind(revision.get());
        let rows: Vec<(i64, i64)> = asked.fetch_all(&mut self.connection).await?;
        let totals = rows.into_iter();
        Ok(totals
            .map(|(it, total)| (VersionNumber(it), total))
            .collect())
    }

    /// How what vests of a day's settlement stands; `None` while nothing of it does.
    ///
    /// # Errors
    /// `Database`.
    pub async fn vesting_of(
        &mut self,
        first: SettlementNumber,
    ) -> Result<Option<Vesting>, BooksError> {
        let sql = "SELECT settlement, day, steps, steps_done, dates FROM vesting \
                   WHERE settlement = $1";
        let asked = query(sql).bind(first.get());
        let row: Option<VestingRow> = asked.fetch_optional(&mut self.connection).await?;
        row.map(vesting).transpose()
    }

    /// The last day up to which all that vests of a stream is released. Where nothing vests, that
    /// is `over`, the last day that is over.
    ///
    /// # Errors
    /// `Database`.
    pub async fn released_through(
        &mut self,
        stream: StreamNumber,
        over: Day,
    ) -> Result<Day, BooksError> {
        let last = self.last_release(stream).await?;
        let through = match self.next_release(stream).await? {
            Some(next) => next.prev()?,
            None => over,
        };
        Ok(last.map_or(through, |last| last.max(through)))
    }

    /// Who has the unvested parts of those versions of a pool that were given away with them.
    ///
    /// # Errors
    /// `Database`.
    pub async fn moved_holders(
        &mut self,
        pool: PoolNumber,
    ) -> Result<BTreeMap<VersionNumber, MemberNumber>, BooksError> {
        let sql = "SELECT holder.version, holder.member FROM vesting_holder AS holder \
             JOIN order_version AS version ON version.number = holder.version \
             JOIN pool_order ON pool_order.number = version.of_order \
             WHERE pool_order.pool = $1 ORDER BY holder.version, holder.from_day";
        let asked = query(sql).bind(pool.get());
        let rows: Vec<(i64, i64)> = asked.fetch_all(&mut self.connection).await?;
        let holders = rows.into_iter();
        Ok(holders
            .map(|(version, member)| (VersionNumber(version), MemberNumber(member)))
            .collect())
    }

    /// What these members of a pool have, and what a stream has collected for them; zeros where
    /// there is nothing.
    ///
    /// # Errors
    /// `Database`.
    pub async fn figures_of(
        &mut self,
        pool: PoolNumber,
        stream: StreamNumber,
        members: &[MemberNumber],
    ) -> Result<BTreeMap<MemberNumber, MemberFigures>, BooksError> {
        let mut found = BTreeMap::new();
        for some in members.chunks(AT_ONCE) {
            let numbers: Vec<i64> = some.iter().map(|member| member.get()).collect();
            let numbers = format!("{numbers:?}");
            let sql = "SELECT member, available, vesting, receivable FROM member_balance \
                       WHERE pool = $1 AND member IN NUMBERS($2)";
            let asked = query(sql).bind(pool.get()).bind(&numbers);
            let rows: Vec<(i64, i64, i64, i64)> = asked.fetch_all(&mut self.connection).await?;
            for (member, available, vesting, receivable) in rows {
                let figures = MemberFigures {
                    available,
                    vesting,
                    receivable,
                    to_transfer: 0,
                };
                found.insert(MemberNumber(member), figures);
            }
            let sql = "SELECT member, to_transfer FROM stream_balance \
                       WHERE stream = $1 AND member IN NUMBERS($2)";
            let asked = query(sql).bind(stream.get()).bind(&numbers);
            let rows: Vec<(i64, i64)> = asked.fetch_all(&mut self.connection).await?;
            for (member, to_transfer) in rows {
                let figures: &mut MemberFigures = found.entry(MemberNumber(member)).or_default();
                figures.to_transfer = to_transfer;
            }
        }
        Ok(found)
    }

    /// The corrections of a pool that were booked on these days, whatever days they are of, and by
    /// how much each changed its day's figures. In the order of their postings.
    ///
    /// # Errors
    /// `Database`.
    pub async fn corrections_booked(
        &mut self,
        pool: PoolNumber,
        from: Day,
        to: Day,
    ) -> Result<Vec<BookedCorrection>, BooksError> {
        let sql = "SELECT new.number, new.stream, new.day, posting.day AS booked_on, \
             new.revision, new.income - old.income AS income, new.net - old.net AS net, \
             new.fee - old.fee AS fees, new.retained - old.retained AS retained, \
             old.deductions AS deductions_were, new.deductions \
             FROM settlement AS new \
             JOIN settlement AS old ON old.stream = new.stream AND old.day = new.day \
             AND old.kind = new.kind AND old.revision = new.revision - 1 \
             JOIN posting ON posting.number = new.posting \
             WHERE new.pool = $1 AND new.kind = 'day' AND new.revision > 0 \
             AND posting.day BETWEEN $2 AND $3 ORDER BY new.number";
        let asked = query(sql)
            .bind(pool.get())
            .bind(from.days_since_epoch())
            .bind(to.days_since_epoch());
        let rows: Vec<BookedRow> = asked.fetch_all(&mut self.connection).await?;
        let base = |bytes: &[u8]| from_base_units("deductions", bytes).map(BaseUnits::new);
        let booked = |row: BookedRow| {
            Ok(BookedCorrection {
                settlement: SettlementNumber(row.number),
                stream: StreamNumber(row.stream),
                day: day(row.day)?,
                booked_on: day(row.booked_on)?,
                revision: row.revision,
                income: row.income,
                net: row.net,
                fees: row.fees,
                retained: row.retained,
                deductions: (base(&row.deductions_were)?, base(&row.deductions)?),
            })
        };
        rows.into_iter().map(booked).collect()
    }
}

#[derive(sqlx::FromRow)]
struct BookedRow {
    number: i64,
    stream: i64,
    day: i64,
    booked_on: i64,
    revision: i64,
    income: i64,
    net: i64,
    fees: i64,
    retained: i64,
    deductions_were: Vec<u8>,
    deductions: Vec<u8>,
}

/// What a correction changed, and when it was booked. Ledger units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookedCorrection {
    /// The correction.
    pub settlement: SettlementNumber,
    /// The stream.
    pub stream: StreamNumber,
    /// The day that it corrects.
    pub day: Day,
    /// The accounting day of its posting.
    pub booked_on: Day,
    /// Which correction of that day.
    pub revision: i64,
    /// By how much it changed what was shared.
    pub income: i64,
    /// What members earned.
    pub net: i64,
    /// Service fees.
    pub fees: i64,
    /// What the pool keeps.
    pub retained: i64,
    /// The day's deductions, before and after, base units.
    pub deductions: (BaseUnits, BaseUnits),
}
