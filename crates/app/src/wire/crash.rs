//! Crash points around chain, ledgers and journal: in test builds only.

use std::sync::Arc;

use paydirt_faults::{Faulty, Script};

use super::Parts;
use crate::error::AppError;

/// The script that the environment asks for, if it does.
pub(super) fn script() -> Result<Option<Arc<Script>>, AppError> {
    let script = Script::from_env("PAYDIRT_CRASH_AT", "PAYDIRT_CRASH_LIST")?;
    Ok(script.map(Arc::new))
}

pub(super) fn wrapped(parts: Parts, script: Option<&Arc<Script>>) -> Parts {
    let Some(script) = script else {
        return parts;
    };
    let ledgers = parts.ledgers.into_iter().map(|(name, ledger)| {
        let ledger: Arc<dyn paydirt_ledger::Ledger> = Arc::new(Faulty::new(ledger, script.clone()));
        (name, ledger)
    });
    Parts {
        chain: Arc::new(Faulty::new(parts.chain, script.clone())),
        journal: Arc::new(Faulty::new(parts.journal, script.clone())),
        ledgers: ledgers.collect(),
    }
}
