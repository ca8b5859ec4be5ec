//! Configuration, wiring, and each use case once.
//!
//! [`config`] reads what an operator decided into typed [`Settings`](config::Settings); the other
//! modules are the use cases that commands and pages translate to.

pub mod config;
pub mod keys;
