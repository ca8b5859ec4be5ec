//! Payouts, by each pool's schedule.

use paydirt_payouts::Stop;
use paydirt_schedule::Clock;

use super::RETRY_MS;
use crate::config::{Settings, When};
use crate::error::AppError;
use crate::payouts::{RunRequest, prepare};

/// Whether a pool is paid on a schedule.
pub(super) fn is_asked(settings: &Settings) -> bool {
    settings.paid().any(|paid| {
        let payouts = paid.payouts;
        payouts.enabled && !matches!(payouts.when, When::Asked)
    })
}

/// Pays until it is stopped. Engines that end early are made anew after a while.
pub(super) async fn run(settings: &Settings, clock: &dyn Clock, stop: &Stop) {
    while !stop.is_asked() {
        match prepare(settings, &RunRequest::default(), stop).await {
            Ok(runs) => {
                for ran in runs.go().await {
                    if let Err(error) = ran.report {
                        tracing::error!(wallet = ran.wallet, "payouts ended: {error}");
                    }
                }
            }
            Err(error @ (AppError::Policy { .. } | AppError::Usage { .. })) => {
                tracing::warn!("nothing is paid: {error}");
                return;
            }
            Err(error) => tracing::error!("nothing is paid: {error}; it is tried again"),
        }
        tokio::select! {
            () = clock.sleep_ms(RETRY_MS) => {}
            () = stop.asked() => {}
        }
    }
}
