//! When does something happen? The clock, calendar days, and cron specs.
//!
//! [`Clock`] is what the engine waits by: [`SystemClock`], or [`DrivenClock`] in tests.
//! [`CronSpec`] says when a job is due, through changes of the clocks and after an outage.
//! [`Day`] and [`Month`] are what books are kept by; [`ZoneHistory`] says when a day begins and
//! ends in a pool, [`DaySchedule`] which days are due, also after an outage.

mod clock;
mod day;
mod day_schedule;
mod driven;
mod error;
mod go_duration;
mod month;
mod spec;
mod timestamp;
mod zone;
mod zone_history;

pub use clock::{Clock, SystemClock};
pub use day::Day;
pub use day_schedule::{DaySchedule, DueDay};
pub use driven::DrivenClock;
pub use error::ScheduleError;
pub use go_duration::parse_go_duration_ms;
pub use month::Month;
pub use spec::CronSpec;
pub use timestamp::Timestamp;
pub use zone::{Tz, parse_zone};
pub use zone_history::ZoneHistory;
