//! How a server is used.

/// How a PostgreSQL server is used. Times are in milliseconds; 0 is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresOptions {
    /// At most so many connections at once.
    pub max_connections: u32,
    /// For a connection: until it is made, or one is free.
    pub connect_timeout_ms: u64,
    /// For a lock that another transaction has. Longer than `idle_timeout_ms`, so that who waits
    /// for a program that hangs gets its turn.
    pub lock_timeout_ms: u64,
    /// For one statement. Its answer is waited for a little longer.
    pub statement_timeout_ms: u64,
    /// A transaction that is idle for so long loses its connection and its locks: its program
    /// hangs, or its machine is gone.
    pub idle_timeout_ms: u64,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            max_connections: 8,
            connect_timeout_ms: 10_000,
            lock_timeout_ms: 20_000,
            statement_timeout_ms: 30_000,
            idle_timeout_ms: 15_000,
        }
    }
}
