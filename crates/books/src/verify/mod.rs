//! `ledger verify`: a pool's books computed again from what is never changed, and compared.
//!
//! In the order of the pool's chain, each posting: its place, the hash of its entries and of the
//! lines behind them, its own hash after the one before, and that it sums to 0. A settlement's
//! lines give what each member got at once and has vesting; how far that is released says which
//! releases were posted after it. So each release's amount comes out exactly (from how often each
//! remainder occurs), and the newest one's parts, one by one. The lines of a day's corrections are
//! gone through with those that they correct, which says what each of them must have posted. At the
//! end: the pool's head, sums by day, every balance, the columns that releases are computed from,
//! and legs and withdrawals.
//!
//! Memory is a few numbers a member and an order, however many days there are, and one day's
//! corrected lines; time is that of reading all lines once. What stops it is the first difference.

mod balances;
mod chain;
mod correction;
mod expected;
mod load;
mod release;
mod remainders;
mod settlement;
mod sources;
mod vesting;
mod withdrawals;

use std::fmt;

use paydirt_ledger::PoolId;
use paydirt_money::{Amount, Coin};

use crate::session::LONG;
use crate::{BooksError, Session};

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Postings of the chain.
    pub postings: u64,
    /// Their entries.
    pub entries: u64,
    /// Settlements.
    pub settlements: u64,
    /// Their lines.
    pub lines: u64,
    /// Releases that were posted.
    pub releases: u64,
    /// Transfers.
    pub transfers: u64,
    /// Their lines.
    pub transfer_lines: u64,
    /// Movements of the treasury.
    pub movements: u64,
    /// Sums by account and day.
    pub sums: u64,
    /// Members' balances.
    pub balances: u64,
    /// What streams have collected for members.
    pub collected: u64,
    /// Withdrawals, with their legs.
    pub withdrawals: u64,
}

/// Where the books are not what they must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What differs: which posting, settlement, release or balance, and what of it.
    pub what: String,
    /// What it must be, computed again.
    pub expected: String,
    /// What the books have.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            expected,
            found,
        } = self;
        write!(f, "{what}: expected {expected}, found {found}")
    }
}

/// What a look at the books came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How much was looked at, up to the difference.
    pub looked: Looked,
    /// The first difference; `None`: the books are right.
    pub difference: Option<Difference>,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verifying {
    /// Postings that were looked at.
    pub postings: u64,
    /// Postings that there are.
    pub of: u64,
    /// Lines that were looked at.
    pub lines: u64,
}

/// Whoever is told how far it has come.
pub(crate) type Tell<'a> = dyn FnMut(Verifying) + Send + 'a;

/// Why it goes no further.
pub(crate) enum Stop {
    Books(BooksError),
    Differs(Difference),
}

impl<E: Into<BooksError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Books(error.into())
    }
}

/// A difference.
fn differs(what: impl Into<String>, expected: impl fmt::Display, found: impl fmt::Display) -> Stop {
    Stop::Differs(Difference {
        what: what.into(),
        expected: expected.to_string(),
        found: found.to_string(),
    })
}

/// Whether it is what it must be.
fn same<T: PartialEq + fmt::Display>(
    what: impl FnOnce() -> String,
    expected: T,
    found: T,
) -> Result<(), Stop> {
    match expected == found {
        true => Ok(()),
        false => Err(differs(what(), expected, found)),
    }
}

/// The same for hashes.
fn same_hash(what: impl FnOnce() -> String, expected: &[u8], found: &[u8]) -> Result<(), Stop> {
    match expected == found {
        true => Ok(()),
        false => Err(differs(what(), hex(expected), hex(found))),
    }
}

/// The first bytes of a hash.
fn hex(hash: &[u8]) -> String {
    let bytes = hash.iter().take(8);
    let mut text: String = bytes.map(|byte| format!("{byte:02x}")).collect();
    text.push('…');
    text
}

/// Ledger units in coins.
fn coins(units: i64, coin: Coin) -> Amount {
    Amount::from_units(units, coin)
}

/// A sum that does not fit is none of the books'.
fn add(sum: &mut i64, amount: i64) -> Result<(), Stop> {
    *sum = sum
        .checked_add(amount)
        .ok_or_else(|| BooksError::corrupt("sum of a balance", amount))?;
    Ok(())
}

impl Session {
    /// Computes a pool's books again, and compares. `tell` hears now and then how far it has come.
    ///
    /// # Errors
    /// `Unknown` without such a pool; `Corrupt` for what can't be read at all; `Database`. A
    /// difference is no error.
    pub async fn verify_ledger(
        &mut self,
        pool: &PoolId,
        tell: &mut (dyn FnMut(Verifying) + Send),
    ) -> Result<Verified, BooksError> {
        self.allow(LONG).await?;
        let mut verifying = load::load(&mut self.connection, pool).await?;
        let run = verifying.run(self, tell).await;
        let looked = verifying.looked;
        match run {
            Ok(()) => Ok(Verified {
                looked,
                difference: None,
            }),
            Err(Stop::Differs(difference)) => Ok(Verified {
                looked,
                difference: Some(difference),
            }),
            Err(Stop::Books(error)) => Err(error),
        }
    }
}
