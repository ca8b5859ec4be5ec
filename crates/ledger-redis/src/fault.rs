//! What Redis' errors mean for a ledger.

use paydirt_ledger::LedgerError;
use redis::RedisError;

/// Words of errors by which Redis refuses a write, and the cure. Redis 6 and older wrap a
/// script's error in words of their own, so they are looked for anywhere.
const REFUSALS: [(&str, &str); 5] = [
    (
        "READONLY",
        "this is a read-only replica; point redis_url at the primary (after a fail-over: at the \
         new one)",
    ),
    (
        "OOM",
        "it is out of memory; raise `maxmemory` or free some, with maxmemory-policy noeviction",
    ),
    (
        "MISCONF",
        "it can't save to disk; see its log, make room on the disk",
    ),
    (
        "NOREPLICAS",
        "too few replicas are connected for min-replicas-to-write; start them",
    ),
    (
        "NOPERM",
        "this user may not run the command; allow it in the server's ACL",
    ),
];

/// The error of a ledger for an error of Redis.
pub(crate) fn of(error: &RedisError) -> LedgerError {
    let text = match (error.code(), error.detail()) {
        (Some(code), Some(detail)) => format!("{code} {detail}"),
        _ => error.to_string(),
    };
    let has = |word: &str| {
        text.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|w| w == word)
    };
    for (word, cure) in REFUSALS {
        if has(word) {
            return LedgerError::NotWritable(format!("{cure} ({text})"));
        }
    }
    LedgerError::Unavailable(text)
}

/// Whether the connection is to be given up: it is broken, or leads to what is not (or no longer)
/// the primary.
pub(crate) fn ends_connection(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_unrecoverable_error()
        || matches!(error.code(), Some("READONLY" | "LOADING" | "MASTERDOWN"))
}

/// A reply that no script of ours gives.
pub(crate) fn odd_reply(what: &str) -> LedgerError {
    LedgerError::Unavailable(format!("Redis gave an unexpected reply to {what}"))
}
