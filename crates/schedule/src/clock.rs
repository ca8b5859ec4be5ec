//! The clock that the engine waits by, and the system's.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;

use crate::Timestamp;

/// Tells the time and waits for it. All waiting goes through one, so that tests can drive it.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time now. It may step back (the system's clock is set): measure with care.
    fn now(&self) -> Timestamp;

    /// Returns once `at` is reached; soon, if it has passed already. Dropping it is harmless.
    async fn sleep_until(&self, at: Timestamp);

    /// Returns after `ms` milliseconds.
    async fn sleep_ms(&self, ms: u64) {
        self.sleep_until(self.now().saturating_add_ms(ms)).await;
    }
}

#[async_trait]
impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }

    async fn sleep_until(&self, at: Timestamp) {
        (**self).sleep_until(at).await;
    }
}

/// The system's clock, in UTC. Sleeping needs a tokio runtime with time enabled.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// The longest single wait: the clock is then read again, as it may have been set, or the
/// machine been asleep.
const LOOK_AGAIN_MS: u64 = 30_000;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let to_ms = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => Timestamp::from_ms(to_ms(since)),
            Err(before) => Timestamp::from_ms(to_ms(before.duration()).saturating_neg()),
        }
    }

    /// A span by the monotonic clock: one that is set back makes nobody wait longer.
    async fn sleep_ms(&self, ms: u64) {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    async fn sleep_until(&self, at: Timestamp) {
        loop {
            let left_ms = at.ms_since(self.now());
            if left_ms == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(left_ms.min(LOOK_AGAIN_MS))).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_system_clock_never_returns_early() {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let at = clock.now().saturating_add_ms(5);
        clock.sleep_until(at).await;
        assert!(clock.now() >= at);
        clock.sleep_until(Timestamp::EPOCH).await;
    }
}
