//! What is in flight, and what happened: from the journal alone.

use paydirt_ledger::{HistoryEntry, Payment, PaymentId, Snapshot, Wallet};

use super::known;
use crate::config::Settings;
use crate::error::AppError;
use crate::wire::{Need, Opened, Scope, open_journal};

/// A configured wallet as the journal knows it.
pub struct WalletStatus {
    /// Its name in the configuration.
    pub wallet: String,
    /// Its address.
    pub address: String,
    /// The wallet and everything open; `None` before first contact.
    pub snapshot: Option<Snapshot>,
    /// All open payments, then the newest of the others, newest first.
    pub payments: Vec<Payment>,
}

/// The history of a configured wallet.
pub struct HistoryOfWallet {
    /// Its name in the configuration.
    pub wallet: String,
    /// Its lines, oldest first.
    pub entries: Vec<HistoryEntry>,
}

/// The state of each wallet, with up to `limit` payments that are over. No node or ledger is
/// asked.
///
/// # Errors
/// The journal's; a wallet whose address can't be told.
pub async fn status(
    settings: &Settings,
    scope: &Scope,
    limit: u32,
) -> Result<Vec<WalletStatus>, AppError> {
    let Opened { journal, .. } = open_journal(settings, Need::Look).await?;
    let mut all = Vec::new();
    for name in scope.wallets(settings)? {
        let wallets = known::in_journal(settings, name, journal.as_ref()).await?;
        if wallets.is_empty() {
            all.push(WalletStatus {
                wallet: name.to_owned(),
                address: known::address(settings, name)?.to_string(),
                snapshot: None,
                payments: Vec::new(),
            });
        }
        for Wallet { id, opening, .. } in wallets {
            let snapshot = journal.snapshot(&id).await?;
            let mut payments = snapshot.open.clone();
            let over = journal.recent(&id, limit).await?.into_iter();
            payments.extend(over.filter(|p| snapshot.open.iter().all(|open| open.id != p.id)));
            all.push(WalletStatus {
                wallet: name.to_owned(),
                address: opening.address.to_string(),
                snapshot: Some(snapshot),
                payments,
            });
        }
    }
    Ok(all)
}

/// The history of one payment, or the newest `limit` lines of each wallet.
///
/// # Errors
/// `NoJournal`, `NoPayment`; the journal's.
pub async fn history(
    settings: &Settings,
    scope: &Scope,
    payment: Option<PaymentId>,
    limit: u32,
) -> Result<Vec<HistoryOfWallet>, AppError> {
    let Opened { journal, .. } = open_journal(settings, Need::Existing).await?;
    let mut all = Vec::new();
    for name in scope.wallets(settings)? {
        for wallet in known::in_journal(settings, name, journal.as_ref()).await? {
            let entries = journal.history(&wallet.id, payment, limit).await?;
            let wallet = name.to_owned();
            all.push(HistoryOfWallet { wallet, entries });
        }
    }
    match payment {
        Some(id) if all.iter().all(|of| of.entries.is_empty()) => Err(AppError::NoPayment(id)),
        _ => Ok(all),
    }
}
