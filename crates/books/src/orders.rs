//! Orders: what members hold of a pool, each in versions that count from a day on.

use std::collections::BTreeMap;

use paydirt_ledger::MemberId;
use paydirt_money::{Coefficient, FeeRate, Power};
use paydirt_schedule::{Day, Timestamp};

use crate::codec::{coefficient, day, fee_rate, instant, named, power};
use crate::counters::{self, Counter};
use crate::db::{Many, ids, many, query};
use crate::numbers::{ImportNumber, MemberNumber, OrderNumber, PoolNumber, VersionNumber};
use crate::{BooksError, Session};

/// Behind every day: until when the newest version counts.
const FOREVER: i64 = 2_932_897;
const AT_ONCE: usize = 10_000;

/// What an order is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Whose.
    pub member: MemberNumber,
    /// How much.
    pub power: Power,
    /// The pool's part of what it earns.
    pub fee_rate: FeeRate,
    /// What its power is multiplied by; `None`: its import's, else the pool's, else 1.
    pub coefficient: Option<Coefficient>,
    /// The first day on which it counts.
    pub start: Day,
    /// The first day on which it doesn't any more.
    pub end: Option<Day>,
    /// The streams that it earns of; `None`: all.
    pub streams: Option<Vec<String>>,
}

/// Why a version was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionCause {
    /// A file.
    Import,
    /// The order was given to another member.
    Transfer,
    /// A command.
    Change,
    /// Parts that were vesting before these books.
    Opening,
    /// A settled day was corrected: it counts for that day alone.
    Correction,
}

impl VersionCause {
    /// Its name in the books.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Transfer => "transfer",
            Self::Change => "change",
            Self::Opening => "opening",
            Self::Correction => "correction",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        use VersionCause::{Change, Correction, Import, Opening, Transfer};
        let all = [Import, Transfer, Change, Opening, Correction];
        all.into_iter().find(|cause| cause.name() == name)
    }
}

/// A version of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its number.
    pub number: VersionNumber,
    /// Its order.
    pub order: OrderNumber,
    /// The order's id.
    pub id: String,
    /// The member's code.
    pub member: MemberId,
    /// What the order is.
    pub holding: Holding,
    /// From when on.
    pub valid_from: Day,
    /// From when on another version counts.
    pub valid_until: Option<Day>,
    /// Why it was made.
    pub cause: VersionCause,
    /// The file that it goes by where it has no coefficient of its own, and that file's.
    pub import: Option<(ImportNumber, Option<Coefficient>)>,
    /// A note.
    pub note: Option<String>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// By whom.
    pub recorded_by: String,
}

/// A version to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVersion {
    /// Its order.
    pub order: OrderNumber,
    /// What the order is.
    pub holding: Holding,
    /// From when on.
    pub valid_from: Day,
    /// Why.
    pub cause: VersionCause,
    /// The file whose coefficient it has, if that has one and it has none of its own.
    pub import: Option<ImportNumber>,
    /// A note.
    pub note: Option<String>,
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    number: i64,
    of_order: i64,
    id: String,
    member: i64,
    code: String,
    power: i64,
    fee_rate: i64,
    coefficient: Option<i64>,
    start_day: i64,
    end_day: Option<i64>,
    streams: Option<String>,
    valid_from: i64,
    valid_until: i64,
    cause: String,
    import: Option<i64>,
    import_coefficient: Option<i64>,
    note: Option<String>,
    recorded_at: i64,
    recorded_by: String,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT version.number, of_order, pool_order.id, version.member, member.code, power, \
             fee_rate, version.coefficient, start_day, end_day, streams, valid_from, valid_until, \
             CASE WHEN corrects_day IS NULL THEN cause ELSE 'correction' END AS cause, \
             version.import, import.coefficient AS import_coefficient, version.note, \
             recorded_at, recorded_by FROM order_version AS version \
             JOIN pool_order ON pool_order.number = version.of_order \
             JOIN member ON member.number = version.member \
             LEFT JOIN import ON import.number = version.import ",
            $rest
        )
    };
}

impl VersionRow {
    fn version(self) -> Result<Version, BooksError> {
        Ok(Version {
            number: VersionNumber(self.number),
            order: OrderNumber(self.of_order),
            id: self.id,
            member: MemberId::new(self.code),
            holding: Holding {
                member: MemberNumber(self.member),
                power: power(self.power)?,
                fee_rate: fee_rate(self.fee_rate)?,
                coefficient: self.coefficient.map(coefficient).transpose()?,
                start: day(self.start_day)?,
                end: self.end_day.map(day).transpose()?,
                streams: self.streams.as_deref().map(names),
            },
            valid_from: day(self.valid_from)?,
            valid_until: (self.valid_until < FOREVER)
                .then(|| day(self.valid_until))
                .transpose()?,
            cause: named("cause", &self.cause, VersionCause::of_name)?,
            import: match self.import {
                Some(number) => {
                    let own = self.import_coefficient.map(coefficient).transpose()?;
                    Some((ImportNumber(number), own))
                }
                None => None,
            },
            note: self.note,
            recorded_at: instant(self.recorded_at),
            recorded_by: self.recorded_by,
        })
    }
}

/// Names of streams as they stand in a column, each between blanks.
pub(crate) fn column(streams: &Option<Vec<String>>) -> Option<String> {
    let names = streams.as_ref()?;
    Some(format!(" {} ", names.join(" ")))
}

pub(crate) fn names(column: &str) -> Vec<String> {
    column.split_whitespace().map(str::to_owned).collect()
}

impl Session {
    /// The pool's orders of these ids, with the version that counts last of all; ids that the pool
    /// doesn't have are absent.
    ///
    /// # Errors
    /// `Database`.
    pub async fn orders_by_id<'a>(
        &mut self,
        pool: PoolNumber,
        wanted: impl IntoIterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, Version>, BooksError> {
        let wanted: Vec<&str> = wanted.into_iter().collect();
        let mut found = BTreeMap::new();
        for some in wanted.chunks(AT_ONCE) {
            let asked = query(select!(
                "WHERE pool_order.pool = $1 AND pool_order.id IN TEXTS($2) \
                 AND version.valid_until = $3"
            ));
            let asked = asked.bind(pool.get()).bind(ids(some)).bind(FOREVER);
            let rows: Vec<VersionRow> = asked.fetch_all(&mut self.connection).await?;
            for row in rows {
                let version = row.version()?;
                found.insert(version.id.clone(), version);
            }
        }
        Ok(found)
    }

    /// The versions of these orders that count on some day, oldest first; ids that the pool doesn't
    /// have are absent.
    ///
    /// # Errors
    /// `Database`.
    pub async fn timelines<'a>(
        &mut self,
        pool: PoolNumber,
        wanted: impl IntoIterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, Vec<Version>>, BooksError> {
        let wanted: Vec<&str> = wanted.into_iter().collect();
        let mut found: BTreeMap<String, Vec<Version>> = BTreeMap::new();
        for some in wanted.chunks(AT_ONCE) {
            let asked = query(select!(
                "WHERE pool_order.pool = $1 AND pool_order.id IN TEXTS($2) \
                 AND version.valid_until > version.valid_from ORDER BY version.valid_from"
            ));
            let asked = asked.bind(pool.get()).bind(ids(some));
            let rows: Vec<VersionRow> = asked.fetch_all(&mut self.connection).await?;
            for row in rows {
                let version = row.version()?;
                found.entry(version.id.clone()).or_default().push(version);
            }
        }
        Ok(found)
    }

    /// The pool's orders by id after `after`, as they count on `day` (or last of all), at most
    /// `limit`.
    ///
    /// # Errors
    /// `Database`.
    pub async fn orders_after(
        &mut self,
        pool: PoolNumber,
        after: Option<&str>,
        day: Option<Day>,
        limit: u32,
    ) -> Result<Vec<Version>, BooksError> {
        let on = day.map_or(FOREVER.saturating_sub(1), |day| {
            i64::from(day.days_since_epoch())
        });
        let asked = query(select!(
            "WHERE pool_order.pool = $1 AND pool_order.id > $2 AND cause <> 'opening' \
             AND version.valid_from <= $3 AND version.valid_until > $3 \
             ORDER BY pool_order.id LIMIT $4"
        ));
        let asked = asked
            .bind(pool.get())
            .bind(after.unwrap_or_default())
            .bind(on)
            .bind(limit);
        let rows: Vec<VersionRow> = asked.fetch_all(&mut self.connection).await?;
        rows.into_iter().map(VersionRow::version).collect()
    }

    /// The versions that ever made a member the holder of an order, of all pools, by id and day;
    /// not those of corrections, which are of single days.
    ///
    /// # Errors
    /// `Database`.
    pub async fn versions_of_member(
        &mut self,
        member: MemberNumber,
    ) -> Result<Vec<(PoolNumber, Version)>, BooksError> {
        let asked = query(
            "SELECT version.number, pool_order.pool FROM order_version AS version \
             JOIN pool_order ON pool_order.number = version.of_order WHERE version.member = $1",
        );
        let rows: Vec<(i64, i64)> = asked
            .bind(member.get())
            .fetch_all(&mut self.connection)
            .await?;
        let pools: BTreeMap<i64, i64> = rows.into_iter().collect();
        let asked = query(select!(
            "WHERE version.member = $1 AND cause <> 'opening' AND corrects_day IS NULL \
             ORDER BY pool_order.pool, pool_order.id, version.valid_from, version.number"
        ));
        let rows: Vec<VersionRow> = asked
            .bind(member.get())
            .fetch_all(&mut self.connection)
            .await?;
        rows.into_iter()
            .map(|row| {
                let pool = pools.get(&row.number).copied();
                let pool = pool.ok_or_else(|| BooksError::corrupt("version", row.number))?;
                Ok((PoolNumber(pool), row.version()?))
            })
            .collect()
    }

    /// All versions of an order, oldest first.
    ///
    /// # Errors
    /// `Unknown`, `Database`.
    pub async fn versions_of_order(
        &mut self,
        pool: PoolNumber,
        id: &str,
    ) -> Result<Vec<Version>, BooksError> {
        let asked = query(select!(
            "WHERE pool_order.pool = $1 AND pool_order.id = $2 \
             ORDER BY version.valid_from, version.number"
        ));
        let asked = asked.bind(pool.get()).bind(id);
        let rows: Vec<VersionRow> = asked.fetch_all(&mut self.connection).await?;
        if rows.is_empty() {
            return Err(BooksError::Unknown {
                what: format!("order {id:?} of that pool"),
                cure: "`paydirt orders list` has those that there are".into(),
            });
        }
        rows.into_iter().map(VersionRow::version).collect()
    }

    /// Adds orders of these ids, in this order.
    ///
    /// # Errors
    /// `Constraint` when the pool has one already; `Database`.
    pub async fn add_orders(
        &mut self,
        pool: PoolNumber,
        ids: &[&str],
    ) -> Result<Vec<OrderNumber>, BooksError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let first = counters::take(&mut self.connection, Counter::Order, ids.len()).await?;
        let statement = Many {
            before: "INSERT INTO pool_order (number, pool, id)",
            after: "",
        };
        let numbered = || (first..).zip(ids);
        many(
            &mut self.connection,
            &statement,
            numbered(),
            |(number, id), values| {
                values.extend([number.into(), pool.get().into(), (*id).into()]);
                Ok(())
            },
        )
        .await?;
        Ok(numbered().map(|(number, _)| OrderNumber(number)).collect())
    }

    /// Records versions, one an order, each from its day on until one that begins later. The
    /// members get a balance in the pool.
    ///
    /// # Errors
    /// `Constraint` for an end that is not after the start; `Database`.
    pub async fn add_versions(
        &mut self,
        pool: PoolNumber,
        versions: &[NewVersion],
        now: Timestamp,
        by: &str,
    ) -> Result<Vec<VersionNumber>, BooksError> {
        if versions.is_empty() {
            return Ok(Vec::new());
        }
        let members: std::collections::BTreeSet<MemberNumber> = versions
            .iter()
            .map(|version| version.holding.member)
            .collect();
        crate::balances::open(&mut self.connection, pool, members).await?;
        let ends = self.make_room(versions).await?;
        let first = counters::take(&mut self.connection, Counter::Version, versions.len()).await?;
        let statement = Many {
            before: "INSERT INTO order_version (number, of_order, member, power, fee_rate, \
                     coefficient, start_day, end_day, streams, valid_from, valid_until, cause, \
                     import, note, recorded_at, recorded_by)",
            after: "",
        };
        let numbered = || (first..).zip(versions);
        many(
            &mut self.connection,
            &statement,
            numbered(),
            |(number, version), values| {
                let holding = &version.holding;
                let until = ends.get(&version.order).copied().unwrap_or(FOREVER);
                let integer = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
                values.extend([
                    number.into(),
                    version.order.get().into(),
                    holding.member.get().into(),
                    // Below 2^63, as a coefficient is.
                    integer(holding.power.bytes()).into(),
                    holding.fee_rate.millionths().into(),
                    holding
                        .coefficient
                        .map(|it| integer(it.millionths()))
                        .into(),
                    holding.start.days_since_epoch().into(),
                    holding.end.map(Day::days_since_epoch).into(),
                    column(&holding.streams).into(),
                    version.valid_from.days_since_epoch().into(),
                    until.into(),
                    version.cause.name().into(),
                    version.import.map(ImportNumber::get).into(),
                    (&version.note).into(),
                    now.as_ms().into(),
                    by.into(),
                ]);
                Ok(())
            },
        )
        .await?;
        Ok(numbered()
            .map(|(number, _)| VersionNumber(number))
            .collect())
    }

    /// Ends the versions that count on the days from which these do, and finds until when each of
    /// these will: until the first that begins later.
    async fn make_room(
        &mut self,
        versions: &[NewVersion],
    ) -> Result<BTreeMap<OrderNumber, i64>, BooksError> {
        let mut ends = BTreeMap::new();
        for some in versions.chunks(AT_ONCE) {
            let orders: Vec<i64> = some.iter().map(|version| version.order.get()).collect();
            let sql = "SELECT number, of_order, valid_from, valid_until FROM order_version \
                       WHERE of_order IN NUMBERS($1) AND valid_until > valid_from";
            let asked = query(sql).bind(format!("{orders:?}"));
            let rows: Vec<(i64, i64, i64, i64)> = asked.fetch_all(&mut self.connection).await?;
            if rows.is_empty() {
                continue;
            }
            let begins: BTreeMap<i64, i64> = some
                .iter()
                .map(|new| {
                    (
                        new.order.get(),
                        i64::from(new.valid_from.days_since_epoch()),
                    )
                })
                .collect();
            let mut cut = Vec::new();
            for (number, order, valid_from, valid_until) in rows {
                let Some(begin) = begins.get(&order).copied() else {
                    continue;
                };
                if valid_from > begin {
                    let end = ends.entry(OrderNumber(order)).or_insert(FOREVER);
                    *end = valid_from.min(*end);
                } else if valid_until > begin {
                    cut.push((number, begin));
                }
            }
            let statement = Many {
                before: "UPDATE order_version SET valid_until = new.column2 FROM (",
                after: ") AS new WHERE order_version.number = new.column1",
            };
            many(
                &mut self.connection,
                &statement,
                &cut,
                |(number, until), values| {
                    values.extend([(*number).into(), (*until).into()]);
                    Ok(())
                },
            )
            .await?;
        }
        Ok(ends)
    }
}
