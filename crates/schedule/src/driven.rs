//! A clock that stands still until it is told to move: for tests and simulations.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;

use crate::{Clock, Timestamp};

/// A clock that others move.
///
/// It stands still until [`set`](DrivenClock::set) or [`advance_ms`](DrivenClock::advance_ms);
/// sleepers that are then due wake in the order of their times, and of their calls for equal
/// ones. With [`auto_advance`](DrivenClock::auto_advance) every sleep jumps the clock to its end
/// instead of waiting, lets other tasks run once, and returns: simulated years pass at once.
#[derive(Debug)]
pub struct DrivenClock {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    now: Timestamp,
    auto_advance: bool,
    /// Sleepers by the time they wait for, then by the order of their calls.
    sleepers: BTreeMap<(Timestamp, u64), Waker>,
    calls: u64,
}

impl DrivenClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> DrivenClock {
        let sleepers = BTreeMap::new();
        let state = State {
            now,
            auto_advance: false,
            sleepers,
            calls: 0,
        };
        DrivenClock {
            state: Mutex::new(state),
        }
    }

    /// A clock at `now` that jumps to the end of every sleep.
    #[must_use]
    pub fn jumping(now: Timestamp) -> DrivenClock {
        let clock = DrivenClock::new(now);
        clock.auto_advance(true);
        clock
    }

    /// Turns jumping to the end of every sleep on or off; turned on, it wakes those who sleep.
    pub fn auto_advance(&self, on: bool) {
        let mut state = self.state();
        state.auto_advance = on;
        let woken = if on {
            std::mem::take(&mut state.sleepers)
        } else {
            BTreeMap::new()
        };
        drop(state);
        woken.into_values().for_each(Waker::wake);
    }

    /// Moves the clock `ms` milliseconds ahead and wakes who is due.
    pub fn advance_ms(&self, ms: u64) {
        let at = self.now().saturating_add_ms(ms);
        self.set(at);
    }

    /// Sets the clock, back too, as an operator might, and wakes who is due.
    pub fn set(&self, at: Timestamp) {
        let due = self.state().move_to(at);
        due.into_iter().for_each(Waker::wake);
    }

    /// The time that the first sleeper waits for, if any sleeps.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.state()
            .sleepers
            .first_key_value()
            .map(|((at, _), _)| *at)
    }

    /// How many sleep.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        self.state().sleepers.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn move_to(&mut self, at: Timestamp) -> Vec<Waker> {
        self.now = at;
        let mut due = Vec::new();
        while let Some(first) = self.sleepers.first_entry() {
            if first.key().0 > at {
                break;
            }
            due.push(first.remove());
        }
        due
    }
}

#[async_trait]
impl Clock for DrivenClock {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    async fn sleep_until(&self, at: Timestamp) {
        let call = {
            let mut state = self.state();
            state.calls = state.calls.wrapping_add(1);
            state.calls
        };
        Sleep {
            clock: self,
            at,
            call,
            yielded: false,
        }
        .await;
    }
}

struct Sleep<'a> {
    clock: &'a DrivenClock,
    at: Timestamp,
    call: u64,
    yielded: bool,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.state();
        let mut due = Vec::new();
        if state.auto_advance && state.now < self.at {
            due = state.move_to(self.at);
        }
        let reached = state.now >= self.at;
        if !reached {
            state
                .sleepers
                .insert((self.at, self.call), cx.waker().clone());
        }
        drop(state);
        due.into_iter().for_each(Waker::wake);
        if !reached {
            return Poll::Pending;
        }
        if self.yielded {
            return Poll::Ready(());
        }
        // Even a sleep that is over lets others run once, so that a loop of them starves nobody.
        self.yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        let key = (self.at, self.call);
        self.clock.state().sleepers.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::task::{JoinSet, yield_now};

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    /// Lets every task run until it waits.
    async fn settle() {
        for _ in 0..20 {
            yield_now().await;
        }
    }

    #[tokio::test]
    async fn sleepers_wake_in_the_order_of_their_times_then_of_their_calls() {
        let clock = Arc::new(DrivenClock::new(at(0)));
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        for (name, ms) in [("c", 30), ("a", 10), ("b1", 20), ("b2", 20), ("later", 31)] {
            let (clock, order) = (Arc::clone(&clock), Arc::clone(&order));
            tasks.spawn(async move {
                clock.sleep_until(at(ms)).await;
                order.lock().unwrap().push(name);
            });
        }
        settle().await;
        assert_eq!((clock.sleepers(), clock.next_wake()), (5, Some(at(10))));
        clock.advance_ms(9);
        settle().await;
        assert!(order.lock().unwrap().is_empty());
        clock.advance_ms(21);
        settle().await;
        assert_eq!(*order.lock().unwrap(), ["a", "b1", "b2", "c"]);
        assert_eq!((clock.sleepers(), clock.now()), (1, at(30)));
        clock.set(at(31));
        tasks.join_all().await;
        assert_eq!(order.lock().unwrap().last(), Some(&"later"));
    }

    #[tokio::test]
    async fn with_auto_advance_sleeping_moves_the_clock_and_nobody_waits() {
        let clock = DrivenClock::jumping(at(0));
        clock.sleep_ms(365 * 86_400_000).await;
        assert_eq!(clock.now(), at(365 * 86_400_000));
        clock.sleep_until(at(5)).await;
        assert_eq!(clock.now(), at(365 * 86_400_000));
    }

    #[tokio::test]
    async fn turning_auto_advance_on_releases_who_sleeps() {
        let clock = Arc::new(DrivenClock::new(at(0)));
        let sleeper = Arc::clone(&clock);
        let task = tokio::spawn(async move { sleeper.sleep_ms(1000).await });
        settle().await;
        assert!(!task.is_finished());
        clock.auto_advance(true);
        task.await.unwrap();
        assert_eq!(clock.now(), at(1000));
    }

    #[tokio::test]
    async fn a_dropped_sleep_leaves_nothing_behind() {
        let clock = DrivenClock::new(at(0));
        tokio::select! {
            biased;
            () = clock.sleep_ms(10) => unreachable!(),
            () = yield_now() => {}
        }
        assert_eq!(clock.sleepers(), 0);
    }

    #[tokio::test]
    async fn a_clock_set_back_keeps_sleepers_asleep() {
        let clock = Arc::new(DrivenClock::new(at(100)));
        let sleeper = Arc::clone(&clock);
        let task = tokio::spawn(async move { sleeper.sleep_until(at(110)).await });
        settle().await;
        clock.set(at(50));
        clock.advance_ms(59);
        settle().await;
        assert!(!task.is_finished());
        clock.advance_ms(1);
        task.await.unwrap();
    }
}
