//! Why a use case did not do what it was asked for.

use paydirt_books::BooksError;
use paydirt_chain::ChainError;
use paydirt_earnings::EarningsError;
use paydirt_ethereum::EthereumError;
use paydirt_keys::KeyError;
use paydirt_ledger::{JournalError, PaymentId};
use paydirt_ledger_redis::ConfigError as RedisConfigError;
use paydirt_money::MoneyError;
use paydirt_payouts::PayoutError;
use paydirt_reports::ReportError;
use paydirt_schedule::{Day, ScheduleError};
use paydirt_settlement::SettlementError;
use paydirt_sheets::SheetError;
use paydirt_withdrawals::WithdrawalError;

use crate::config::SecretError;

/// Why a use case did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The engine refused or failed.
    #[error("wallet {wallet}: {error}")]
    Payout {
        /// The wallet's name in the configuration.
        wallet: String,
        /// Why.
        error: Box<PayoutError>,
    },
    /// The books could not be opened or migrated.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A file of rows was refused.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// An income was not shared.
    #[error(transparent)]
    Earnings(#[from] EarningsError),
    /// A chain's settings can't be used.
    #[error("chain {chain}: {error}")]
    Chain {
        /// Its name in the configuration.
        chain: String,
        /// Why.
        error: EthereumError,
    },
    /// Nodes didn't say what came in, or not alike.
    #[error("what came in to pool {pool} on {day} was not recorded: {error}")]
    Observing {
        /// The pool.
        pool: String,
        /// The day.
        day: Day,
        /// Why.
        error: Box<ChainError>,
    },
    /// A ledger's settings can't be used.
    #[error("pool {pool}: {error}")]
    Redis {
        /// The pool.
        pool: String,
        /// Why.
        error: RedisConfigError,
    },
    /// A key can't be had.
    #[error("wallet {wallet}: {error}")]
    Key {
        /// The wallet's name in the configuration.
        wallet: String,
        /// Why.
        error: KeyError,
    },
    /// A password can't be read.
    #[error("{owner}: {error}")]
    Secret {
        /// The wallet or pool that it is for.
        owner: String,
        /// Why.
        error: SecretError,
    },
    /// The key is not that of the configured address.
    #[error(
        "wallet {wallet}: its key is for {found}, and the configuration says {configured}; \
         nothing was planned, held or sent; give the key of that address, or correct the address"
    )]
    OtherKey {
        /// The wallet's name in the configuration.
        wallet: String,
        /// The configured address.
        configured: String,
        /// The key's.
        found: String,
    },
    /// The wallet's address can't be read.
    #[error("wallet {wallet}: {reason}; nothing was done; correct the address")]
    Address {
        /// The wallet's name in the configuration.
        wallet: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What was asked for makes no sense with this configuration.
    #[error("{what}; nothing was done; {cure}")]
    Usage {
        /// What was asked for.
        what: String,
        /// What to ask for instead.
        cure: String,
    },
    /// The operator's own settings forbid it.
    #[error("{what}; nothing was done; {cure}")]
    Policy {
        /// What is forbidden.
        what: String,
        /// Which setting to change.
        cure: String,
    },
    /// There is no journal yet.
    #[error(
        "there is no journal yet: {path} does not exist; nothing was done; \
         `paydirt payouts run` makes it, or `paydirt migrate`"
    )]
    NoJournal {
        /// The file that was looked for.
        path: String,
    },
    /// There are no books yet.
    #[error(
        "there are no books yet: {path} does not exist; nothing was done; `paydirt migrate` makes \
         them"
    )]
    NoBooks {
        /// The file that was looked for.
        path: String,
    },
    /// Nothing of that day is settled.
    #[error(
        "no stream of pool {pool} has {day} settled; there is nothing to show; \
         `paydirt settle --pool {pool} --day {day}` settles it"
    )]
    NotSettled {
        /// The pool.
        pool: String,
        /// The day.
        day: Day,
    },
    /// What is written once was changed.
    #[error(
        "{what}; nothing was written; find out who can write to the database, and restore a backup \
         from before"
    )]
    Broken {
        /// What was changed.
        what: String,
    },
    /// Others changed what was to be moved.
    #[error("{what} is not what was shown any more; nothing was moved; look at it again")]
    Changed {
        /// What changed.
        what: String,
    },
    /// A withdrawal is refused, or could not be looked up.
    #[error(transparent)]
    Withdrawal(Box<WithdrawalError>),
    /// A report was not made.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A day, an item of income, or what else a pool's days are made of.
    #[error(transparent)]
    Settlement(Box<SettlementError>),
    /// A stream's days.
    #[error("pool {pool}, stream {stream}: {error}")]
    Stream {
        /// The pool.
        pool: String,
        /// The stream.
        stream: String,
        /// Why.
        error: Box<SettlementError>,
    },
    /// An amount or a power that can't be read or is out of range.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The journal has no such payment, or not of a configured wallet.
    #[error(
        "there is no payment {0} of a configured wallet; nothing was done; \
         `paydirt payouts status` lists them"
    )]
    NoPayment(PaymentId),
    /// A task of this process ended before its time.
    #[error(
        "wallet {wallet}: its engine ended early: {reason}; what was saved goes on in the next run"
    )]
    Ended {
        /// The wallet's name in the configuration.
        wallet: String,
        /// What the runtime says.
        reason: String,
    },
    /// Signals can't be waited for.
    #[error("signals of the system can't be received: {0}; nothing was started; see its limits")]
    Signals(std::io::Error),
    /// What signals a crash in a test is wrong.
    #[cfg(feature = "crash-points")]
    #[error(transparent)]
    Faults(#[from] paydirt_faults::FaultsError),
}

impl AppError {
    /// What was asked for makes no sense with this configuration.
    pub(crate) fn usage(what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::Usage {
            what: what.into(),
            cure: cure.into(),
        }
    }
}

impl From<WithdrawalError> for AppError {
    fn from(error: WithdrawalError) -> Self {
        match error {
            WithdrawalError::Books(error) => Self::Books(error),
            WithdrawalError::Money(error) => Self::Money(error),
            WithdrawalError::Sheet(error) => Self::Sheet(error),
            other => Self::Withdrawal(Box::new(other)),
        }
    }
}

impl From<SettlementError> for AppError {
    fn from(error: SettlementError) -> Self {
        Self::Settlement(Box::new(error))
    }
}

impl From<ScheduleError> for AppError {
    fn from(error: ScheduleError) -> Self {
        SettlementError::from(error).into()
    }
}

/// Names the wallet of an engine's error.
pub(crate) fn of_wallet(wallet: &str) -> impl FnOnce(PayoutError) -> AppError + use<> {
    let wallet = wallet.to_owned();
    move |error| AppError::Payout {
        wallet,
        error: Box::new(error),
    }
}
