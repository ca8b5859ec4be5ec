//! It keeps what every journal promises.

use std::sync::Arc;

use paydirt_ledger::conformance::JournalBench;

async fn bench() -> JournalBench {
    let directory = tempfile::tempdir().unwrap();
    let clock = super::clock();
    let journal = Arc::new(super::open(directory.path(), &clock).await);
    JournalBench {
        journal,
        clock,
        keep: Some(Box::new(directory)),
    }
}

paydirt_ledger::journal_conformance!(bench());
