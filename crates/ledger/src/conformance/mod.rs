//! The suites that any journal and any ledger must pass.
