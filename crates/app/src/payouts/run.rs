//! Pays what is due: once, or as a daemon by each pool's schedule.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use paydirt_ledger::{PoolId, Severity};
use paydirt_money::Coin;
use paydirt_payouts::{PayoutError, Preview, RunOptions, RunReport, Schedule, Stop, Tally};
use paydirt_schedule::Timestamp;
use tokio::sync::watch;

use crate::config::{Paid, Settings, When};
use crate::error::{AppError, of_wallet};
use crate::wire::{self, Need, Scope, Wired, engines, open_journal};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct RunRequest {
    /// Whose payouts.
    pub scope: Scope,
    /// Only look: no journal is made or written.
    pub dry_run: bool,
    /// Plan once, follow until nothing is in flight, and end.
    pub once: bool,
    /// End at the latest after so long, whatever is left, ms.
    pub deadline_ms: Option<u64>,
    /// A person has looked at recent payments of another payer that are not final here.
    pub accept_recorded: bool,
}

/// Engines that are ready to run; nothing was asked of a node or a ledger yet.
pub struct Runs {
    each: Vec<(Wired, RunOptions)>,
    stop: Stop,
}

/// How one wallet's run ended.
pub struct Ran {
    /// The wallet's name in the configuration.
    pub wallet: String,
    /// Its chain's coin.
    pub coin: Coin,
    /// What it did, or why not.
    pub report: Result<RunReport, AppError>,
}

/// What a run would do now.
pub struct Dry {
    /// The wallet's name in the configuration.
    pub wallet: String,
    /// Its chain's coin.
    pub coin: Coin,
    /// Who would be paid, and who not.
    pub preview: Preview,
    /// What would keep the run from planning: failures of its check.
    pub refused: Vec<String>,
}

/// Makes the engines, and sees whether what is asked for is allowed and makes sense.
///
/// # Errors
/// `Policy` when none of the pools is enabled, `Usage` when none has a schedule and `once` is not
/// asked for; settings, keys and a journal that can't be used.
pub async fn prepare(
    settings: &Settings,
    request: &RunRequest,
    stop: &Stop,
) -> Result<Runs, AppError> {
    let wallets = request.scope.wallets(settings)?;
    let planned = planned_pools(settings, request)?;
    let schedules = schedules(settings, &planned);
    if !request.once && !request.dry_run && schedules.is_empty() {
        let names: Vec<&str> = planned.iter().map(PoolId::as_str).collect();
        return Err(AppError::Usage {
            what: format!("{} has neither a cron nor an interval", names.join(", ")),
            cure: "set payouts.cron or payouts.interval of a pool, or run with --once".into(),
        });
    }
    let need = if request.dry_run {
        Need::Look
    } else {
        Need::Write
    };
    let opened = open_journal(settings, need).await?;
    let options = RunOptions {
        once: request.once,
        deadline_ms: request.deadline_ms,
        pools: Some(planned),
        accept_recorded: request.accept_recorded,
        schedules,
    };
    let wired = engines(settings, &wallets, &opened, stop).await?;
    Ok(Runs {
        each: wired.into_iter().map(|w| (w, options.clone())).collect(),
        stop: stop.clone(),
    })
}

/// The pools to plan for. What is in flight is followed for all pools of their wallets.
fn planned_pools(settings: &Settings, request: &RunRequest) -> Result<BTreeSet<PoolId>, AppError> {
    let asked = |paid: &Paid<'_>| {
        let only = request.scope.pool.as_ref();
        only.is_none_or(|only| only == paid.name) && of_wallet_that_pays(settings, paid.wallet)
    };
    let (mut planned, mut disabled) = (BTreeSet::new(), Vec::new());
    for paid in settings.paid().filter(asked) {
        match paid.payouts.enabled {
            false => disabled.push(paid.name),
            true => _ = planned.insert(PoolId::new(paid.name)),
        }
    }
    if planned.is_empty() {
        return Err(AppError::Policy {
            what: format!(
                "payouts of {} are disabled (enabled = false)",
                disabled.join(", ")
            ),
            cure: "set enabled = true to pay; status, check and resolve work all the same".into(),
        });
    }
    if !disabled.is_empty() {
        tracing::info!(pools = disabled.join(", "), "not planned: enabled = false");
    }
    Ok(planned)
}

fn of_wallet_that_pays(settings: &Settings, wallet: &str) -> bool {
    wire::of_wallet(settings, wallet).is_ok()
}

fn schedules(settings: &Settings, planned: &BTreeSet<PoolId>) -> BTreeMap<PoolId, Schedule> {
    let each = planned.iter().filter_map(|id| {
        let pool = settings.pools.get(id.as_str())?;
        let (_, payouts) = pool.paid()?;
        let schedule = match &payouts.when {
            When::Asked => return None,
            When::Cron(spec) => {
                let (spec, zones) = (spec.clone(), pool.zones.clone());
                Schedule {
                    at_once: false,
                    next: Arc::new(move |after: Timestamp| spec.next_in(after, &zones)),
                }
            }
            // As open-ethereum-pool's own module: one run at the start, then by the interval.
            When::Interval { interval_ms } => {
                let interval_ms = *interval_ms;
                Schedule {
                    at_once: true,
                    next: Arc::new(move |after| after.checked_add_ms(interval_ms).ok()),
                }
            }
        };
        Some((id.clone(), schedule))
    });
    each.collect()
}

impl Runs {
    /// Where each wallet's progress is shown.
    #[must_use]
    pub fn progress(&self) -> Vec<(String, watch::Receiver<Tally>)> {
        let each = self.each.iter();
        each.map(|(wired, _)| (wired.wallet.clone(), wired.engine.progress.subscribe()))
            .collect()
    }

    /// What a run would do now. Writes nothing.
    ///
    /// # Errors
    /// What keeps it from looking.
    pub async fn preview(&self) -> Result<Vec<Dry>, AppError> {
        let mut all = Vec::with_capacity(self.each.len());
        for (Wired { wallet, engine }, options) in &self.each {
            let check = engine.check().await.map_err(of_wallet(wallet))?;
            let failed = check.findings.iter();
            let failed = failed.filter(|finding| finding.severity == Severity::Fail);
            let refused = failed
                .map(|f| format!("{}: {}", f.what, f.detail))
                .collect();
            let preview = engine.preview(options.pools.as_ref()).await;
            all.push(Dry {
                wallet: wallet.clone(),
                coin: engine.chain.coin(),
                preview: preview.map_err(of_wallet(wallet))?,
                refused,
            });
        }
        Ok(all)
    }

    /// Runs all wallets beside each other, until each has ended.
    pub async fn go(self) -> Vec<Ran> {
        let started = self
            .each
            .into_iter()
            .map(|(Wired { wallet, engine }, options)| {
                let coin = engine.chain.coin();
                let named = wallet.clone();
                let task = tokio::spawn(async move {
                    let done = engine.run(&options).await;
                    // Else the caller tells, as soon as the last wallet has ended.
                    if let (Err(error), false) = (&done, options.once) {
                        tracing::error!(wallet = named, "{error}");
                    }
                    done
                });
                (wallet, coin, task)
            });
        let mut all = Vec::new();
        for (wallet, coin, task) in started.collect::<Vec<_>>() {
            let report = match task.await {
                // Told to stop while another owner had the wallet: there was nothing in hand.
                Ok(Err(PayoutError::Owned { .. })) if self.stop.is_asked() => {
                    Ok(RunReport::default())
                }
                Ok(done) => done.map_err(of_wallet(&wallet)),
                Err(error) => Err(AppError::Ended {
                    wallet: wallet.clone(),
                    reason: error.to_string(),
                }),
            };
            all.push(Ran {
                wallet,
                coin,
                report,
            });
        }
        all
    }
}
