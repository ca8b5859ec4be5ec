//! When does something happen? The clock, calendar days, and cron specs.
//!
//! [`Clock`] is what the engine waits by: [`SystemClock`], or [`DrivenClock`] in tests.
//! [`CronSpec`] says when a job is due, through changes of the clocks and after an outage.
//! [`Day`] and [`Month`] are what books are kept by.

mod clock;
mod day;
mod driven;
mod error;
mod go_duration;
mod month;
mod spec;
mod timestamp;
mod zone;

pub use clock::{Clock, SystemClock};
pub use day::Day;
pub use driven::DrivenClock;
pub use error::ScheduleError;
pub use go_duration::parse_go_duration_ms;
pub use month::Month;
pub use spec::CronSpec;
pub use timestamp::Timestamp;
pub use zone::{Tz, parse_zone};
