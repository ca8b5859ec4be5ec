//! One member's changes.

use std::collections::BTreeMap;

use paydirt_money::{Coefficient, FeeRate, Power};
use paydirt_schedule::Day;

use super::timeline::{Purse, Settled, Timeline};
use crate::codec::{coefficient, day, fee_rate, named, power};
use crate::db::{Connection, query};
use crate::numbers::{MemberNumber, PoolNumber, SettlementNumber, StreamNumber, VersionNumber};
use crate::session::LONG;
use crate::{Account, Balance, BooksError, Session};

/// What changed a member's accounts in a span of accounting days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberHistory {
    /// What it had before, as it follows from all that was before.
    pub opening: Balance,
    /// By day, and in the order of their postings.
    pub changes: Vec<MemberChange>,
    /// What it had after.
    pub closing: Balance,
    /// What it has now, by all that ever changed it.
    pub computed: Balance,
    /// What it has now, as the books keep it: the same, or they are wrong.
    pub kept: Balance,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberChange {
    /// The accounting day.
    pub day: Day,
    /// The posting's place in the pool's chain.
    pub posting: i64,
    /// What it is.
    pub what: Changed,
    /// What each account changes by, ledger units; above 0 credits.
    pub amounts: Vec<(Account, Option<StreamNumber>, i64)>,
}

/// What a change is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// An order earned its part of a day.
    Earned(Box<EarnedOf>),
    /// It was vesting before these books.
    Opened {
        /// The stream.
        stream: StreamNumber,
        /// The day on which it was earned.
        earned_on: Day,
        /// T, ledger units.
        total: i64,
    },
    /// What vested of an earlier day.
    Released(ReleasedOf),
    /// What a stream had collected became available.
    Transferred {
        /// The stream.
        stream: StreamNumber,
        /// What was available before, ledger units.
        available_before: i64,
        /// And after.
        available_after: i64,
    },
    /// A posting that names the member.
    Posted {
        /// Its kind.
        kind: String,
        /// Its cause.
        cause: String,
        /// The legs that it moved last, where it moved some.
        legs: Vec<LegOf>,
    },
}

/// What an order earned of a settlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarnedOf {
    /// The settlement.
    pub settlement: SettlementNumber,
    /// Its stream.
    pub stream: StreamNumber,
    /// The day that it shares.
    pub earned_on: Day,
    /// The order's id.
    pub order: String,
    /// Its power.
    pub power: Power,
    /// What that counts by; `None`: the coefficient that the settlement keeps.
    pub coefficient: Option<(Coefficient, CoefficientFrom)>,
    /// The pool's part.
    pub fee_rate: FeeRate,
    /// Before the service fee, ledger units.
    pub gross: i64,
    /// The service fee.
    pub fee: i64,
    /// What was free at once.
    pub now: i64,
    /// What vests in steps.
    pub vesting: i64,
    /// In how many.
    pub steps: u32,
}

/// Where an order's coefficient comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoefficientFrom {
    /// Its own row.
    Row,
    /// The file that it was imported with.
    Import(String),
}

/// What a release gave of a settlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleasedOf {
    /// The stream.
    pub stream: StreamNumber,
    /// The day on which it was earned.
    pub earned_on: Day,
    /// The order's id.
    pub order: String,
    /// T, ledger units.
    pub total: i64,
    /// After so many steps.
    pub from: u32,
    /// Up to this one.
    pub to: u32,
    /// Of so many.
    pub of: u32,
}

/// A leg of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegOf {
    /// Where it goes.
    pub address: String,
    /// How much, ledger units.
    pub amount: i64,
    /// What paid it.
    pub tx: Option<String>,
}

#[derive(sqlx::FromRow)]
struct LineRow {
    settlement: i64,
    version: i64,
    id: String,
    member: i64,
    power: i64,
    fee_rate: i64,
    coefficient: Option<i64>,
    import_coefficient: Option<i64>,
    file: Option<String>,
    gross: i64,
    fee: i64,
}

/// A member's versions, and those whose unvested parts it was given; SQLite takes what stands
/// before `CROSS JOIN` first.
const LINES: &str = "SELECT line.settlement, line.version, pool_order.id, version.member, \
     version.power, version.fee_rate, version.coefficient, \
     import.coefficient AS import_coefficient, import.file, line.gross, line.fee \
     FROM (SELECT number FROM order_version WHERE member = $1 \
     UNION SELECT version FROM vesting_holder WHERE member = $1) AS own \
     JOIN order_version AS version ON version.number = own.number \
     JOIN pool_order ON pool_order.number = version.of_order AND pool_order.pool = $2 \
     LEFT JOIN import ON import.number = version.import \
     CROSS JOIN settlement \
     JOIN line ON line.settlement = settlement.number AND line.version = version.number \
     WHERE settlement.pool = $2 ORDER BY line.settlement, pool_order.id";

const ENTRIES: &str = "SELECT posting.number, posting.seq, posting.day, posting.kind, \
     posting.cause, entry.account, entry.stream, entry.amount \
     FROM entry JOIN posting ON posting.number = entry.posting \
     WHERE entry.member = $1 AND posting.pool = $2 ORDER BY posting.seq, entry.place";

const TRANSFERS: &str = "SELECT posting.seq, posting.day, transfer.stream, moved.amount, \
     moved.available_before, moved.available_after FROM transfer \
     JOIN posting ON posting.number = transfer.posting \
     JOIN transfer_line AS moved ON moved.transfer = transfer.number AND moved.member = $1 \
     WHERE transfer.pool = $2 ORDER BY posting.seq";

const LEGS: &str = "SELECT posting, address, amount, tx FROM ledger_leg \
     WHERE member = $1 AND pool = $2 AND posting IS NOT NULL ORDER BY move, place";

impl Balance {
    /// Changes it by an entry.
    ///
    /// # Errors
    /// `Corrupt` for an account of the pool, or beyond 64 bits.
    pub(crate) fn change(&mut self, account: Account, amount: i64) -> Result<(), BooksError> {
        let (figure, change) = match account {
            Account::Available => (&mut self.available, Some(amount)),
            Account::Frozen => (&mut self.frozen, Some(amount)),
            Account::Vesting => (&mut self.vesting, Some(amount)),
            Account::InFlight => (&mut self.in_flight, Some(amount)),
            Account::Paid => (&mut self.paid, Some(amount)),
            Account::ToTransfer => (&mut self.to_transfer, Some(amount)),
            // A member's debt is a debit.
            Account::Receivable => (&mut self.receivable, amount.checked_neg()),
            _ => return Err(BooksError::corrupt("account of a member", account.name())),
        };
        let sum = change.and_then(|change| figure.checked_add(change));
        *figure = sum.ok_or_else(|| BooksError::corrupt("sum of a balance", amount))?;
        Ok(())
    }
}

/// Sums up what was before and in a span of days, and keeps what was in it.
struct Gathered {
    from: Day,
    to: Day,
    opening: Balance,
    closing: Balance,
    computed: Balance,
    changes: Vec<MemberChange>,
}

impl Gathered {
    fn add(
        &mut self,
        day: Day,
        posting: i64,
        amounts: &[(Purse, i64)],
        what: impl FnOnce() -> Result<Changed, BooksError>,
    ) -> Result<(), BooksError> {
        let amounts = amounts.iter().filter(|(_, amount)| *amount != 0);
        for ((account, _), amount) in amounts.clone() {
            if day < self.from {
                self.opening.change(*account, *amount)?;
            }
            if day <= self.to {
                self.closing.change(*account, *amount)?;
            }
            self.computed.change(*account, *amount)?;
        }
        if (self.from..=self.to).contains(&day) {
            let amounts = amounts.map(|((account, stream), amount)| (*account, *stream, *amount));
            self.changes.push(MemberChange {
                day,
                posting,
                what: what()?,
                amounts: amounts.collect(),
            });
        }
        Ok(())
    }

    /// A line of the member's, or of which it has unvested parts.
    fn add_line(
        &mut self,
        timeline: &Timeline,
        settled: &Settled,
        member: MemberNumber,
        row: &LineRow,
    ) -> Result<(), BooksError> {
        let net = row.gross.saturating_sub(row.fee);
        let free = settled.free(net);
        let (version, own) = (VersionNumber(row.version), MemberNumber(row.member));
        // A correction's entries name its members.
        if own == member && !settled.is_correction {
            let vesting = (Account::Vesting, None);
            let amounts = [(settled.to, free.now), (vesting, free.unvested)];
            self.add(settled.posted_on, settled.seq, &amounts, || {
                match settled.is_opening {
                    true => Ok(Changed::Opened {
                        stream: settled.stream,
                        earned_on: settled.earned_on,
                        total: free.total,
                    }),
                    false => Ok(Changed::Earned(Box::new(row.earned(settled)?))),
                }
            })?;
        }
        let total = timeline.total(settled, version, net);
        for step in timeline.of_line(settled, version, &timeline.steps(settled)) {
            let release = step.release;
            if timeline.holder(version, own, release.day) != member {
                continue;
            }
            let amount = step.amount(total);
            if amount == 0 {
                continue;
            }
            let vesting = ((Account::Vesting, None), amount.saturating_neg());
            let amounts = [vesting, (release.to, amount)];
            self.add(release.day, release.seq, &amounts, || {
                Ok(Changed::Released(ReleasedOf {
                    stream: settled.stream,
                    earned_on: settled.earned_on,
                    order: row.id.clone(),
                    total,
                    from: step.from,
                    to: step.to,
                    of: step.of,
                }))
            })?;
        }
        Ok(())
    }
}

impl LineRow {
    fn earned(&self, settled: &Settled) -> Result<EarnedOf, BooksError> {
        let free = settled.free(self.gross.saturating_sub(self.fee));
        let own = self.coefficient.map(|own| (own, CoefficientFrom::Row));
        let file = || CoefficientFrom::Import(self.file.clone().unwrap_or_default());
        let found = own.or_else(|| self.import_coefficient.map(|of_file| (of_file, file())));
        let found =
            found.map(|(millionths, from)| Ok::<_, BooksError>((coefficient(millionths)?, from)));
        Ok(EarnedOf {
            settlement: settled.number,
            stream: settled.stream,
            earned_on: settled.earned_on,
            order: self.id.clone(),
            power: power(self.power)?,
            coefficient: found.transpose()?,
            fee_rate: fee_rate(self.fee_rate)?,
            gross: self.gross,
            fee: self.fee,
            now: free.now,
            vesting: free.total,
            steps: settled.steps(),
        })
    }
}

impl Session {
    /// What changed a member's accounts of a pool on these accounting days, and what it had before
    /// and after. All that ever changed them is added up, so that it can be compared with what
    /// the books keep.
    ///
    /// # Errors
    /// `Database`.
    pub async fn member_history(
        &mut self,
        pool: PoolNumber,
        member: MemberNumber,
        (from, to): (Day, Day),
    ) -> Result<MemberHistory, BooksError> {
        self.allow(LONG).await?;
        let connection = &mut self.connection;
        let timeline = Timeline::load(connection, pool).await?;
        let mut gathered = Gathered {
            from,
            to,
            opening: Balance::default(),
            closing: Balance::default(),
            computed: Balance::default(),
            changes: Vec::new(),
        };
        let settled = timeline.settled.iter();
        let by_number: BTreeMap<i64, &Settled> = settled.map(|it| (it.number.get(), it)).collect();
        let lines = query(LINES).bind(member.get()).bind(pool.get());
        lines
            .for_each(connection, |row: LineRow| {
                match by_number.get(&row.settlement) {
                    Some(settled) => gathered.add_line(&timeline, settled, member, &row),
                    None => Err(BooksError::corrupt("settlement", row.settlement)),
                }
            })
            .await?;
        transfers(connection, pool, member, &mut gathered).await?;
        entries(connection, pool, member, &mut gathered).await?;
        gathered
            .changes
            .sort_by_key(|change| (change.day, change.posting));
        Ok(MemberHistory {
            opening: gathered.opening,
            changes: gathered.changes,
            closing: gathered.closing,
            computed: gathered.computed,
            kept: self.balance(pool, member).await?,
        })
    }
}

async fn transfers(
    connection: &mut Connection,
    pool: PoolNumber,
    member: MemberNumber,
    gathered: &mut Gathered,
) -> Result<(), BooksError> {
    let asked = query(TRANSFERS).bind(member.get()).bind(pool.get());
    let rows: Vec<(i64, i64, i64, i64, i64, i64)> = asked.fetch_all(connection).await?;
    for (seq, on, stream, amount, before, after) in rows {
        let stream = StreamNumber(stream);
        let collected = ((Account::ToTransfer, Some(stream)), amount.saturating_neg());
        let amounts = [collected, ((Account::Available, None), amount)];
        gathered.add(day(on)?, seq, &amounts, || {
            Ok(Changed::Transferred {
                stream,
                available_before: before,
                available_after: after,
            })
        })?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    number: i64,
    seq: i64,
    day: i64,
    kind: String,
    cause: String,
    account: String,
    stream: Option<i64>,
    amount: i64,
}

async fn entries(
    connection: &mut Connection,
    pool: PoolNumber,
    member: MemberNumber,
    gathered: &mut Gathered,
) -> Result<(), BooksError> {
    let asked = query(LEGS).bind(member.get()).bind(pool.get());
    let rows: Vec<(i64, String, i64, Option<String>)> = asked.fetch_all(connection).await?;
    let mut legs: BTreeMap<i64, Vec<LegOf>> = BTreeMap::new();
    for (posting, address, amount, tx) in rows {
        let leg = LegOf {
            address,
            amount,
            tx,
        };
        legs.entry(posting).or_default().push(leg);
    }
    let asked = query(ENTRIES).bind(member.get()).bind(pool.get());
    let rows: Vec<EntryRow> = asked.fetch_all(connection).await?;
    for of_posting in rows.chunk_by(|one, next| one.number == next.number) {
        let Some(first) = of_posting.first() else {
            continue;
        };
        let mut amounts: BTreeMap<Purse, i64> = BTreeMap::new();
        for row in of_posting {
            let account = named("account", &row.account, Account::of_name)?;
            let sum = amounts.entry((account, row.stream.map(StreamNumber)));
            let sum = sum.or_default();
            *sum = sum
                .checked_add(row.amount)
                .ok_or_else(|| BooksError::corrupt("sum of entries", row.amount))?;
        }
        let amounts: Vec<(Purse, i64)> = amounts.into_iter().collect();
        gathered.add(day(first.day)?, first.seq, &amounts, || {
            Ok(Changed::Posted {
                kind: first.kind.clone(),
                cause: first.cause.clone(),
                legs: legs.remove(&first.number).unwrap_or_default(),
            })
        })?;
    }
    Ok(())
}
