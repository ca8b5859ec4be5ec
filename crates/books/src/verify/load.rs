//! What is known before the chain is walked.

use std::collections::BTreeMap;

use paydirt_ledger::PoolId;
use paydirt_schedule::Day;

use super::correction::CorrectionExpected;
use super::expected::{Expected, Paged, To};
use super::release::{Posted, Releases};
use super::{Difference, Looked, Stop};
use crate::accounts::Account;
use crate::codec::{day, from_base_units};
use crate::db::{Connection, query};
use crate::months::{self, ClosedMonth};
use crate::numbers::{PoolNumber, StreamNumber};
use crate::pools::{self, LockedPool};
use crate::treasury::MovementKind;
use crate::{BooksError, Session};

/// What stands behind a posting.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Settlement(i64),
    /// Of a stream, and which of its releases.
    Release(StreamNumber, usize),
    Transfer(i64),
    Movement(i64),
}

/// A movement of the treasury.
#[derive(Clone, Debug)]
pub(super) struct Moved {
    pub(super) tx: String,
    pub(super) kind: MovementKind,
    /// Base units.
    pub(super) amount: u128,
    pub(super) posting: Option<i64>,
}

/// A pool's books on the way of being computed again.
pub(super) struct Run {
    /// As it is in the books.
    pub(super) pool: LockedPool,
    pub(super) streams: BTreeMap<StreamNumber, String>,
    /// By posting.
    pub(super) sources: BTreeMap<i64, Source>,
    pub(super) releases: BTreeMap<StreamNumber, Releases>,
    pub(super) movements: BTreeMap<i64, Moved>,
    /// The posting that the pool was opened with.
    pub(super) opening: Option<i64>,
    /// Of each version, its own member.
    pub(super) members: Paged<i64>,
    /// Who has unvested parts of a version since a transfer with them: from which day on, who.
    pub(super) holders: BTreeMap<i64, Vec<(Day, i64)>>,
    pub(super) expected: Expected,
    /// What corrections must have posted, by settlement, from their days' first settlement on.
    pub(super) corrections: BTreeMap<i64, CorrectionExpected>,
    pub(super) closed: Vec<ClosedMonth>,
    /// By day, account and stream (0: none).
    pub(super) sums: BTreeMap<(i64, Account, i64), i64>,
    pub(super) looked: Looked,
    /// What is only told when the chain is right: it follows from all of it.
    pub(super) later: Option<Difference>,
}

impl Run {
    /// The name of a stream of this pool.
    pub(super) fn name(&self, stream: StreamNumber) -> &str {
        self.streams.get(&stream).map_or("?", String::as_str)
    }

    /// What stands behind a posting; each has one at most.
    fn add_source(&mut self, posting: i64, source: Source) {
        let of = self.of_source(&source);
        let there = self.sources.insert(posting, source);
        let there = there.map(|there| self.of_source(&there));
        if let Some(there) = there.filter(|_| self.later.is_none()) {
            self.later = Some(Difference {
                what: format!("what stands behind the posting of number {posting}"),
                expected: "one thing".into(),
                found: format!("{there} and {of}"),
            });
        }
    }

    pub(super) fn of_source(&self, source: &Source) -> String {
        match source {
            Source::Settlement(number) => format!("settlement {number}"),
            Source::Release(stream, _) => format!("a release of stream {}", self.name(*stream)),
            Source::Transfer(number) => format!("transfer {number}"),
            Source::Movement(number) => format!("movement {number} of the treasury"),
        }
    }

    pub(super) async fn run(
        &mut self,
        session: &mut Session,
        tell: &mut super::Tell<'_>,
    ) -> Result<(), Stop> {
        self.walk(session, tell).await?;
        self.compare_movements()?;
        if let Some(difference) = self.later.take() {
            return Err(Stop::Differs(difference));
        }
        self.compare_sums(&mut session.connection).await?;
        self.compare_balances(&mut session.connection).await?;
        self.compare_rates(session).await?;
        self.compare_withdrawals(&mut session.connection).await
    }
}

pub(super) async fn load(connection: &mut Connection, id: &PoolId) -> Result<Run, BooksError> {
    let pool = pools::with_head(connection, id).await?;
    let number = pool.pool.number;
    let mut run = Run {
        streams: streams(connection, number).await?,
        sources: BTreeMap::new(),
        releases: BTreeMap::new(),
        movements: movements(connection, number).await?,
        opening: opening(connection, number).await?,
        members: Paged::new(),
        holders: BTreeMap::new(),
        expected: Expected::new(),
        corrections: BTreeMap::new(),
        closed: months::of_pool(connection, number).await?,
        sums: BTreeMap::new(),
        looked: Looked::default(),
        later: None,
        pool,
    };
    let of_movements: Vec<(i64, Source)> = run
        .movements
        .iter()
        .filter_map(|(number, moved)| Some((moved.posting?, Source::Movement(*number))))
        .collect();
    for (posting, source) in of_movements {
        run.add_source(posting, source);
    }
    let settlements = "SELECT posting, number FROM settlement WHERE pool = $1 \
                       ORDER BY number DESC";
    add_sources(connection, &mut run, settlements, Source::Settlement).await?;
    let transfers = "SELECT posting, number FROM transfer WHERE pool = $1 \
                     ORDER BY number DESC";
    add_sources(connection, &mut run, transfers, Source::Transfer).await?;
    releases(connection, &mut run).await?;
    members(connection, &mut run).await?;
    holders(connection, &mut run).await?;
    Ok(run)
}

async fn add_sources(
    connection: &mut Connection,
    run: &mut Run,
    sql: &'static str,
    of: fn(i64) -> Source,
) -> Result<(), BooksError> {
    let asked = query(sql).bind(run.pool.pool.number.get());
    asked
        .for_each(connection, |(posting, number): (i64, i64)| {
            run.add_source(posting, of(number));
            Ok::<(), BooksError>(())
        })
        .await
}

async fn streams(
    connection: &mut Connection,
    pool: PoolNumber,
) -> Result<BTreeMap<StreamNumber, String>, BooksError> {
    let asked = query("SELECT number, name FROM stream WHERE pool = $1").bind(pool.get());
    let rows: Vec<(i64, String)> = asked.fetch_all(connection).await?;
    let named = rows.into_iter();
    Ok(named
        .map(|(number, name)| (StreamNumber(number), name))
        .collect())
}

async fn opening(connection: &mut Connection, pool: PoolNumber) -> Result<Option<i64>, BooksError> {
    let asked = query("SELECT posting FROM opening WHERE pool = $1").bind(pool.get());
    let row: Option<(i64,)> = asked.fetch_optional(connection).await?;
    Ok(row.map(|(posting,)| posting))
}

type MovedRow = (i64, String, String, Vec<u8>, Option<i64>);

async fn movements(
    connection: &mut Connection,
    pool: PoolNumber,
) -> Result<BTreeMap<i64, Moved>, BooksError> {
    let sql = "SELECT number, tx, kind, amount, posting FROM treasury WHERE pool = $1";
    let asked = query(sql).bind(pool.get());
    let rows: Vec<MovedRow> = asked.fetch_all(connection).await?;
    let moved = |(number, tx, kind, amount, posting): MovedRow| {
        let kind = MovementKind::of_name(&kind)
            .ok_or_else(|| BooksError::corrupt("kind of movement", &kind))?;
        let amount = from_base_units("movement", &amount)?;
        let moved = Moved {
            tx,
            kind,
            amount,
            posting,
        };
        Ok((number, moved))
    };
    rows.into_iter().map(moved).collect()
}

/// A release that released something, and its posting: its place, and the account that it credits.
#[derive(sqlx::FromRow)]
struct ReleaseRow {
    stream: i64,
    day: i64,
    amount: i64,
    digest: Vec<u8>,
    posting: Option<i64>,
    seq: Option<i64>,
    account: Option<String>,
}

async fn releases(connection: &mut Connection, run: &mut Run) -> Result<(), BooksError> {
    let sql = "SELECT release.stream, release.day, release.amount, release.digest, \
         release.posting, posting.seq, (SELECT account FROM entry \
         WHERE entry.posting = release.posting AND entry.amount > 0 LIMIT 1) AS account \
         FROM release LEFT JOIN posting ON posting.number = release.posting \
         WHERE release.pool = $1 ORDER BY release.stream, release.day";
    let asked = query(sql).bind(run.pool.pool.number.get());
    let rows: Vec<ReleaseRow> = asked.fetch_all(connection).await?;
    for row in rows {
        let stream = StreamNumber(row.stream);
        let of_stream = run.releases.entry(stream).or_default();
        let on = day(row.day)?;
        of_stream.last_day = Some(on);
        let (Some(posting), Some(seq)) = (row.posting, row.seq) else {
            continue;
        };
        let account = row.account.as_deref().and_then(Account::of_name);
        let place = of_stream.posted.len();
        of_stream.posted.push(Posted {
            seq,
            day: on,
            amount: row.amount,
            digest: row.digest,
            to: match account {
                Some(Account::ToTransfer) => To::Collected(stream),
                _ => To::Available,
            },
            expected: 0,
        });
        run.add_source(posting, Source::Release(stream, place));
    }
    Ok(())
}

async fn members(connection: &mut Connection, run: &mut Run) -> Result<(), BooksError> {
    let sql = "SELECT version.number, version.member FROM order_version AS version \
         JOIN pool_order ON pool_order.number = version.of_order WHERE pool_order.pool = $1";
    let asked = query(sql).bind(run.pool.pool.number.get());
    asked
        .for_each(connection, |(version, member): (i64, i64)| {
            if let Ok(known) = run.members.at(version) {
                *known = member;
            }
            Ok::<(), BooksError>(())
        })
        .await
}

async fn holders(connection: &mut Connection, run: &mut Run) -> Result<(), BooksError> {
    let sql = "SELECT holder.version, holder.from_day, holder.member \
         FROM vesting_holder AS holder JOIN order_version AS version \
         ON version.number = holder.version \
         JOIN pool_order ON pool_order.number = version.of_order \
         WHERE pool_order.pool = $1 ORDER BY holder.version, holder.from_day";
    let asked = query(sql).bind(run.pool.pool.number.get());
    asked
        .for_each(connection, |(version, from, member): (i64, i64, i64)| {
            let of_version = run.holders.entry(version).or_default();
            of_version.push((day(from)?, member));
            Ok::<(), BooksError>(())
        })
        .await
}
