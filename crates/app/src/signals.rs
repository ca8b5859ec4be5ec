//! SIGTERM and SIGINT ask for a stop after the step in hand.

use paydirt_payouts::Stop;

use crate::error::AppError;

/// From now on, these signals ask `stop`. Needs a tokio runtime.
///
/// # Errors
/// `Signals`: the system gives no more handlers.
pub fn stop_on_signals(stop: &Stop) -> Result<(), AppError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(AppError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(AppError::Signals)?;
    let stop = stop.clone();
    tokio::spawn(async move {
        loop {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            match stop.is_asked() {
                false => tracing::warn!("{name}: stopping after the step in hand"),
                true => tracing::warn!("{name}: stopping already; what is saved is never lost"),
            }
            stop.ask();
        }
    });
    Ok(())
}
