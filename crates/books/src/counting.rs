//! The orders that count on a day: what a split is made of. Made for millions: some 60 bytes each.

use std::collections::BTreeSet;

use paydirt_money::{Coefficient, FeeRate, Power};
use paydirt_schedule::Day;

use crate::codec::{coefficient, fee_rate, power};
use crate::db::{InOrder, Value};
use crate::numbers::{MemberNumber, PoolNumber, SettlementNumber, VersionNumber};
use crate::{BooksError, Session};

/// An order that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountingOrder {
    /// The version that counts.
    pub version: VersionNumber,
    /// Whose.
    pub member: MemberNumber,
    /// How much.
    pub power: Power,
    /// What it is multiplied by: its own coefficient, else its import's, else the given one.
    pub coefficient: Coefficient,
    /// The pool's part.
    pub fee_rate: FeeRate,
}

/// Orders that count on a day, by version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counting {
    orders: Vec<CountingOrder>,
    /// All ids, one after the other, and where each ends.
    ids: Vec<u8>,
    ends: Vec<usize>,
}

impl Counting {
    /// The orders, by version.
    #[must_use]
    pub fn orders(&self) -> &[CountingOrder] {
        &self.orders
    }

    /// The id of the order at this place, in bytes.
    #[must_use]
    pub fn id(&self, place: usize) -> &[u8] {
        let end = self.ends.get(place).copied().unwrap_or_default();
        let before = place
            .checked_sub(1)
            .and_then(|before| self.ends.get(before));
        let begin = before.copied().unwrap_or_default();
        self.ids.get(begin..end).unwrap_or_default()
    }

    /// The places of the orders in ascending order of their ids.
    #[must_use]
    pub fn by_id(&self) -> Vec<u32> {
        let count = u32::try_from(self.orders.len()).unwrap_or(u32::MAX);
        let mut places: Vec<u32> = (0..count).collect();
        let id = |place: &u32| self.id(usize::try_from(*place).unwrap_or(usize::MAX));
        if !places.is_sorted_by_key(id) {
            places.sort_unstable_by(|a, b| id(a).cmp(id(b)));
        }
        places
    }

    /// Adds an order that counts after all others.
    pub fn add(&mut self, order: CountingOrder, id: &[u8]) {
        self.orders.push(order);
        self.ids.extend_from_slice(id);
        self.ends.push(self.ids.len());
    }

    /// The same without these.
    #[must_use]
    pub fn without(&self, versions: &BTreeSet<VersionNumber>) -> Self {
        let mut kept = Self::default();
        for (place, order) in self.orders.iter().enumerate() {
            if !versions.contains(&order.version) {
                kept.add(*order, self.id(place));
            }
        }
        kept
    }

    fn push(
        &mut self,
        (version, member, bytes, rate, own, id): CountingRow,
        default: Coefficient,
    ) -> Result<i64, BooksError> {
        let own = own.map(coefficient).transpose()?;
        let order = CountingOrder {
            version: VersionNumber(version),
            member: MemberNumber(member),
            power: power(bytes)?,
            coefficient: own.unwrap_or(default),
            fee_rate: fee_rate(rate)?,
        };
        self.add(order, id.as_bytes());
        Ok(version)
    }
}

/// Version, member, power, fee rate, coefficient and id of the order: by place, as names are looked
/// up in each row.
type CountingRow = (i64, i64, i64, i64, Option<i64>, String);

/// Of the columns of a [`CountingRow`], in their order.
macro_rules! counting {
    ($from:literal) => {
        InOrder {
            columns: "number, member, power, fee_rate, coefficient, id",
            sql: concat!(
                "SELECT version.number, version.member, version.power, version.fee_rate, \
                 COALESCE(version.coefficient, import.coefficient) AS coefficient, pool_order.id \
                 FROM ",
                $from
            ),
        }
    };
}

/// Versions are read in the order of their numbers, whatever else could be looked up first.
const COUNTING: InOrder = counting!(
    "order_version AS version CROSS JOIN pool_order \
     LEFT JOIN import ON import.number = version.import \
     WHERE pool_order.number = version.of_order AND pool_order.pool = $1 \
     AND valid_from <= $2 AND valid_until > $2 \
     AND start_day <= $2 AND (end_day IS NULL OR end_day > $2) \
     AND (streams IS NULL OR REPLACE(streams, $3, '') <> streams) AND version.number > $4 \
     ORDER BY version.number"
);
const COUNTED: InOrder = counting!(
    "line JOIN order_version AS version ON version.number = line.version \
     JOIN pool_order ON pool_order.number = version.of_order \
     LEFT JOIN import ON import.number = version.import \
     WHERE line.settlement = $1 AND line.version > $2 ORDER BY line.version"
);
const NUMBERED: InOrder = counting!(
    "order_version AS version JOIN pool_order ON pool_order.number = version.of_order \
     LEFT JOIN import ON import.number = version.import \
     WHERE version.number IN NUMBERS($1) AND version.number > $2 ORDER BY version.number"
);

impl Session {
    /// The pool's orders that count on a day and earn of this stream. `default` is the coefficient
    /// of those that have none, nor their import.
    ///
    /// # Errors
    /// `Database`.
    pub async fn counting(
        &mut self,
        pool: PoolNumber,
        stream: &str,
        day: Day,
        default: Coefficient,
    ) -> Result<Counting, BooksError> {
        let day = day.days_since_epoch();
        let values = vec![pool.get().into(), day.into(), format!(" {stream} ").into()];
        self.orders_of(&COUNTING, values, default).await
    }

    /// The orders that a settlement has lines of, as they counted then, by version.
    ///
    /// # Errors
    /// `Database`.
    pub async fn counted(
        &mut self,
        settlement: SettlementNumber,
        default: Coefficient,
    ) -> Result<Counting, BooksError> {
        let values = vec![settlement.get().into()];
        self.orders_of(&COUNTED, values, default).await
    }

    /// Versions as they would count, by number.
    ///
    /// # Errors
    /// `Database`.
    pub async fn counting_versions(
        &mut self,
        versions: &BTreeSet<VersionNumber>,
        default: Coefficient,
    ) -> Result<Counting, BooksError> {
        let numbers: Vec<i64> = versions.iter().map(|version| version.get()).collect();
        let values = vec![format!("{numbers:?}").into()];
        self.orders_of(&NUMBERED, values, default).await
    }

    async fn orders_of(
        &mut self,
        rows: &InOrder,
        values: Vec<Value>,
        default: Coefficient,
    ) -> Result<Counting, BooksError> {
        let mut counting = Counting::default();
        let each = |row| counting.push(row, default);
        rows.for_each(&mut self.connection, values, each).await?;
        Ok(counting)
    }
}
