//! An open-ethereum-pool paid by the real binary: a real Redis with the pool's keys, a real node,
//! and a journal in a file of SQLite or a
//! server of PostgreSQL.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod pool;
mod redis_anvil_postgres;
mod redis_anvil_sqlite;
mod state;
