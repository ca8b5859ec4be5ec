//! How a command ends: exit codes, and errors that name the cure.

use std::io::Write as _;
use std::process::ExitCode;

use paydirt_app::AppError;
use paydirt_app::config::{ConfigError, SecretError};
use paydirt_app::keys::KeysError;
use paydirt_books::BooksError;
use paydirt_earnings::EarningsError;
use paydirt_payouts::PayoutError;
use paydirt_settlement::SettlementError;
use paydirt_sheets::SheetError;
use paydirt_withdrawals::WithdrawalError;
use serde::Serialize;

use crate::output::Format;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// What was asked is done.
    Done = 0,
    /// It failed.
    Failed = 1,
    /// The command line or the configuration is wrong; nothing was done.
    Usage = 2,
    /// It was done, and something needs a person.
    Attention = 3,
    /// The operator's own settings forbid it; nothing was done.
    Refused = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// An error of a command itself.
#[derive(Debug, thiserror::Error)]
#[error("{message}; {cure}")]
pub(crate) struct Failure {
    code: &'static str,
    exit: Exit,
    message: String,
    cure: String,
}

impl Failure {
    /// The command line is wrong, or lacks something.
    pub(crate) fn usage(message: impl Into<String>, cure: impl Into<String>) -> Failure {
        Failure {
            code: "usage",
            exit: Exit::Usage,
            message: message.into(),
            cure: cure.into(),
        }
    }

    /// It can't be done yet.
    pub(crate) fn waiting(message: impl Into<String>, cure: impl Into<String>) -> Failure {
        Failure {
            code: "waiting",
            exit: Exit::Attention,
            message: message.into(),
            cure: cure.into(),
        }
    }
}

/// An error as it goes to standard error.
#[derive(Debug, Serialize)]
struct Shown {
    code: &'static str,
    message: String,
    cure: String,
    #[serde(skip)]
    exit: Exit,
}

/// Prints an error where errors go, and says how to exit.
pub(crate) fn report(error: &anyhow::Error, format: Format) -> ExitCode {
    let shown = shown(error);
    let text = match format {
        Format::Json => serde_json::json!({ "error": &shown }).to_string(),
        _ => format!("error: {}", whole(&shown)),
    };
    // Nobody is left to tell when this fails.
    let _written = writeln!(std::io::stderr(), "{text}");
    shown.exit.into()
}

fn whole(shown: &Shown) -> String {
    match shown.message.contains(&shown.cure) {
        true => shown.message.clone(),
        false => format!("{}; {}", shown.message, shown.cure),
    }
}

fn shown(error: &anyhow::Error) -> Shown {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        let Failure {
            code,
            exit,
            message,
            cure,
        } = failure;
        return Shown {
            code,
            exit: *exit,
            message: message.clone(),
            cure: cure.clone(),
        };
    }
    if let Some(config) = error.downcast_ref::<ConfigError>() {
        let cures: Vec<String> = config
            .problems
            .iter()
            .map(|problem| format!("{}: {}", problem.key, problem.cure))
            .collect();
        let (message, cure) = (config.to_string(), cures.join("; "));
        return Shown {
            code: "config",
            exit: Exit::Usage,
            message,
            cure,
        };
    }
    let (code, exit) = match error.downcast_ref::<AppError>() {
        Some(error) => of_app(error),
        None if error.is::<KeysError>() || error.is::<SecretError>() => ("key", Exit::Failed),
        None if error.is::<std::io::Error>() => ("io", Exit::Failed),
        None => ("failed", Exit::Failed),
    };
    let message = format!("{error:#}");
    // Errors here say what happened, what was not done, and last, after a semicolon, what to do.
    let cure = match (error.downcast_ref(), message.rsplit_once("; ")) {
        (Some(AppError::Sheet(SheetError::Refused { .. })), _) => "correct these and read it again",
        (_, Some((_, cure))) => cure,
        (_, None) => "see `paydirt help`",
    };
    let cure = cure.to_owned();
    Shown {
        code,
        exit,
        message,
        cure,
    }
}

fn of_app(error: &AppError) -> (&'static str, Exit) {
    let code = match error {
        AppError::Usage { .. } => return ("usage", Exit::Usage),
        AppError::Policy { .. } => return ("policy", Exit::Refused),
        AppError::Payout { error, .. } => match error.as_ref() {
            PayoutError::Refused(_) => "refused",
            PayoutError::Owned { .. } => "owned",
            PayoutError::Impossible(_) => "impossible",
            PayoutError::Chain(_) => "chain",
            PayoutError::Ledger(_) => "ledger",
            PayoutError::Journal(_) => "journal",
            PayoutError::Money(_) => "amount",
        },
        AppError::Earnings(EarningsError::Oversold { .. }) => return ("oversold", Exit::Refused),
        AppError::Withdrawal(error) => match error.as_ref() {
            WithdrawalError::Refused { .. } => return ("refused", Exit::Refused),
            WithdrawalError::Chain(_) => "chain",
            _ => "failed",
        },
        AppError::Earnings(_) => "earnings",
        AppError::Sheet(_) => "file",
        AppError::Money(_) => return ("amount", Exit::Usage),
        AppError::Books(error) => of_books(error),
        AppError::Settlement(error) | AppError::Stream { error, .. } => of_settlement(error),
        AppError::NoJournal { .. } | AppError::NoBooks { .. } => "database",
        AppError::NotSettled { .. } => "unknown",
        AppError::Broken { .. } => "broken",
        AppError::Report(_) => "report",
        AppError::Changed { .. } => "refused",
        AppError::Journal(_) => "journal",
        AppError::Chain { .. } | AppError::Observing { .. } => "chain",
        AppError::Redis { .. } => "ledger",
        AppError::Key { .. } | AppError::Secret { .. } | AppError::OtherKey { .. } => "key",
        AppError::NoPayment(_) => "unknown",
        _ => "failed",
    };
    (code, Exit::Failed)
}

fn of_books(error: &BooksError) -> &'static str {
    match error {
        BooksError::Unknown { .. } => "unknown",
        BooksError::Refused { .. } | BooksError::Constraint(_) | BooksError::Changed { .. } => {
            "refused"
        }
        BooksError::Money(_) => "amount",
        _ => "database",
    }
}

fn of_settlement(error: &SettlementError) -> &'static str {
    match error {
        SettlementError::Books(error) => of_books(error),
        SettlementError::Differs { .. } => "broken",
        SettlementError::Money(_) => "amount",
        _ => "refused",
    }
}
