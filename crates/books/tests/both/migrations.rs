//! What is in the books, their migrations, and that it stays.

use paydirt_books::{Books, BooksError};
use paydirt_ledger::Journal as _;

use super::shared::{clock, filled, open};
use super::{FOLDER, Home, RACES, Raw, TRUE, ZERO_BYTE};

#[tokio::test]
async fn everything_is_there_after_it_was_opened_again() {
    let home = Home::new().await;
    let journal = open(&home, &clock()).await;
    filled(&journal).await;
    let wallet = journal.wallets().await.unwrap().remove(0).id;
    let id = journal.id().await.unwrap();
    let snapshot = journal.snapshot(&wallet).await.unwrap();
    let history = journal.history(&wallet, None, 100).await.unwrap();
    assert_eq!((snapshot.open.len(), history.len()), (2, 5));
    journal.books().close().await;
    drop(journal);
    let again = open(&home, &clock()).await;
    assert_eq!(again.id().await.unwrap(), id);
    assert_eq!(again.snapshot(&wallet).await.unwrap(), snapshot);
    assert_eq!(again.history(&wallet, None, 100).await.unwrap(), history);
}

#[tokio::test]
async fn a_journal_needs_its_migrations() {
    let home = Home::new().await;
    let books = Books::connect(&home.url()).await.unwrap();
    let pending = books.pending_migrations().await.unwrap();
    assert_eq!(
        (pending[0].version, pending[0].description.as_str()),
        (1, "journal")
    );
    let refused = books.journal().await.err().unwrap();
    assert!(matches!(refused, BooksError::Pending { .. }), "{refused}");
    assert!(refused.to_string().contains("paydirt migrate"), "{refused}");
    assert_eq!(books.migrate().await.unwrap(), pending);
    assert!(books.pending_migrations().await.unwrap().is_empty());
    assert!(books.migrate().await.unwrap().is_empty());
    books.journal().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_migrate_at_once_wait_for_each_other() {
    for _ in 0..RACES {
        let home = Home::new().await;
        let books = Books::connect(&home.url()).await.unwrap();
        let lacking = books.pending_migrations().await.unwrap().len();
        let all = (0..4).map(|_| {
            let url = home.url();
            tokio::spawn(async move {
                let books = Books::connect(&url).await.unwrap();
                let applied = books.migrate().await.unwrap();
                books.journal().await.unwrap();
                applied.len()
            })
        });
        let mut applied = Vec::new();
        for one in all.collect::<Vec<_>>() {
            applied.push(one.await.unwrap());
        }
        applied.sort_unstable();
        assert_eq!(applied, [0, 0, 0, lacking]);
    }
}

#[tokio::test]
async fn every_migration_file_is_embedded() {
    let home = Home::new().await;
    let books = Books::connect(&home.url()).await.unwrap();
    let known = books.pending_migrations().await.unwrap();
    let known: Vec<_> = known
        .iter()
        .map(|m| format!("{:04}_{}.sql", m.version, m.description))
        .collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/");
    let path = format!("{path}{FOLDER}");
    let mut files: Vec<_> = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(known, files);
}

#[tokio::test]
async fn books_of_a_newer_program_are_left_alone() {
    let home = Home::new().await;
    open(&home, &clock()).await.books().close().await;
    let newer = format!(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'of tomorrow', {TRUE}, {ZERO_BYTE}, 0)"
    );
    Raw::connect(&home).await.execute(&newer).await.unwrap();
    let books = Books::connect(&home.url()).await.unwrap();
    for error in [
        books.pending_migrations().await.err(),
        books.migrate().await.err(),
        books.journal().await.err(),
    ] {
        let error = error.unwrap();
        assert!(
            matches!(error, BooksError::Newer { found: 9999, .. }),
            "{error}"
        );
    }
}
