//! When does something happen? The clock, and cron specs.
//!
//! [`Clock`] is what the engine waits by: [`SystemClock`], or [`DrivenClock`] in tests.
//! [`CronSpec`] says when a job is due, through changes of the clocks and after an outage.

mod clock;
mod driven;
mod error;
mod go_duration;
mod spec;
mod timestamp;
mod zone;

pub use clock::{Clock, SystemClock};
pub use driven::DrivenClock;
pub use error::ScheduleError;
pub use go_duration::parse_go_duration_ms;
pub use spec::CronSpec;
pub use timestamp::Timestamp;
pub use zone::{Tz, parse_zone};
