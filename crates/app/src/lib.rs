//! Configuration, wiring, and each use case once.
//!
//! [`config`] reads what an operator decided into typed [`Settings`](config::Settings).

pub mod config;
