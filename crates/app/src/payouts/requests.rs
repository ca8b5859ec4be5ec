//! Commands to a wallet: carried out by its running owner, or here when there is none.

use paydirt_ledger::{MemberId, PaymentId, PoolId, RequestKind};
use paydirt_payouts::Stop;

use super::known;
use crate::config::Settings;
use crate::error::{AppError, of_wallet};
use crate::owner::{operator, why};
use crate::wire::{Need, Opened, Scope, engines, open_journal};

/// How long a running owner's answer is waited for: it looks at its requests each time that it
/// looks at the chain.
const WAIT_MS: u64 = 20_000;

/// What came of it, for one wallet.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The wallet's name in the configuration.
    pub wallet: String,
    /// Whether it was carried out; `None`: it was left for the running owner, who has not answered
    /// yet.
    pub done: Option<bool>,
    /// What was done, or why not.
    pub message: String,
}

/// Plans and holds nothing new from these wallets; what is saved is still sent and followed.
///
/// # Errors
/// What keeps it from being asked or carried out.
pub async fn pause(
    settings: &Settings,
    scope: &Scope,
    reason: &str,
    stop: &Stop,
) -> Result<Vec<Outcome>, AppError> {
    let opened = open_journal(settings, Need::Write).await?;
    let mut outcomes = Vec::new();
    for name in scope.wallets(settings)? {
        let asked = ask(settings, name, &opened, RequestKind::Pause, reason, stop);
        outcomes.push(asked.await?);
    }
    Ok(outcomes)
}

/// Plans again: lifts a pause, and what froze the wallet, which a person has looked at.
///
/// # Errors
/// As [`pause`].
pub async fn resume(
    settings: &Settings,
    scope: &Scope,
    reason: &str,
    stop: &Stop,
) -> Result<Vec<Outcome>, AppError> {
    let opened = open_journal(settings, Need::Existing).await?;
    let mut outcomes = Vec::new();
    for name in scope.wallets(settings)? {
        let wallets = known::in_journal(settings, name, opened.journal.as_ref()).await?;
        let frozen = wallets.iter().any(|wallet| wallet.frozen.is_some());
        let paused = wallets.iter().any(|wallet| wallet.paused.is_some());
        for kind in [
            frozen.then_some(RequestKind::Unfreeze),
            paused.then_some(RequestKind::Resume),
        ]
        .into_iter()
        .flatten()
        {
            outcomes.push(ask(settings, name, &opened, kind, reason, stop).await?);
        }
        if !frozen && !paused {
            outcomes.push(Outcome {
                wallet: name.to_owned(),
                done: Some(true),
                message: "it was neither paused nor frozen".into(),
            });
        }
    }
    Ok(outcomes)
}

/// Saves and sends a cancel for a payment, or gives back at once what was never saved.
///
/// # Errors
/// `NoPayment`, `NoJournal`; what keeps it from being asked or carried out.
pub async fn cancel(
    settings: &Settings,
    payment: PaymentId,
    reason: &str,
    stop: &Stop,
) -> Result<Outcome, AppError> {
    let opened = open_journal(settings, Need::Existing).await?;
    let found = opened
        .journal
        .payments(&[payment])
        .await?
        .into_iter()
        .next();
    let found = found.ok_or(AppError::NoPayment(payment))?;
    for name in Scope::default().wallets(settings)? {
        let wallets = known::in_journal(settings, name, opened.journal.as_ref()).await?;
        if wallets.iter().any(|wallet| wallet.id == found.wallet) {
            let kind = RequestKind::Cancel { payment };
            return ask(settings, name, &opened, kind, reason, stop).await;
        }
    }
    Err(AppError::NoPayment(payment))
}

/// Pays a member's address again.
///
/// # Errors
/// `Usage` when several pools exist and none is named; as [`pause`].
pub async fn lift_quarantine(
    settings: &Settings,
    scope: &Scope,
    member: &str,
    reason: &str,
    stop: &Stop,
) -> Result<Outcome, AppError> {
    let mut pools = settings.paid();
    let pool = match (&scope.pool, pools.next(), pools.next()) {
        (Some(named), _, _) => named.clone(),
        (None, Some(only), None) => only.name.to_owned(),
        _ => {
            return Err(AppError::Usage {
                what: "the configuration does not have exactly one pool that is paid".into(),
                cure: "name the member's, by --pool".into(),
            });
        }
    };
    let of_pool = Scope {
        pool: Some(pool.clone()),
    };
    let wallets = of_pool.wallets(settings)?;
    let opened = open_journal(settings, Need::Existing).await?;
    let name = wallets.first().copied().unwrap_or_default();
    let kind = RequestKind::LiftQuarantine {
        pool: PoolId::new(pool),
        member: MemberId::new(member),
    };
    ask(settings, name, &opened, kind, reason, stop).await
}

async fn ask(
    settings: &Settings,
    name: &str,
    opened: &Opened,
    kind: RequestKind,
    reason: &str,
    stop: &Stop,
) -> Result<Outcome, AppError> {
    let reason = why(reason)?;
    let wired = engines(settings, &[name], opened, stop).await?;
    let (by, mut answer) = (operator(), None);
    for wired in wired {
        let asked = wired.engine.request(kind.clone(), &by, reason, WAIT_MS);
        answer = asked.await.map_err(of_wallet(name))?;
    }
    Ok(match answer {
        Some(answer) => Outcome {
            wallet: name.to_owned(),
            done: Some(answer.done),
            message: answer.message,
        },
        None => Outcome {
            wallet: name.to_owned(),
            done: None,
            message: "left for the running owner, who has not answered yet".into(),
        },
    })
}
