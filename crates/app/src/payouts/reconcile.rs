//! Brings ledgers, journal and chain together after a restore.

use paydirt_payouts::{ReconcileOptions, Reconciled, Stop};

use crate::config::Settings;
use crate::error::{AppError, of_wallet};
use crate::wire::{Need, Scope, Wired, engines, open_journal};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct ReconcileRequest {
    /// Whose ledgers.
    pub scope: Scope,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Take over ledgers of a journal that is lost.
    pub adopt: bool,
    /// Why; kept in the history.
    pub reason: String,
}

/// What was found and done for one wallet.
pub struct WalletReconciled {
    /// The wallet's name in the configuration.
    pub wallet: String,
    /// What was found and done.
    pub done: Reconciled,
}

/// Reconciles.
///
/// # Errors
/// What keeps it from looking or finishing; running it again goes on.
pub async fn reconcile(
    settings: &Settings,
    request: &ReconcileRequest,
    stop: &Stop,
) -> Result<Vec<WalletReconciled>, AppError> {
    let wallets = request.scope.wallets(settings)?;
    let need = if request.dry_run {
        Need::Look
    } else {
        Need::Write
    };
    let opened = open_journal(settings, need).await?;
    let options = ReconcileOptions {
        dry_run: request.dry_run,
        reason: request.reason.clone(),
        adopt: request.adopt,
    };
    let mut all = Vec::new();
    for Wired { wallet, engine } in engines(settings, &wallets, &opened, stop).await? {
        let done = engine.reconcile(&options).await;
        let done = done.map_err(of_wallet(&wallet))?;
        all.push(WalletReconciled { wallet, done });
    }
    Ok(all)
}
