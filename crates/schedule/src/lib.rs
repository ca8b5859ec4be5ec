//! When does something happen? The clock, and cron specs.
//!
//! [`Clock`] is what the engine waits by: [`SystemClock`], or [`DrivenClock`] in tests.

mod clock;
mod driven;
mod error;
mod timestamp;

pub use clock::{Clock, SystemClock};
pub use driven::DrivenClock;
pub use error::ScheduleError;
pub use timestamp::Timestamp;
