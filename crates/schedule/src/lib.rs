//! When does something happen? The clock, and cron specs.
