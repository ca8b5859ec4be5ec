//! The journal on SQLite.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod sqlite {
    mod faults;
    mod files;
    mod promises;

    use std::path::Path;
    use std::sync::Arc;

    use paydirt_books::{Books, Journal};
    use paydirt_ledger::conformance::fixtures::at;
    use paydirt_schedule::DrivenClock;

    fn url(directory: &Path) -> String {
        format!("sqlite:{}", directory.join("books.db").display())
    }

    /// Up-to-date books in this directory.
    async fn open(directory: &Path, clock: &Arc<DrivenClock>) -> Journal {
        let books = Books::connect(&url(directory))
            .await
            .unwrap()
            .with_clock(clock.clone());
        books.migrate().await.unwrap();
        books.journal().await.unwrap()
    }

    fn clock() -> Arc<DrivenClock> {
        Arc::new(DrivenClock::new(at(0)))
    }
}
