//! The treasury: what the operator put into the pool's wallets, took out of them, or moved between
//! them. Nobody's earnings change by it.
//!
//! Amounts are base units and kept exactly. Posted are the whole ledger units of a deposit (the
//! wallet has more, and the operator put it there) or of a draw (the reverse). Less than a ledger
//! unit of one movement stands in the treasury alone, and so does what moved between the pool's own
//! wallets, which no account of the books tells apart.

use paydirt_money::{Amount, BaseUnits};
use paydirt_schedule::{Day, Timestamp};

use crate::codec::{base_units, day, from_base_units, instant, named};
use crate::db::query;
use crate::numbers::{MovementNumber, PoolNumber, PostingNumber};
use crate::pools::LockedPool;
use crate::postings::{self, Entry, NewPosting};
use crate::{Account, BooksError, Session};

/// What was moved where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MovementKind {
    /// Into the pool's wallets.
    Deposit,
    /// Out of them.
    Draw,
    /// Between them.
    Internal,
}

impl MovementKind {
    const ALL: [Self; 3] = [Self::Deposit, Self::Draw, Self::Internal];

    /// Its name in the books and the commands.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::Draw => "draw",
            Self::Internal => "internal",
        }
    }

    /// The one of this name, if there is one.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The entries of so many ledger units.
    pub(crate) fn entries(self, units: i64) -> Vec<Entry> {
        let less = units.saturating_neg();
        match self {
            Self::Deposit => vec![
                Entry::of_pool(Account::Wallet, less),
                Entry::of_pool(Account::Deposits, units),
            ],
            Self::Draw => vec![
                Entry::of_pool(Account::Wallet, units),
                Entry::of_pool(Account::Draws, less),
            ],
            Self::Internal => Vec::new(),
        }
    }
}

/// A movement to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMovement {
    /// What was moved where.
    pub kind: MovementKind,
    /// The transaction on chain: once a pool.
    pub tx: String,
    /// The accounting day.
    pub day: Day,
    /// How much, base units, more than 0.
    pub amount: BaseUnits,
    /// A note.
    pub note: Option<String>,
    /// Who records it.
    pub by: String,
}

/// A movement in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Its number.
    pub number: MovementNumber,
    /// What was recorded.
    pub movement: NewMovement,
    /// Its posting, where there is something to post.
    pub posting: Option<PostingNumber>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct MovementRow {
    number: i64,
    kind: String,
    tx: String,
    day: i64,
    amount: Vec<u8>,
    note: Option<String>,
    posting: Option<i64>,
    recorded_by: String,
    recorded_at: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT number, kind, tx, day, amount, note, posting, recorded_by, recorded_at \
             FROM treasury ",
            $rest
        )
    };
}

impl MovementRow {
    fn movement(self) -> Result<Movement, BooksError> {
        Ok(Movement {
            number: MovementNumber(self.number),
            movement: NewMovement {
                kind: named("kind of movement", &self.kind, MovementKind::of_name)?,
                tx: self.tx,
                day: day(self.day)?,
                amount: BaseUnits::new(from_base_units("movement", &self.amount)?),
                note: self.note,
                by: self.recorded_by,
            },
            posting: self.posting.map(PostingNumber),
            recorded_at: instant(self.recorded_at),
        })
    }
}

impl Session {
    /// Records a movement, and posts its whole ledger units.
    ///
    /// # Errors
    /// `Refused` when the pool has this transaction already, or nothing was moved; `Money` beyond
    /// 64 bits of ledger units; `Database`.
    pub async fn add_movement(
        &mut self,
        locked: &mut LockedPool,
        new: &NewMovement,
        now: Timestamp,
    ) -> Result<Movement, BooksError> {
        let pool = locked.pool.number;
        if let Some(there) = self.movement_of_tx(pool, &new.tx).await? {
            return Err(twice(locked, &there));
        }
        if new.amount.is_zero() || new.tx.is_empty() {
            return Err(BooksError::Refused {
                what: "a movement needs an amount above 0 and its transaction".into(),
                cure: "look both up on the chain".into(),
            });
        }
        let (units, _) = Amount::from_base_units(new.amount, locked.pool.coin)?;
        let entries = new.kind.entries(units.units());
        let mut posting = None;
        if !units.is_zero() && !entries.is_empty() {
            let header = NewPosting {
                kind: "treasury",
                stream: None,
                day: new.day,
                at: now,
                by: new.by.clone(),
                cause: format!("{} {}", new.kind.name(), new.tx),
            };
            let connection = &mut self.connection;
            posting = Some(postings::post(connection, locked, &header, &entries, None).await?);
        }
        let sql = "INSERT INTO treasury \
             (pool, kind, tx, day, amount, note, posting, recorded_by, recorded_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING number";
        let inserted = query(sql)
            .bind(pool.get())
            .bind(new.kind.name())
            .bind(&new.tx)
            .bind(new.day.days_since_epoch())
            .bind(base_units(new.amount.get()))
            .bind(&new.note)
            .bind(posting.map(PostingNumber::get))
            .bind(&new.by)
            .bind(now.as_ms());
        let (number,): (i64,) = inserted.fetch_one(&mut self.connection).await?;
        Ok(Movement {
            number: MovementNumber(number),
            movement: new.clone(),
            posting,
            recorded_at: now,
        })
    }

    /// The movement by a transaction.
    ///
    /// # Errors
    /// `Database`.
    pub async fn movement_of_tx(
        &mut self,
        pool: PoolNumber,
        tx: &str,
    ) -> Result<Option<Movement>, BooksError> {
        let asked = query(select!("WHERE pool = $1 AND tx = $2"));
        let asked = asked.bind(pool.get()).bind(tx);
        let row: Option<MovementRow> = asked.fetch_optional(&mut self.connection).await?;
        row.map(MovementRow::movement).transpose()
    }

    /// A pool's movements of these days, by day.
    ///
    /// # Errors
    /// `Database`.
    pub async fn movements(
        &mut self,
        pool: PoolNumber,
        from: Day,
        to: Day,
    ) -> Result<Vec<Movement>, BooksError> {
        let asked = query(select!(
            "WHERE pool = $1 AND day BETWEEN $2 AND $3 ORDER BY day, number"
        ));
        let asked = asked
            .bind(pool.get())
            .bind(from.days_since_epoch())
            .bind(to.days_since_epoch());
        let rows: Vec<MovementRow> = asked.fetch_all(&mut self.connection).await?;
        rows.into_iter().map(MovementRow::movement).collect()
    }
}

fn twice(locked: &LockedPool, there: &Movement) -> BooksError {
    let Movement { movement, .. } = there;
    let amount = movement.amount.to_coin_text(locked.pool.coin);
    let (kind, by, day) = (movement.kind.name(), &movement.by, movement.day);
    BooksError::Refused {
        what: format!(
            "transaction {} of pool {} is booked already: {kind} of {amount} on {day}, by {by}",
            movement.tx, locked.pool.id
        ),
        cure: "a transaction is booked once; check which one you mean".into(),
    }
}
