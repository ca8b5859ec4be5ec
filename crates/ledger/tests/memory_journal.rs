//! The journal's model keeps what every journal promises.

use std::sync::Arc;

use paydirt_ledger::conformance::{JournalBench, fixtures};
use paydirt_ledger::memory::MemoryJournal;
use paydirt_schedule::DrivenClock;

async fn bench() -> JournalBench {
    let clock = Arc::new(DrivenClock::new(fixtures::at(0)));
    let journal = Arc::new(MemoryJournal::new(clock.clone()));
    JournalBench {
        journal,
        clock,
        keep: None,
    }
}

paydirt_ledger::journal_conformance!(bench());
