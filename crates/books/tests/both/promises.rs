//! It keeps what every journal promises.

use std::sync::Arc;

use paydirt_ledger::conformance::JournalBench;

use super::Home;
use super::shared::{clock, open};

async fn bench() -> JournalBench {
    let home = Home::new().await;
    let clock = clock();
    let journal = Arc::new(open(&home, &clock).await);
    JournalBench {
        journal,
        clock,
        keep: Some(Box::new(home)),
    }
}

paydirt_ledger::journal_conformance!(bench());
