//! The file, its migrations, and what the database refuses by itself.

use std::os::unix::fs::PermissionsExt;

use paydirt_books::{Books, BooksError, Journal};
use paydirt_chain::AttemptKind;
use paydirt_ledger::conformance::fixtures::{at, attempt, leg, opening, plan, signed, withdrawal};
use paydirt_ledger::{Acquired, Change, Journal as _};
use sqlx::{Connection, SqliteConnection};

use super::{clock, open, url};

/// A saved payment with a balance's and a withdrawal's leg, and a planned one.
async fn filled(journal: &Journal) {
    let wallet = journal.open_wallet(&opening(0)).await.unwrap();
    let acquired = journal
        .acquire(&wallet.id, "us", 60_000, None)
        .await
        .unwrap();
    let Acquired::Granted(lease) = acquired else {
        panic!("{acquired:?}")
    };
    let one = plan(vec![leg(1, 10), withdrawal(2, 20, &["w1", "w2"])]);
    let changes = [
        Change::FirstNonce {
            nonce: 5,
            reason: "new".into(),
        },
        Change::Plan(one.clone()),
        Change::Held(one.id),
        Change::Plan(plan(vec![leg(3, 30)])),
    ];
    journal.write(&lease, &changes, at(1)).await.unwrap();
    let bytes = signed(&wallet.opening.address, 5, AttemptKind::Pay, 1);
    let first = attempt(one.id, AttemptKind::Pay, bytes);
    journal.save(&lease, &[first], at(2)).await.unwrap();
}

#[tokio::test]
async fn everything_is_there_after_it_was_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path(), &clock()).await;
    filled(&journal).await;
    let wallet = journal.wallets().await.unwrap().remove(0).id;
    let id = journal.id().await.unwrap();
    let snapshot = journal.snapshot(&wallet).await.unwrap();
    let history = journal.history(&wallet, None, 100).await.unwrap();
    assert_eq!((snapshot.open.len(), history.len()), (2, 5));
    journal.books().close().await;
    drop(journal);
    let again = open(directory.path(), &clock()).await;
    assert_eq!(again.id().await.unwrap(), id);
    assert_eq!(again.snapshot(&wallet).await.unwrap(), snapshot);
    assert_eq!(again.history(&wallet, None, 100).await.unwrap(), history);
}

#[tokio::test]
async fn closed_books_leave_nothing_in_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path(), &clock()).await;
    let beside = Books::connect(&url(directory.path())).await.unwrap();
    filled(&journal).await;
    let log_bytes = || {
        let mut files = std::fs::read_dir(directory.path())
            .unwrap()
            .map(Result::unwrap);
        let log = files.find(|file| file.file_name().to_string_lossy().ends_with("-wal"));
        log.map(|log| log.metadata().unwrap().len())
    };
    assert!(log_bytes().unwrap() > 0);
    journal.books().close().await;
    assert_eq!(log_bytes(), Some(0));
    beside.close().await;
    assert_eq!(log_bytes(), None);
}

#[tokio::test]
async fn the_file_is_its_owners_alone() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path(), &clock()).await;
    filled(&journal).await;
    let mut files = 0;
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
        files += 1;
    }
    assert!(files >= 2, "the database and its log");
}

#[tokio::test]
async fn a_journal_needs_its_migrations() {
    let directory = tempfile::tempdir().unwrap();
    let books = Books::connect(&url(directory.path())).await.unwrap();
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
    for _ in 0..20 {
        let directory = tempfile::tempdir().unwrap();
        let all = (0..4).map(|_| {
            let url = url(directory.path());
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
        assert_eq!(applied, [0, 0, 0, 1]);
    }
}

#[tokio::test]
async fn every_migration_file_is_embedded() {
    let directory = tempfile::tempdir().unwrap();
    let books = Books::connect(&url(directory.path())).await.unwrap();
    let known = books.pending_migrations().await.unwrap();
    let known: Vec<_> = known
        .iter()
        .map(|m| format!("{:04}_{}.sql", m.version, m.description))
        .collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/sqlite");
    let mut files: Vec<_> = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(known, files);
}

#[tokio::test]
async fn books_of_a_newer_program_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    open(directory.path(), &clock()).await.books().close().await;
    let mut connection = raw(&url(directory.path())).await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'of tomorrow', 1, x'00', 0)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let books = Books::connect(&url(directory.path())).await.unwrap();
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

#[tokio::test]
async fn what_is_no_file_of_sqlite_is_refused() {
    for url in [
        "sqlite::memory:",
        "mysql://localhost/x",
        "books.db",
        "sqlite:/nowhere/x.db",
    ] {
        let error = Books::connect(url).await.err().unwrap();
        let fits = matches!(error, BooksError::Url { .. } | BooksError::File { .. });
        assert!(fits, "{url}: {error}");
    }
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("books.db"), vec![b'x'; 5000]).unwrap();
    let error = Books::connect(&url(directory.path())).await.err().unwrap();
    assert!(matches!(error, BooksError::Database(_)), "{error}");
}

/// A connection without any of our code.
async fn raw(url: &str) -> SqliteConnection {
    let mut connection = SqliteConnection::connect(url).await.unwrap();
    sqlx::query("PRAGMA foreign_keys = ON")
        .execute(&mut connection)
        .await
        .unwrap();
    connection
}

#[tokio::test]
async fn the_database_itself_refuses_what_must_never_be() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path(), &clock()).await;
    filled(&journal).await;
    let mut connection = raw(&url(directory.path())).await;
    let planned = "(SELECT id FROM payment WHERE state = 'planned')";
    let another = "INSERT INTO leg (id, payment, place, pool, member, address, coin, decimals, \
         amount, source, state) SELECT 'new', payment, 7, pool, member, address, coin, decimals, \
         amount, source, state FROM leg WHERE source = 'threshold' LIMIT 1";
    for (wrong, why) in [
        ("UPDATE history SET detail = 'x'".to_owned(), "append-only"),
        ("DELETE FROM history".into(), "append-only"),
        ("DELETE FROM attempt".into(), "never deleted"),
        ("UPDATE attempt SET nonce = 6".into(), "never change"),
        ("UPDATE attempt SET raw = x'00'".into(), "never change"),
        ("UPDATE wallet SET token = 0".into(), "only grows"),
        (
            format!("UPDATE payment SET state = 'held', nonce = 5 WHERE id = {planned}"),
            "CHECK",
        ),
        (
            format!("UPDATE payment SET state = 'saved', nonce = 5 WHERE id = {planned}"),
            "payment.wallet, payment.nonce",
        ),
        (
            format!("UPDATE payment SET state = 'saved' WHERE id = {planned}"),
            "CHECK",
        ),
        (
            format!("UPDATE payment SET state = 'paid' WHERE id = {planned}"),
            "CHECK",
        ),
        (
            format!("UPDATE payment SET state = 'closed' WHERE id = {planned}"),
            "CHECK",
        ),
        (
            format!("DELETE FROM payment WHERE id = {planned}"),
            "FOREIGN KEY",
        ),
        ("UPDATE leg SET amount = 0".into(), "CHECK"),
        (
            "UPDATE leg SET amount = 1.5".into(),
            "REAL value in INTEGER",
        ),
        ("UPDATE leg SET state = 'gone'".into(), "CHECK"),
        (another.into(), "leg.pool, leg.member"),
        (
            "INSERT INTO leg_withdrawal SELECT (SELECT id FROM leg WHERE source = 'threshold' \
             LIMIT 1), 0, pool, withdrawal, 1 FROM leg_withdrawal WHERE place = 0"
                .into(),
            "leg_withdrawal.pool, leg_withdrawal.withdrawal",
        ),
        ("INSERT INTO journal VALUES (2, 'another')".into(), "CHECK"),
    ] {
        let result = sqlx::query(sqlx::AssertSqlSafe(wrong.clone()))
            .execute(&mut connection)
            .await;
        let error = result.expect_err(&wrong).to_string();
        assert!(error.contains(why), "{wrong}: {error}");
    }
}
