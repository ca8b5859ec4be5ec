//! Resolves what another payer left behind.

use paydirt_payouts::{ResolveReport, Stop};

use crate::config::Settings;
use crate::error::{AppError, of_wallet};
use crate::wire::{Need, Scope, Wired, engines, open_journal};

/// What was found for one wallet, and what became of it.
pub struct WalletResolved {
    /// The wallet's name in the configuration.
    pub wallet: String,
    /// Rows and locks.
    pub report: ResolveReport,
}

/// Resolves, or with `dry_run` only says what is there and what the chain shows of it. The caller
/// has made sure that the other payer is stopped.
///
/// # Errors
/// What keeps it from looking or finishing; rows resolved before stay so.
pub async fn resolve(
    settings: &Settings,
    scope: &Scope,
    dry_run: bool,
    stop: &Stop,
) -> Result<Vec<WalletResolved>, AppError> {
    let wallets = scope.wallets(settings)?;
    let need = if dry_run { Need::Look } else { Need::Write };
    let opened = open_journal(settings, need).await?;
    let mut all = Vec::new();
    for Wired { wallet, engine } in engines(settings, &wallets, &opened, stop).await? {
        let report = engine.resolve(dry_run).await.map_err(of_wallet(&wallet))?;
        all.push(WalletResolved { wallet, report });
    }
    Ok(all)
}
