//! The members behind a posting's sums.

use std::collections::BTreeMap;

use super::posted::{Posted, PostedEntry};
use super::timeline::{Purse, Settled, Timeline};
use crate::db::{Connection, InOrder, query};
use crate::numbers::{MemberNumber, PoolNumber, SettlementNumber, VersionNumber};
use crate::session::LONG;
use crate::{Account, BooksError, Line, Session};

/// Of a line: its version, that version's member, gross and fee.
pub(super) type LineRow = (i64, i64, i64, i64);

const LINES: InOrder = InOrder {
    columns: "version, member, gross, fee",
    sql: "SELECT line.version, order_version.member, line.gross, line.fee \
          FROM line CROSS JOIN order_version WHERE order_version.number = line.version \
          AND line.settlement = $1 AND line.version > $2 ORDER BY line.version",
};

/// Hands each line of a settlement on, with its member.
pub(super) async fn each_line(
    connection: &mut Connection,
    settlement: SettlementNumber,
    mut each: impl FnMut(VersionNumber, MemberNumber, &Line) -> Result<(), BooksError> + Send,
) -> Result<(), BooksError> {
    let values = vec![settlement.get().into()];
    let each = |(version, member, gross, fee): LineRow| {
        let line = Line {
            version: VersionNumber(version),
            gross,
            fee,
        };
        each(line.version, MemberNumber(member), &line)?;
        Ok::<i64, BooksError>(version)
    };
    LINES.for_each(connection, values, each).await
}

/// What stands behind a pool's postings.
pub struct Parts {
    timeline: Timeline,
    /// By posting.
    settlements: BTreeMap<i64, usize>,
    transfers: BTreeMap<i64, (i64, Option<crate::StreamNumber>)>,
}

/// What accounts of members change by.
type Sums = BTreeMap<(Purse, MemberNumber), i64>;

fn add(sums: &mut Sums, to: Purse, member: MemberNumber, amount: i64) -> Result<(), BooksError> {
    let sum = sums.entry((to, member)).or_default();
    *sum = sum
        .checked_add(amount)
        .ok_or_else(|| BooksError::corrupt("sum of a member", amount))?;
    Ok(())
}

impl Session {
    /// What is needed to tell the members behind the sums of a pool's postings.
    ///
    /// # Errors
    /// `Database`.
    pub async fn parts(&mut self, pool: PoolNumber) -> Result<Parts, BooksError> {
        self.allow(LONG).await?;
        let timeline = Timeline::load(&mut self.connection, pool).await?;
        let settled = timeline.settled.iter().enumerate();
        let settlements = settled.map(|(place, settled)| (settled.posting, place));
        let settlements = settlements.collect();
        let asked = query("SELECT posting, number, stream FROM transfer WHERE pool = $1");
        let rows: Vec<(i64, i64, i64)> = asked
            .bind(pool.get())
            .fetch_all(&mut self.connection)
            .await?;
        let transfers = rows.into_iter().map(|(posting, number, stream)| {
            let stream = Some(crate::StreamNumber(stream));
            (posting, (number, stream))
        });
        Ok(Parts {
            transfers: transfers.collect(),
            timeline,
            settlements,
        })
    }

    /// Puts the members' own entries in place of the sums of a posting.
    ///
    /// # Errors
    /// `Corrupt` when they don't add up to the sums; `Database`.
    pub async fn expand(&mut self, parts: &Parts, posted: &mut Posted) -> Result<(), BooksError> {
        let is_sum = |entry: &PostedEntry| entry.member.is_none() && entry.account.is_of_members();
        if !posted.entries.iter().any(is_sum) {
            return Ok(());
        }
        let connection = &mut self.connection;
        let posting = posted.number.get();
        let mut sums = Sums::new();
        let timeline = &parts.timeline;
        if let Some(settled) = parts.settlements.get(&posting) {
            if let Some(settled) = timeline.settled.get(*settled) {
                settlement(connection, settled, &mut sums).await?;
            }
        } else if let Some((stream, _)) = timeline.release(posting) {
            let of_stream = timeline.settled.iter();
            for settled in of_stream.filter(|settled| settled.stream == stream) {
                release(connection, timeline, settled, posting, &mut sums).await?;
            }
        } else if let Some((transfer, stream)) = parts.transfers.get(&posting) {
            let asked = query("SELECT member, amount FROM transfer_line WHERE transfer = $1");
            let asked = asked.bind(*transfer);
            asked
                .for_each(connection, |(member, amount): (i64, i64)| {
                    let member = MemberNumber(member);
                    let less = amount.saturating_neg();
                    add(&mut sums, (Account::ToTransfer, *stream), member, less)?;
                    add(&mut sums, (Account::Available, None), member, amount)
                })
                .await?;
        }
        sums.retain(|_, amount| *amount != 0);
        put_in_place(posted, &sums)
    }
}

/// What a settlement's lines are for their members.
async fn settlement(
    connection: &mut Connection,
    settled: &Settled,
    sums: &mut Sums,
) -> Result<(), BooksError> {
    each_line(connection, settled.number, |_, member, line| {
        let free = settled.free(line.net());
        add(sums, settled.to, member, free.now)?;
        add(sums, (Account::Vesting, None), member, free.unvested)
    })
    .await
}

/// What a release gave of a settlement.
async fn release(
    connection: &mut Connection,
    timeline: &Timeline,
    settled: &Settled,
    posting: i64,
    sums: &mut Sums,
) -> Result<(), BooksError> {
    let steps = timeline.steps(settled);
    let Some(step) = steps.iter().find(|step| step.release.posting == posting) else {
        return Ok(());
    };
    each_line(connection, settled.number, |version, own, line| {
        let member = timeline.holder(version, own, step.release.day);
        let is_later = |seq| seq < step.release.seq;
        if timeline.ends(settled, version).is_some_and(is_later) {
            return Ok(());
        }
        let amount = step.amount(timeline.total(settled, version, line.net()));
        let less = amount.saturating_neg();
        add(sums, (Account::Vesting, None), member, less)?;
        add(sums, step.release.to, member, amount)
    })
    .await
}

fn put_in_place(posted: &mut Posted, sums: &Sums) -> Result<(), BooksError> {
    let mut wanted: BTreeMap<Purse, i128> = BTreeMap::new();
    for entry in &posted.entries {
        if entry.member.is_none() && entry.account.is_of_members() {
            let of_purse = wanted.entry((entry.account, entry.stream)).or_default();
            *of_purse = of_purse.saturating_add(entry.amount.into());
        }
    }
    let mut found: BTreeMap<Purse, i128> = BTreeMap::new();
    for ((purse, _), amount) in sums {
        let of_purse = found.entry(*purse).or_default();
        *of_purse = of_purse.saturating_add((*amount).into());
    }
    if wanted != found {
        let what = format!("posting {} ({})", posted.seq, posted.cause);
        return Err(BooksError::corrupt("members behind", what));
    }
    posted
        .entries
        .retain(|entry| entry.member.is_some() || !entry.account.is_of_members());
    let members = sums
        .iter()
        .map(|(((account, stream), member), amount)| PostedEntry {
            account: *account,
            stream: *stream,
            member: Some(*member),
            amount: *amount,
        });
    posted.entries.splice(0..0, members);
    Ok(())
}
