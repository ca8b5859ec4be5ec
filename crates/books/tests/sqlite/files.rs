//! The file.

use std::os::unix::fs::PermissionsExt;

use paydirt_books::{Books, BooksError};

use super::shared::{clock, filled, open};
use super::{Home, Raw};

#[tokio::test]
async fn closed_books_leave_nothing_in_the_log() {
    let home = Home::new().await;
    let journal = open(&home, &clock()).await;
    let beside = Books::connect(&home.url()).await.unwrap();
    filled(&journal).await;
    let log_bytes = || {
        let mut files = std::fs::read_dir(home.path()).unwrap().map(Result::unwrap);
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
    let home = Home::new().await;
    let journal = open(&home, &clock()).await;
    filled(&journal).await;
    let mut files = 0;
    for entry in std::fs::read_dir(home.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
        files += 1;
    }
    assert!(files >= 2, "the database and its log");
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
    let home = Home::new().await;
    std::fs::write(home.path().join("books.db"), vec![b'x'; 5000]).unwrap();
    let error = Books::connect(&home.url()).await.err().unwrap();
    assert!(matches!(error, BooksError::Database(_)), "{error}");
}

#[tokio::test]
async fn an_amount_that_is_not_whole_is_refused() {
    let home = Home::new().await;
    filled(&open(&home, &clock()).await).await;
    let wrong = "UPDATE leg SET amount = 1.5";
    let error = Raw::connect(&home).await.execute(wrong).await.unwrap_err();
    assert!(
        error.to_string().contains("REAL value in INTEGER"),
        "{error}"
    );
}
