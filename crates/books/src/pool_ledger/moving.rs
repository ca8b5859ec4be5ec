//! A move, from the question whose the ledger is to its commit.

use std::collections::{BTreeSet, HashMap};

use paydirt_ledger::{LedgerError, Leg, LegId, MemberId, MoveContext, MoveId, Moved};
use paydirt_money::Amount;

use super::PoolLedger;
use super::desk::{Desk, Purse};
use super::legs::{self, ByMove};
use super::refusal::{Ledgered, Refusal};
use super::standing::{self, Standing};
use super::withdrawals::{self, Withdrawals};
use crate::db::{Connection, ids, query};
use crate::members::{self, MemberData};
use crate::numbers::{MemberNumber, PoolNumber, PostingNumber};
use crate::pools::{self, LockedPool};
use crate::postings::{self, Entry, NewPosting};
use crate::recovery;

/// By whom postings of moves are.
const BY: &str = "payouts";
/// Members looked for in one statement.
const AT_ONCE: usize = 10_000;

/// What a move is refused by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checks {
    All,
    /// A reconciliation doesn't ask for the move that the journal knows, and is always a move.
    NotTheMove,
}

/// What is known of the members of a move.
#[derive(Default)]
struct Members {
    numbers: HashMap<MemberId, MemberNumber>,
    purses: HashMap<MemberId, Purse>,
}

#[derive(sqlx::FromRow)]
struct PurseRow {
    number: i64,
    code: String,
    available: i64,
    frozen: i64,
    receivable: i64,
}

impl PoolLedger {
    /// Makes one move of these legs: `act` decides in memory what becomes of them.
    pub(super) async fn moving<'a, T: Send>(
        &self,
        kind: &'static str,
        context: &MoveContext,
        checks: Checks,
        legs: &[&'a Leg],
        act: impl FnOnce(&mut Desk<'a>) -> Result<Vec<T>, LedgerError> + Send,
    ) -> Ledgered<Moved<T>> {
        for leg in legs {
            Amount::zero(self.coin).checked_cmp(leg.amount)?;
        }
        let mut write = self.books.write().await?;
        if self.number(&mut write).await?.is_none() && legs.is_empty() {
            write.rollback().await?;
            let (last, outcomes) = (None, Vec::new());
            return Ok(Moved { last, outcomes });
        }
        let mut locked = pools::lock(&mut write, &self.id).await?;
        let number = locked.pool.number;
        let standing = checked(&mut write, number, context, checks).await?;
        let wanted: Vec<LegId> = legs.iter().map(|leg| leg.id).collect();
        let marks = legs::load(&mut write, number, &wanted).await?;
        let Members { numbers, purses } = members(&mut write, number, legs).await?;
        let withdrawals = self.withdrawals(&mut write, number, context, legs).await?;
        let mut desk = Desk::new(self.coin, marks, purses, withdrawals);
        let outcomes = act(&mut desk)?;
        if desk.changed.is_empty() && checks == Checks::All {
            write.rollback().await?;
            let last = standing.last;
            return Ok(Moved { last, outcomes });
        }
        let done = MoveId {
            seq: standing.next(),
            id: context.id,
        };
        let work = Work {
            kind,
            context,
            done,
        };
        self.store(&mut write, &mut locked, &work, &desk, numbers)
            .await?;
        write.commit().await?;
        let last = Some(done);
        Ok(Moved { last, outcomes })
    }

    /// The withdrawals that these legs pay, and what the pool's cap has left for them today.
    async fn withdrawals(
        &self,
        write: &mut Connection,
        number: PoolNumber,
        context: &MoveContext,
        legs: &[&Leg],
    ) -> Ledgered<Withdrawals> {
        let day = self.day_of(context.at)?;
        let (coin, when) = (self.coin, (context.at, day));
        let found = Withdrawals::load(write, number, coin, legs, when).await?;
        let any = legs.iter().any(|leg| withdrawals::are_paid_by(leg));
        let limit = self.paid_by.daily_cap(self.coin).filter(|_| any);
        let cap = withdrawals::cap_on(write, number, limit, day).await?;
        Ok(found.capped(cap))
    }

    async fn store(
        &self,
        write: &mut Connection,
        locked: &mut LockedPool,
        work: &Work<'_>,
        desk: &Desk<'_>,
        mut numbers: HashMap<MemberId, MemberNumber>,
    ) -> Ledgered<()> {
        let context = work.context;
        add_unknown(write, desk, &mut numbers, context).await?;
        let posting = self.post(write, locked, work, desk, &numbers).await?;
        let pool = locked.pool.number;
        let by = ByMove {
            pool,
            wallet: &context.wallet,
            seq: work.done.seq,
            at: context.at,
            posting,
            members: &numbers,
        };
        legs::store(write, &by, &desk.changed).await?;
        desk.withdrawals.store(write, BY).await?;
        standing::store_token(write, pool, context).await?;
        standing::store_move(write, pool, work.done).await
    }

    /// Posts what members' accounts change by; a move that only leaves tombstones posts nothing.
    async fn post(
        &self,
        write: &mut Connection,
        locked: &mut LockedPool,
        work: &Work<'_>,
        desk: &Desk<'_>,
        numbers: &HashMap<MemberId, MemberNumber>,
    ) -> Ledgered<Option<PostingNumber>> {
        if desk.entries.is_empty() {
            return Ok(None);
        }
        let mut entries = Vec::with_capacity(desk.entries.len());
        for (account, member, units) in &desk.entries {
            let number = numbers.get(*member).copied().ok_or_else(|| {
                Refusal(LedgerError::NotWritable(format!(
                    "member {member} is not in the books"
                )))
            })?;
            entries.push(Entry::of_member(*account, number, *units));
        }
        let context = work.context;
        let day = self.day_of(context.at)?;
        let posting = NewPosting {
            kind: work.kind,
            stream: None,
            day,
            at: context.at,
            by: BY.to_owned(),
            cause: work.cause(desk),
        };
        let posted = postings::post(write, locked, &posting, &entries, None).await?;
        recovery::of_entries(write, locked, &posting, &entries).await?;
        Ok(Some(posted))
    }
}

async fn checked(
    write: &mut Connection,
    pool: PoolNumber,
    context: &MoveContext,
    checks: Checks,
) -> Ledgered<Standing> {
    let known = match checks {
        Checks::All => context.known.as_ref(),
        Checks::NotTheMove => None,
    };
    let standing = Standing::load(write, pool, Some(&context.wallet), known).await?;
    standing.check_journal(context.journal)?;
    standing.check_token(context.token)?;
    standing.check_known(known)?;
    Ok(standing)
}

async fn members(write: &mut Connection, pool: PoolNumber, legs: &[&Leg]) -> Ledgered<Members> {
    let codes: BTreeSet<&str> = legs.iter().map(|leg| leg.member.as_str()).collect();
    let codes: Vec<&str> = codes.into_iter().collect();
    let mut found = Members::default();
    for some in codes.chunks(AT_ONCE) {
        let sql = "SELECT member.number, member.code, \
             COALESCE(balance.available, 0) AS available, \
             COALESCE(balance.frozen, 0) AS frozen, \
             COALESCE(balance.receivable, 0) AS receivable \
             FROM member LEFT JOIN member_balance AS balance \
             ON balance.pool = $1 AND balance.member = member.number \
             WHERE member.code IN TEXTS($2)";
        let asked = query(sql).bind(pool.get()).bind(ids(some));
        let rows: Vec<PurseRow> = asked.fetch_all(write).await?;
        for row in rows {
            let member = MemberId::new(row.code);
            let purse = Purse {
                available: row.available,
                frozen: row.frozen,
                receivable: row.receivable,
            };
            let number = MemberNumber::new(row.number);
            found.numbers.insert(member.clone(), number);
            found.purses.insert(member, purse);
        }
    }
    Ok(found)
}

/// The move in hand.
struct Work<'a> {
    kind: &'static str,
    context: &'a MoveContext,
    done: MoveId,
}

impl Work<'_> {
    /// Which move of which wallet, and the leg where it is one.
    fn cause(&self, desk: &Desk<'_>) -> String {
        let (done, wallet) = (&self.done, &self.context.wallet);
        let mut legs = desk.changed.keys();
        match (legs.next(), legs.len()) {
            (Some(leg), 0) => format!("leg {leg}, move {done} of wallet {wallet}"),
            (_, others) => {
                let legs = others.saturating_add(1);
                format!("{legs} legs, move {done} of wallet {wallet}")
            }
        }
    }
}

/// A member whose money moved on the chain has a place in the books, whatever was lost.
async fn add_unknown(
    write: &mut Connection,
    desk: &Desk<'_>,
    numbers: &mut HashMap<MemberId, MemberNumber>,
    context: &MoveContext,
) -> Ledgered<()> {
    let unknown: BTreeSet<&MemberId> = desk
        .entries
        .iter()
        .map(|(_, member, _)| *member)
        .filter(|member| !numbers.contains_key(*member))
        .collect();
    let new: Vec<MemberData> = unknown
        .iter()
        .map(|code| MemberData {
            code: (*code).clone(),
            name: None,
            phone: None,
        })
        .collect();
    let added = members::add(write, &new, context.at).await?;
    numbers.extend(new.into_iter().map(|data| data.code).zip(added));
    Ok(())
}
