//! The ledger on a real Redis, one server a test.

#[cfg(test)]
mod redis;
