//! Items of income: what came in for a day, and what is deducted from it.

use paydirt_money::BaseUnits;
use paydirt_schedule::{Day, Timestamp};

use crate::codec::{base_units, day, from_base_units, instant, named};
use crate::db::query;
use crate::numbers::{ItemNumber, PoolNumber, SettlementNumber, StreamNumber};
use crate::{BooksError, Session};

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemKind {
    /// Shared among the members.
    Income,
    /// Comes off what is shared: penalties, faults, gas.
    Deduction,
    /// Came in, and nobody has said what it is: never shared.
    Unclassified,
    /// The operator's own money.
    Deposit,
    /// Between the pool's own wallets.
    Internal,
}

impl ItemKind {
    const ALL: [Self; 5] = [
        Self::Income,
        Self::Deduction,
        Self::Unclassified,
        Self::Deposit,
        Self::Internal,
    ];

    /// Its name in the books.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Income => "income",
            Self::Deduction => "deduction",
            Self::Unclassified => "unclassified",
            Self::Deposit => "deposit",
            Self::Internal => "internal",
        }
    }

    /// The one of this name, if there is one.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it belongs to a stream.
    #[must_use]
    pub const fn is_of_a_stream(self) -> bool {
        matches!(self, Self::Income | Self::Deduction)
    }
}

/// An item to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewItem {
    /// Its stream, for income and deductions.
    pub stream: Option<StreamNumber>,
    /// The day that it is settled with.
    pub day: Day,
    /// The day on which it was earned.
    pub earned_on: Day,
    /// What it is.
    pub kind: ItemKind,
    /// What names it: once for a pool, stream and day on which it was earned.
    pub source: String,
    /// How much, base units.
    pub amount: BaseUnits,
    /// What the chain says, as JSON.
    pub evidence: Option<String>,
    /// A note.
    pub note: Option<String>,
    /// Who or what records it.
    pub by: String,
}

/// A recorded item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its number.
    pub number: ItemNumber,
    /// What was recorded, or said of it since.
    pub item: NewItem,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The settlement that it is part of.
    pub settlement: Option<SettlementNumber>,
}

#[derive(sqlx::FromRow)]
struct ItemRow {
    number: i64,
    stream: Option<i64>,
    day: i64,
    earned_on: i64,
    kind: String,
    source: String,
    amount: Vec<u8>,
    evidence: Option<String>,
    note: Option<String>,
    recorded_by: String,
    recorded_at: i64,
    settlement: Option<i64>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT number, stream, day, earned_on, kind, source, amount, evidence, note, \
             recorded_by, recorded_at, settlement FROM income_item ",
            $rest
        )
    };
}

impl ItemRow {
    fn item(self) -> Result<Item, BooksError> {
        Ok(Item {
            number: ItemNumber(self.number),
            item: NewItem {
                stream: self.stream.map(StreamNumber),
                day: day(self.day)?,
                earned_on: day(self.earned_on)?,
                kind: named("kind of income", &self.kind, ItemKind::of_name)?,
                source: self.source,
                amount: BaseUnits::new(from_base_units("income", &self.amount)?),
                evidence: self.evidence,
                note: self.note,
                by: self.recorded_by,
            },
            recorded_at: instant(self.recorded_at),
            settlement: self.settlement.map(SettlementNumber),
        })
    }
}

fn items(rows: Vec<ItemRow>) -> Result<Vec<Item>, BooksError> {
    rows.into_iter().map(ItemRow::item).collect()
}

impl Session {
    /// Records an item; `None` when its source has one already for that stream and day.
    ///
    /// # Errors
    /// `Database`.
    pub async fn add_item(
        &mut self,
        pool: PoolNumber,
        item: &NewItem,
        now: Timestamp,
    ) -> Result<Option<ItemNumber>, BooksError> {
        let sql = "INSERT INTO income_item (pool, stream, day, earned_on, kind, source, amount, \
             evidence, note, recorded_by, recorded_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             ON CONFLICT DO NOTHING RETURNING number";
        let inserted = query(sql)
            .bind(pool.get())
            .bind(item.stream.map(StreamNumber::get))
            .bind(item.day.days_since_epoch())
            .bind(item.earned_on.days_since_epoch())
            .bind(item.kind.name())
            .bind(&item.source)
            .bind(base_units(item.amount.get()))
            .bind(&item.evidence)
            .bind(&item.note)
            .bind(&item.by)
            .bind(now.as_ms());
        let number: Option<(i64,)> = inserted.fetch_optional(&mut self.connection).await?;
        Ok(number.map(|(number,)| ItemNumber(number)))
    }

    /// The item of a source, stream and day on which it was earned.
    ///
    /// # Errors
    /// `Database`.
    pub async fn item_of_source(
        &mut self,
        pool: PoolNumber,
        stream: Option<StreamNumber>,
        earned_on: Day,
        source: &str,
    ) -> Result<Option<Item>, BooksError> {
        let asked = query(select!(
            "WHERE pool = $1 AND COALESCE(stream, 0) = $2 AND earned_on = $3 AND source = $4"
        ));
        let asked = asked
            .bind(pool.get())
            .bind(stream.map_or(0, StreamNumber::get))
            .bind(earned_on.days_since_epoch())
            .bind(source);
        let row: Option<ItemRow> = asked.fetch_optional(&mut self.connection).await?;
        row.map(ItemRow::item).transpose()
    }

    /// A pool's items that were earned on a day, whatever they are and are settled with, oldest
    /// first.
    ///
    /// # Errors
    /// `Database`.
    pub async fn items_earned_on(
        &mut self,
        pool: PoolNumber,
        day: Day,
    ) -> Result<Vec<Item>, BooksError> {
        let asked = query(select!(
            "WHERE pool = $1 AND earned_on = $2 ORDER BY number"
        ));
        let asked = asked.bind(pool.get()).bind(day.days_since_epoch());
        items(asked.fetch_all(&mut self.connection).await?)
    }

    /// An item of a pool.
    ///
    /// # Errors
    /// `Unknown`, `Database`.
    pub async fn item(&mut self, pool: PoolNumber, number: i64) -> Result<Item, BooksError> {
        let asked = query(select!("WHERE pool = $1 AND number = $2 FOR UPDATE"));
        let asked = asked.bind(pool.get()).bind(number);
        let row: Option<ItemRow> = asked.fetch_optional(&mut self.connection).await?;
        row.ok_or_else(|| BooksError::Unknown {
            what: format!("item of income {number} of that pool"),
            cure: "`paydirt income list` has those that there are".into(),
        })?
        .item()
    }

    /// Says what an item is. It must not be part of a settlement.
    ///
    /// # Errors
    /// `Constraint` when it is settled, or its source has an item of that stream and day already;
    /// `Database`.
    pub async fn classify_item(
        &mut self,
        number: ItemNumber,
        kind: ItemKind,
        stream: Option<StreamNumber>,
        day: Day,
        by: &str,
        now: Timestamp,
    ) -> Result<(), BooksError> {
        let sql = "UPDATE income_item SET kind = $2, stream = $3, day = $4, classified_by = $5, \
                   classified_at = $6 WHERE number = $1";
        query(sql)
            .bind(number.get())
            .bind(kind.name())
            .bind(stream.map(StreamNumber::get))
            .bind(day.days_since_epoch())
            .bind(by)
            .bind(now.as_ms())
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// The items that a stream's day is settled with, oldest first.
    ///
    /// # Errors
    /// `Database`.
    pub async fn items_of_day(
        &mut self,
        stream: StreamNumber,
        day: Day,
    ) -> Result<Vec<Item>, BooksError> {
        let asked = query(select!("WHERE stream = $1 AND day = $2 ORDER BY number"));
        let asked = asked.bind(stream.get()).bind(day.days_since_epoch());
        items(asked.fetch_all(&mut self.connection).await?)
    }

    /// What a stream earned on a day, or is deducted of it, and is part of no settlement; oldest
    /// first.
    ///
    /// # Errors
    /// `Database`.
    pub async fn late_items(
        &mut self,
        stream: StreamNumber,
        earned_on: Day,
    ) -> Result<Vec<Item>, BooksError> {
        let asked = query(select!(
            "WHERE stream = $1 AND earned_on = $2 AND settlement IS NULL ORDER BY number"
        ));
        let asked = asked.bind(stream.get()).bind(earned_on.days_since_epoch());
        items(asked.fetch_all(&mut self.connection).await?)
    }

    /// The first day from `first` on that a stream has items to be settled of.
    ///
    /// # Errors
    /// `Database`.
    pub async fn first_day_with_items(
        &mut self,
        stream: StreamNumber,
        first: Day,
    ) -> Result<Option<Day>, BooksError> {
        let sql = "SELECT MIN(day) FROM income_item \
                   WHERE stream = $1 AND day >= $2 AND settlement IS NULL";
        let asked = query(sql).bind(stream.get()).bind(first.days_since_epoch());
        let (found,): (Option<i64>,) = asked.fetch_one(&mut self.connection).await?;
        Ok(found.map(day).transpose()?)
    }

    /// The items of a settlement, oldest first.
    ///
    /// # Errors
    /// `Database`.
    pub async fn items_of_settlement(
        &mut self,
        settlement: SettlementNumber,
    ) -> Result<Vec<Item>, BooksError> {
        let asked = query(select!("WHERE settlement = $1 ORDER BY number"));
        items(
            asked
                .bind(settlement.get())
                .fetch_all(&mut self.connection)
                .await?,
        )
    }

    /// A pool's items of these days, by day; the unclassified ones too.
    ///
    /// # Errors
    /// `Database`.
    pub async fn items(
        &mut self,
        pool: PoolNumber,
        from: Day,
        to: Day,
    ) -> Result<Vec<Item>, BooksError> {
        let asked = query(select!(
            "WHERE pool = $1 AND day BETWEEN $2 AND $3 ORDER BY day, number"
        ));
        let asked = asked
            .bind(pool.get())
            .bind(from.days_since_epoch())
            .bind(to.days_since_epoch());
        items(asked.fetch_all(&mut self.connection).await?)
    }

    /// A pool's items that nobody has classified, oldest first.
    ///
    /// # Errors
    /// `Database`.
    pub async fn unclassified_items(&mut self, pool: PoolNumber) -> Result<Vec<Item>, BooksError> {
        let asked = query(select!(
            "WHERE pool = $1 AND kind = 'unclassified' ORDER BY day, number"
        ));
        items(
            asked
                .bind(pool.get())
                .fetch_all(&mut self.connection)
                .await?,
        )
    }

    /// Makes items part of a settlement, for good.
    ///
    /// # Errors
    /// `Constraint` when one is already; `Database`.
    pub(crate) async fn settle_items(
        &mut self,
        settlement: SettlementNumber,
        items: &[Item],
    ) -> Result<(), BooksError> {
        let numbers: Vec<i64> = items.iter().map(|item| item.number.get()).collect();
        let sql = "UPDATE income_item SET settlement = $1 WHERE number IN NUMBERS($2)";
        let changed = query(sql)
            .bind(settlement.get())
            .bind(format!("{numbers:?}"))
            .execute(&mut self.connection)
            .await?;
        crate::balances::all_changed("items of income", changed, items.len())
    }
}
