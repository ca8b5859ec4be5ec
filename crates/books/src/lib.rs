//! The books in SQL.
//!
//! One file a noun, with all of its SQL: one text for SQLite and PostgreSQL, run through `db`.
//! [`Books`] is a database; [`Journal`] is Paydirt's own record in it. What a database does in its
//! own way (connecting, locking, migrations) is under `sqlite` and `postgres`.
//!
//! A write of the journal is one transaction that locks its wallet first (SQLite: everything). It
//! checks the lease's token, loads what the changes name (a few statements, whatever their number),
//! lets [`paydirt_ledger::draft`] apply them, and stores what that changed, many rows a statement.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss
    )
)]

mod accounts;
mod address_book;
mod attempts;
mod audit;
mod balances;
mod books;
mod bulk;
mod changes;
mod codec;
mod corrections;
mod counters;
mod counting;
mod db;
mod debts;
mod digest;
mod earned;
mod error;
mod facts;
mod history;
mod holdings;
mod imports;
mod income;
mod job_runs;
mod journal;
mod leases;
mod legs;
mod lines;
mod members;
mod migrations;
mod months;
mod moved_vesting;
mod moves;
mod next_vesting;
mod numbers;
mod openings;
mod orders;
mod payments;
mod pool_ledger;
mod pools;
mod postgres;
mod postings;
mod powers;
mod proposals;
mod quarantine;
mod recovery;
mod releases;
mod requests;
mod session;
mod settlements;
mod sqlite;
mod statistics;
mod store;
mod transfers;
mod treasury;
mod url;
mod verify;
mod vesting;
mod wallets;
mod withdrawals;

pub use accounts::Account;
pub use audit::AuditLine;
pub use balances::Balance;
pub use books::{Books, PendingMigration};
pub use bulk::CreditTo;
pub use changes::{
    AccountMoved, Changed, CoefficientFrom, EarnedOf, LegOf, MemberChange, MemberHistory,
    MemberMonth, MonthOfMembers, Parts, Posted, PostedEntry, ReleasedOf, WithdrawnRow,
};
pub use corrections::{
    BookedCorrection, Carried, CorrectedLine, CorrectedVesting, CorrectionTerms, CorrectionVersion,
    MemberFigures, NewCorrection, TotalChange,
};
pub use counting::{Counting, CountingOrder};
pub use debts::DebtEntry;
pub use earned::EarnedLine;
pub use error::BooksError;
pub use imports::{Imported, NewImport};
pub use income::{Item, ItemKind, NewItem};
pub use job_runs::{Job, JobRun, RunState};
pub use journal::Journal;
pub use lines::{Credit, Line};
pub use members::{Member, MemberAddress, MemberData};
pub use months::ClosedMonth;
pub use numbers::{
    ImportNumber, ItemNumber, MemberNumber, MovementNumber, OrderNumber, PoolNumber, PostingNumber,
    ProposalNumber, SettlementNumber, StreamNumber, TransferNumber, VersionNumber,
    WithdrawalNumber,
};
pub use openings::{NewOpening, Opening, OpeningBalance, OpeningPart, OpeningTotals};
pub use orders::{Holding, NewVersion, Version, VersionCause};
pub use pool_ledger::{PaidBy, PoolLedger};
pub use pools::{LockedPool, Pool};
pub use postgres::PostgresOptions;
pub use postings::{Entry, NewPosting};
pub use powers::{DayPower, PowerBasis};
pub use proposals::{Decision, NewProposal, Proposal, ProposalState};
pub use releases::{NewRelease, Release, release_digest};
pub use session::Session;
pub use settlements::{Computed, NewSettlement, Settlement, SettlementKind, hash_of, lines_digest};
pub use statistics::{DailyStatistic, StatisticsView};
pub use transfers::{Collected, Transfer, TransferLine};
pub use treasury::{Movement, MovementKind, NewMovement};
pub use verify::{Difference, Looked, Verified, Verifying};
pub use vesting::{CHUNK, RateChunk, Vesting, VestingChunk};
pub use withdrawals::{
    AttemptSeen, BodyHash, Change, LegSeen, NewImported, NewWithdrawal, OutsidePayment,
    PaymentLine, Quarantined, UsedBy, Withdrawal, WithdrawalEvent, WithdrawalState,
    WithdrawalsAsked, request_hash,
};
