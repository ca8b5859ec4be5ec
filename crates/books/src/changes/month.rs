//! What all members of a pool had and got in a span of days.
//!
//! It begins with what each has now and takes away what came after the span, and then what came in
//! it: so only what was earned, vests or was released since its first day is read, however long
//! the books are. Memory: some 200 bytes a member.

use std::collections::BTreeMap;

use paydirt_schedule::Day;

use super::parts::each_line;
use super::timeline::{Free, Purse, Settled, Step, Timeline};
use crate::codec::{day, named};
use crate::db::{Connection, InOrder, query};
use crate::numbers::{MemberNumber, PoolNumber};
use crate::session::LONG;
use crate::{Account, Balance, BooksError, Line, Session, openings};

/// What a member had and got in a span of days, ledger units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemberMonth {
    /// What it had before.
    pub opening: Balance,
    /// What its orders earned, before the service fee.
    pub gross: i64,
    /// The service fee.
    pub fee: i64,
    /// What vested of earlier days.
    pub vested: i64,
    /// What streams had collected and became available.
    pub transferred: i64,
    /// What payments that became final paid.
    pub paid: i64,
    /// What corrections of settled days changed what it can claim by.
    pub corrected: i64,
    /// What else did: balances from before these books, unvested parts that went to another
    /// member, what a reconciliation found.
    pub other: i64,
    /// What it had after.
    pub closing: Balance,
}

impl MemberMonth {
    /// What its orders earned.
    #[must_use]
    pub const fn net(&self) -> i64 {
        self.gross.saturating_sub(self.fee)
    }
}

impl Balance {
    /// What a member can claim: all that is its and not paid, less what it owes.
    #[must_use]
    pub fn owed(&self) -> i128 {
        let has = [
            self.available,
            self.frozen,
            self.vesting,
            self.to_transfer,
            self.in_flight,
        ];
        let has: i128 = has.into_iter().map(i128::from).sum();
        has.saturating_sub(self.receivable.into())
    }
}

/// All members of a pool that have a balance, by number.
pub type MonthOfMembers = BTreeMap<MemberNumber, MemberMonth>;

/// Where a change belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    In,
    After,
}

struct Span {
    from: Day,
    to: Day,
    members: MonthOfMembers,
}

impl Span {
    fn when(&self, on: Day) -> Option<When> {
        match on {
            _ if on > self.to => Some(When::After),
            _ if on >= self.from => Some(When::In),
            _ => None,
        }
    }

    /// Takes a change away from what was before it.
    fn undo(
        &mut self,
        when: When,
        member: MemberNumber,
        account: Account,
        amount: i64,
    ) -> Result<&mut MemberMonth, BooksError> {
        let of = self.members.entry(member).or_default();
        let less = amount
            .checked_neg()
            .ok_or_else(|| BooksError::corrupt("change of a balance", amount))?;
        of.opening.change(account, less)?;
        if when == When::After {
            of.closing.change(account, less)?;
        }
        Ok(of)
    }

    fn add_earned(
        &mut self,
        settled: &Settled,
        when: When,
        member: MemberNumber,
        (line, free): (&Line, Free),
    ) -> Result<(), BooksError> {
        self.undo(when, member, settled.to.0, free.now)?;
        let of = self.undo(when, member, Account::Vesting, free.unvested)?;
        if when == When::In && settled.is_opening {
            add(&mut of.other, free.unvested)?;
        } else if when == When::In {
            add(&mut of.gross, line.gross)?;
            add(&mut of.fee, line.fee)?;
        }
        Ok(())
    }

    fn add_released(
        &mut self,
        when: When,
        to: Purse,
        member: MemberNumber,
        amount: i64,
    ) -> Result<(), BooksError> {
        self.undo(when, member, Account::Vesting, amount.saturating_neg())?;
        let of = self.undo(when, member, to.0, amount)?;
        match when {
            When::In => add(&mut of.vested, amount),
            When::After => Ok(()),
        }
    }
}

fn add(sum: &mut i64, amount: i64) -> Result<(), BooksError> {
    *sum = sum
        .checked_add(amount)
        .ok_or_else(|| BooksError::corrupt("sum of a member", amount))?;
    Ok(())
}

/// Steps of a settlement that belong together, as they are of one time and go to one account.
fn grouped<'t>(span: &Span, steps: &[Step<'t>]) -> Vec<(When, Step<'t>)> {
    let mut groups: Vec<(When, Step<'t>)> = Vec::new();
    for step in steps {
        let Some(when) = span.when(step.release.day) else {
            continue;
        };
        match groups.last_mut() {
            Some((last, group)) if *last == when && group.release.to == step.release.to => {
                group.to = step.to;
            }
            _ => groups.push((when, *step)),
        }
    }
    groups
}

impl Session {
    /// What a pool's members had and got on these accounting days.
    ///
    /// # Errors
    /// `Database`.
    pub async fn month_of_members(
        &mut self,
        pool: PoolNumber,
        (from, to): (Day, Day),
    ) -> Result<MonthOfMembers, BooksError> {
        self.allow(LONG).await?;
        let connection = &mut self.connection;
        let timeline = Timeline::load(connection, pool).await?;
        let mut span = Span {
            from,
            to,
            members: balances(connection, pool).await?,
        };
        for settled in &timeline.settled {
            settlement(connection, &timeline, settled, &mut span).await?;
        }
        transfers(connection, pool, &mut span).await?;
        entries(connection, pool, &mut span).await?;
        Ok(span.members)
    }
}

const BALANCES: InOrder = InOrder {
    columns: "member, available, frozen, vesting, in_flight, paid, receivable",
    sql: "SELECT member, available, frozen, vesting, in_flight, paid, receivable \
          FROM member_balance WHERE pool = $1 AND member > $2 ORDER BY member",
};

type BalanceRow = (i64, i64, i64, i64, i64, i64, i64);

async fn balances(
    connection: &mut Connection,
    pool: PoolNumber,
) -> Result<MonthOfMembers, BooksError> {
    let mut members = MonthOfMembers::new();
    let each = |row: BalanceRow| {
        let (member, available, frozen, vesting, in_flight, paid, receivable) = row;
        let has = Balance {
            available,
            frozen,
            vesting,
            in_flight,
            paid,
            receivable,
            to_transfer: 0,
        };
        let of = MemberMonth {
            opening: has,
            closing: has,
            ..MemberMonth::default()
        };
        members.insert(MemberNumber(member), of);
        Ok::<i64, BooksError>(member)
    };
    let values = vec![pool.get().into()];
    BALANCES.for_each(connection, values, each).await?;
    let sql = "SELECT collected.member, CAST(SUM(collected.to_transfer) AS BIGINT) \
         FROM stream_balance AS collected JOIN stream ON stream.number = collected.stream \
         WHERE stream.pool = $1 GROUP BY collected.member";
    let each = |(member, collected): (i64, i64)| {
        let of = members.entry(MemberNumber(member)).or_default();
        (of.opening.to_transfer, of.closing.to_transfer) = (collected, collected);
        Ok::<(), BooksError>(())
    };
    query(sql)
        .bind(pool.get())
        .for_each(connection, each)
        .await?;
    Ok(members)
}

async fn settlement(
    connection: &mut Connection,
    timeline: &Timeline,
    settled: &Settled,
    span: &mut Span,
) -> Result<(), BooksError> {
    let steps = timeline.steps(settled);
    let groups = grouped(span, &steps);
    // A correction's entries name its members.
    let earned = match settled.is_correction {
        true => None,
        false => span.when(settled.posted_on),
    };
    if earned.is_none() && groups.is_empty() {
        return Ok(());
    }
    each_line(connection, settled.number, |version, own, line| {
        let free = settled.free(line.net());
        if let Some(when) = earned {
            span.add_earned(settled, when, own, (line, free))?;
        }
        let total = timeline.total(settled, version, line.net());
        let given = timeline.of_line(settled, version, &steps);
        if !timeline.has_moved(version) && given.len() == steps.len() {
            for (when, group) in &groups {
                span.add_released(*when, group.release.to, own, group.amount(total))?;
            }
            return Ok(());
        }
        for step in given {
            if let Some(when) = span.when(step.release.day) {
                let holder = timeline.holder(version, own, step.release.day);
                let amount = step.amount(total);
                span.add_released(when, step.release.to, holder, amount)?;
            }
        }
        Ok(())
    })
    .await
}

async fn transfers(
    connection: &mut Connection,
    pool: PoolNumber,
    span: &mut Span,
) -> Result<(), BooksError> {
    let sql = "SELECT posting.day, moved.member, moved.amount FROM transfer \
         JOIN posting ON posting.number = transfer.posting \
         JOIN transfer_line AS moved ON moved.transfer = transfer.number \
         WHERE transfer.pool = $1 AND posting.day >= $2";
    let asked = query(sql).bind(pool.get());
    let asked = asked.bind(span.from.days_since_epoch());
    let each = |(on, member, amount): (i64, i64, i64)| {
        let member = MemberNumber(member);
        let Some(when) = span.when(day(on)?) else {
            return Ok(());
        };
        span.undo(when, member, Account::ToTransfer, amount.saturating_neg())?;
        let of = span.undo(when, member, Account::Available, amount)?;
        match when {
            When::In => add(&mut of.transferred, amount),
            When::After => Ok(()),
        }
    };
    asked.for_each(connection, each).await
}

/// The kind of the postings of corrections.
const CORRECTION: &str = crate::corrections::KIND;

async fn entries(
    connection: &mut Connection,
    pool: PoolNumber,
    span: &mut Span,
) -> Result<(), BooksError> {
    let sql = "SELECT posting.day, posting.kind, entry.member, entry.account, entry.amount \
         FROM posting JOIN entry ON entry.posting = posting.number \
         WHERE posting.pool = $1 AND posting.day >= $2 AND entry.member IS NOT NULL";
    let asked = query(sql).bind(pool.get());
    let asked = asked.bind(span.from.days_since_epoch());
    let each = |(on, kind, member, account, amount): (i64, String, i64, String, i64)| {
        let Some(when) = span.when(day(on)?) else {
            return Ok(());
        };
        let account = named("account", &account, Account::of_name)?;
        let of = span.undo(when, MemberNumber(member), account, amount)?;
        match (when, account) {
            (When::After, _) => Ok(()),
            // What was paid before these books.
            (When::In, Account::Paid) if kind == openings::KIND => Ok(()),
            (When::In, Account::Paid) => {
                add(&mut of.paid, amount)?;
                // What is paid is claimed no more, by an entry of its own.
                add(&mut of.other, amount)
            }
            (When::In, _) if kind == CORRECTION => add(&mut of.corrected, amount),
            (When::In, _) => add(&mut of.other, amount),
        }
    };
    asked.for_each(connection, each).await
}
