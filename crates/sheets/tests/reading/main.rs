//! What is read and what is refused: every message names the row and the cure.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod csv;
mod hostile;
mod openings;
mod oracle;
mod packages;
mod support;
mod typed;
mod xlsx;
