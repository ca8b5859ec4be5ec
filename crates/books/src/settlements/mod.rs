//! Settlements: a stream's day, shared. Each keeps all that it was computed from, and its hash.

mod post;

use paydirt_money::{BaseUnits, PoolPower};
use paydirt_schedule::{Day, Timestamp};

use crate::codec::{day, from_base_units, instant, natural, pool_power};
use crate::db::query;
use crate::digest::{Digest, Hash};
use crate::income::Item;
use crate::lines::{self, Line};
use crate::numbers::{PoolNumber, SettlementNumber, StreamNumber};
use crate::{BooksError, Session};

pub use post::NewSettlement;

/// Whether a settlement is of a day, or of what was vesting before these books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettlementKind {
    /// Of a day.
    Day,
    /// Of what was vesting before.
    Opening,
}

impl SettlementKind {
    /// Its name in the books.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Opening => "opening",
        }
    }
}

/// What was computed for a day, and from what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Computed {
    /// Of a day, or from before these books.
    pub kind: SettlementKind,
    /// When the day began.
    pub begins_at: Timestamp,
    /// When it ended.
    pub ends_at: Timestamp,
    /// The zone that said so.
    pub zone: String,
    /// The version of the rules.
    pub rule: u32,
    /// What else the split went by, as JSON.
    pub terms: String,
    /// Sum of the income items, base units.
    pub items: BaseUnits,
    /// Sum of the deductions, base units.
    pub deductions: BaseUnits,
    /// Less than a ledger unit, from the settled day before; base units.
    pub carried_in: BaseUnits,
    /// The same for the next; base units.
    pub carried_out: BaseUnits,
    /// A loss from the settled day before that this one's income makes good; base units.
    pub loss_in: BaseUnits,
    /// A loss for the next day to make good; base units.
    pub loss_out: BaseUnits,
    /// A loss that was booked; base units.
    pub loss: BaseUnits,
    /// What was shared, ledger units.
    pub income: i64,
    /// What the members earned.
    pub net: i64,
    /// Service fees.
    pub fee: i64,
    /// What nobody's power reaches.
    pub retained: i64,
    /// The part of `net` that doesn't vest.
    pub immediate: i64,
    /// The pool's power, where that is the whole, and the day that it is of.
    pub pool_power: Option<(PoolPower, Day)>,
    /// Sum of the weights, millionths of a byte.
    pub sold: u128,
    /// What was divided by, millionths of a byte.
    pub whole: u128,
    /// Members with a weight above 0.
    pub members: u64,
    /// Why, for a correction.
    pub reason: Option<String>,
}

/// A settlement in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Its number.
    pub number: SettlementNumber,
    /// The pool.
    pub pool: PoolNumber,
    /// The stream.
    pub stream: StreamNumber,
    /// The day.
    pub day: Day,
    /// 0, or which correction it is.
    pub revision: i64,
    /// What was computed.
    pub computed: Computed,
    /// How many lines it has.
    pub lines: u64,
    /// The hash of its lines.
    pub lines_digest: Hash,
    /// The hash of everything that it was computed from, and of the lines.
    pub hash: Hash,
    /// When it was settled.
    pub settled_at: Timestamp,
    /// By whom.
    pub settled_by: String,
}

impl Settlement {
    /// Whether it corrects a settled day.
    #[must_use]
    pub fn is_correction(&self) -> bool {
        self.revision > 0 && self.computed.kind == SettlementKind::Day
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    number: i64,
    pool: i64,
    stream: i64,
    day: i64,
    revision: i64,
    kind: String,
    begins_at: i64,
    ends_at: i64,
    zone: String,
    rule: i64,
    terms: String,
    items: Vec<u8>,
    deductions: Vec<u8>,
    carried_in: Vec<u8>,
    carried_out: Vec<u8>,
    loss_in: Vec<u8>,
    loss_out: Vec<u8>,
    loss: Vec<u8>,
    income: i64,
    net: i64,
    fee: i64,
    retained: i64,
    immediate: i64,
    pool_power: Option<Vec<u8>>,
    power_day: Option<i64>,
    sold: Vec<u8>,
    whole: Vec<u8>,
    lines: i64,
    members: i64,
    lines_digest: Vec<u8>,
    hash: Vec<u8>,
    settled_at: i64,
    settled_by: String,
    reason: Option<String>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT number, pool, stream, day, revision, kind, begins_at, ends_at, zone, rule, \
             terms, items, deductions, carried_in, carried_out, loss_in, loss_out, loss, income, \
             net, fee, retained, immediate, pool_power, power_day, sold, whole, lines, members, \
             lines_digest, hash, settled_at, settled_by, reason FROM settlement ",
            $rest
        )
    };
}

impl Row {
    fn settlement(self) -> Result<Settlement, BooksError> {
        let kind = match self.kind.as_str() {
            "opening" => SettlementKind::Opening,
            _ => SettlementKind::Day,
        };
        let units = |what, bytes: &[u8]| {
            let units = from_base_units(what, bytes)?;
            Ok::<_, BooksError>(BaseUnits::new(units))
        };
        let hash = |what, bytes: &[u8]| {
            Hash::try_from(bytes).map_err(|_| BooksError::corrupt(what, bytes))
        };
        let power = match (&self.pool_power, self.power_day) {
            (Some(power), Some(on)) => Some((pool_power(power)?, day(on)?)),
            _ => None,
        };
        Ok(Settlement {
            number: SettlementNumber(self.number),
            pool: PoolNumber(self.pool),
            stream: StreamNumber(self.stream),
            day: day(self.day)?,
            revision: self.revision,
            computed: Computed {
                kind,
                begins_at: instant(self.begins_at),
                ends_at: instant(self.ends_at),
                zone: self.zone,
                rule: u32::try_from(self.rule)
                    .map_err(|_| BooksError::corrupt("version of the rules", self.rule))?,
                terms: self.terms,
                items: units("items", &self.items)?,
                deductions: units("deductions", &self.deductions)?,
                carried_in: units("remainder", &self.carried_in)?,
                carried_out: units("remainder", &self.carried_out)?,
                loss_in: units("loss", &self.loss_in)?,
                loss_out: units("loss", &self.loss_out)?,
                loss: units("loss", &self.loss)?,
                income: self.income,
                net: self.net,
                fee: self.fee,
                retained: self.retained,
                immediate: self.immediate,
                pool_power: power,
                sold: from_base_units("weights", &self.sold)?,
                whole: from_base_units("whole", &self.whole)?,
                members: natural("members", self.members)?,
                reason: self.reason,
            },
            lines: natural("lines", self.lines)?,
            lines_digest: hash("digest", &self.lines_digest)?,
            hash: hash("hash", &self.hash)?,
            settled_at: instant(self.settled_at),
            settled_by: self.settled_by,
        })
    }
}

/// The hash of a settlement: of all that it was computed from and of its lines' hash.
#[must_use]
pub fn hash_of(day: Day, revision: i64, computed: &Computed, items: &[Item], lines: &Hash) -> Hash {
    let units = |units: BaseUnits| units.get().to_be_bytes();
    let mut digest = Digest::of("settlement")
        .number(i64::from(day.days_since_epoch()))
        .number(revision)
        .text(computed.kind.name())
        .number(computed.begins_at.as_ms())
        .number(computed.ends_at.as_ms())
        .text(&computed.zone)
        .number(i64::from(computed.rule))
        .text(&computed.terms)
        .bytes(&units(computed.items))
        .bytes(&units(computed.deductions))
        .bytes(&units(computed.carried_in))
        .bytes(&units(computed.carried_out))
        .bytes(&units(computed.loss_in))
        .bytes(&units(computed.loss_out))
        .bytes(&units(computed.loss))
        .number(computed.income)
        .number(computed.net)
        .number(computed.fee)
        .number(computed.retained)
        .number(computed.immediate)
        .maybe_bytes(
            computed
                .pool_power
                .map(|(it, _)| it.to_be_bytes())
                .as_ref()
                .map(|it| &it[..]),
        )
        .maybe_number(
            computed
                .pool_power
                .map(|(_, on)| i64::from(on.days_since_epoch())),
        )
        .bytes(&computed.sold.to_be_bytes())
        .bytes(&computed.whole.to_be_bytes())
        .maybe_bytes(computed.reason.as_deref().map(str::as_bytes))
        .bytes(lines);
    for item in items {
        digest = digest
            .number(item.number.get())
            .text(item.item.kind.name())
            .number(i64::from(item.item.earned_on.days_since_epoch()))
            .text(&item.item.source)
            .bytes(&units(item.item.amount));
    }
    digest.finish()
}

/// The hash of lines, as a settlement keeps it.
#[must_use]
pub fn lines_digest(lines: &[Line]) -> Hash {
    lines::digest_of(lines)
}

impl Session {
    /// A settlement.
    ///
    /// # Errors
    /// `Unknown`, `Database`.
    pub async fn settlement(&mut self, number: SettlementNumber) -> Result<Settlement, BooksError> {
        let asked = query(select!("WHERE number = $1")).bind(number.get());
        let row: Option<Row> = asked.fetch_optional(&mut self.connection).await?;
        row.ok_or_else(|| BooksError::Unknown {
            what: format!("settlement {number}"),
            cure: "`paydirt settle show` has those that there are".into(),
        })?
        .settlement()
    }

    /// The last day of a stream that is settled.
    ///
    /// # Errors
    /// `Database`.
    pub async fn last_settled(
        &mut self,
        stream: StreamNumber,
    ) -> Result<Option<Settlement>, BooksError> {
        let asked = query(select!(
            "WHERE stream = $1 AND kind = 'day' ORDER BY day DESC, revision DESC LIMIT 1"
        ));
        let row: Option<Row> = asked
            .bind(stream.get())
            .fetch_optional(&mut self.connection)
            .await?;
        row.map(Row::settlement).transpose()
    }

    /// The settlement of a stream's day, the newest revision.
    ///
    /// # Errors
    /// `Database`.
    pub async fn settlement_of_day(
        &mut self,
        stream: StreamNumber,
        day: Day,
    ) -> Result<Option<Settlement>, BooksError> {
        let asked = query(select!(
            "WHERE stream = $1 AND day = $2 AND kind = 'day' ORDER BY revision DESC LIMIT 1"
        ));
        let asked = asked.bind(stream.get()).bind(day.days_since_epoch());
        let row: Option<Row> = asked.fetch_optional(&mut self.connection).await?;
        row.map(Row::settlement).transpose()
    }

    /// All revisions of a stream's settled day, in their order.
    ///
    /// # Errors
    /// `Database`.
    pub async fn revisions_of_day(
        &mut self,
        stream: StreamNumber,
        day: Day,
    ) -> Result<Vec<Settlement>, BooksError> {
        let asked = query(select!(
            "WHERE stream = $1 AND day = $2 AND kind = 'day' ORDER BY revision"
        ));
        let asked = asked.bind(stream.get()).bind(day.days_since_epoch());
        let rows: Vec<Row> = asked.fetch_all(&mut self.connection).await?;
        rows.into_iter().map(Row::settlement).collect()
    }

    /// A pool's settlements of these days, by day and stream.
    ///
    /// # Errors
    /// `Database`.
    pub async fn settlements(
        &mut self,
        pool: PoolNumber,
        from: Day,
        to: Day,
    ) -> Result<Vec<Settlement>, BooksError> {
        let asked = query(select!(
            "WHERE pool = $1 AND day BETWEEN $2 AND $3 AND kind = 'day' \
             ORDER BY day, stream, revision"
        ));
        let asked = asked
            .bind(pool.get())
            .bind(from.days_since_epoch())
            .bind(to.days_since_epoch());
        let rows: Vec<Row> = asked.fetch_all(&mut self.connection).await?;
        rows.into_iter().map(Row::settlement).collect()
    }
}
