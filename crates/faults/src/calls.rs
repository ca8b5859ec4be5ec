//! A call between its two points.

use std::future::Future;
use std::sync::Arc;

use paydirt_chain::ChainError;
use paydirt_ledger::{JournalError, LedgerError};

use crate::Script;

/// A chain, a ledger or a journal whose calls go wrong as a script says.
pub struct Faulty<T: ?Sized> {
    pub(crate) inner: Arc<T>,
    pub(crate) script: Arc<Script>,
}

impl<T: ?Sized> Faulty<T> {
    /// Wraps it.
    pub fn new(inner: Arc<T>, script: Arc<Script>) -> Self {
        Self { inner, script }
    }

    /// A call that may fail: the script speaks before it and after it.
    pub(crate) async fn call<R, E: Broken>(
        &self,
        name: &str,
        call: impl Future<Output = Result<R, E>> + Send,
    ) -> Result<R, E> {
        let broken = |side: &str| E::broken(format!("the script broke {name} {side} its effect"));
        if self.script.reach(&format!("{name}:before")).await.is_err() {
            return Err(broken("before"));
        }
        let done = call.await;
        if self.script.reach(&format!("{name}:after")).await.is_err() {
            return Err(broken("after"));
        }
        done
    }
}

/// The error of a broken connection.
pub(crate) trait Broken {
    fn broken(detail: String) -> Self;
}

impl Broken for ChainError {
    fn broken(detail: String) -> Self {
        Self::Unreachable { detail }
    }
}

impl Broken for LedgerError {
    fn broken(detail: String) -> Self {
        Self::Unavailable(detail)
    }
}

impl Broken for JournalError {
    fn broken(detail: String) -> Self {
        Self::Database(detail)
    }
}
