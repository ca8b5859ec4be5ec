//! Where the server is, and that its password is told to nobody.

use paydirt_books::{Books, BooksError, PostgresOptions};
use paydirt_ledger::Journal as _;
use paydirt_ledger::conformance::fixtures::opening;
use paydirt_testkit::PostgresServer;

use super::{Home, Raw};

async fn refused(url: &str) -> BooksError {
    let error = Books::connect(url).await.err();
    error.unwrap_or_else(|| panic!("{url} was taken"))
}

#[tokio::test]
async fn no_error_shows_the_password() {
    let mut home = Home::new().await;
    let (url, secret) = (home.url(), home.0.password());
    let (before, after) = url.split_once(secret).unwrap();
    let wrong = [
        url.replace("postgres://", "mysql://"),
        url.replace("/books", "/another"),
        url.replace("paydirt", "stranger"),
        url.replace("127.0.0.1", "256.256.256.256"),
        url.replace("127.0.0.1", "no such host"),
        format!("{before}{secret}x{after}"),
        format!("{before}{secret}/x{after}"),
        format!("{before}{secret}@x{after}"),
        format!("{before}{secret}#x{after}"),
        format!("{before}{secret}?x{after}"),
        format!("{url}?password={secret}x"),
        format!("{url}?pass={secret}"),
        format!("{url}?sslmode={secret}"),
        url.replace("postgres://", "postgres:"),
        url.replace("postgres://", ""),
    ];
    for url in &wrong {
        let error = refused(url).await;
        let words = format!("{error} {error:?}");
        assert!(!words.contains(secret), "{url}: {words}");
    }
    let hasty = PostgresOptions {
        connect_timeout_ms: 1_000,
        ..PostgresOptions::default()
    };
    let books = Books::connect_with(&url, &hasty).await.unwrap();
    home.0.stop().await.unwrap();
    for error in [books.migrate().await.err(), Some(refused(&url).await)] {
        let words = format!("{:?} {}", error, error.as_ref().unwrap());
        assert!(!words.contains(secret), "{words}");
    }
}

#[tokio::test]
async fn a_wrong_address_is_told_at_once_with_what_the_server_says() {
    let mut home = Home::new().await;
    let url = home.url();
    for (wrong, says) in [
        (
            url.replace("/books", "/another"),
            "\"another\" does not exist",
        ),
        (url.replace("-tests", "-guesses"), "authentication failed"),
    ] {
        let error = refused(&wrong).await;
        assert!(matches!(error, BooksError::Server { .. }), "{error:?}");
        assert!(error.to_string().contains(says), "{error}");
        assert!(error.to_string().contains("127.0.0.1"), "{error}");
    }
    home.0.stop().await.unwrap();
    let error = refused(&url).await;
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn a_misspelt_parameter_is_refused_and_a_known_one_is_used() {
    let home = Home::new().await;
    let url = home.url();
    let error = refused(&format!("{url}?ssl_mode=require")).await;
    assert!(error.to_string().contains("\"ssl_mode\""), "{error}");
    let error = refused(&format!("{url}?sslmode=require")).await;
    assert!(error.to_string().contains("TLS"), "{error}");
    let password = home.0.password();
    let named = url.replace(&format!(":{password}"), "");
    refused(&named).await;
    let named = format!("{named}?password={password}");
    Books::connect(&named).await.unwrap();
}

#[tokio::test]
async fn no_more_connections_are_made_than_are_allowed() {
    let home = Home::new().await;
    let options = PostgresOptions {
        max_connections: 1,
        ..PostgresOptions::default()
    };
    let books = Books::connect_with(&home.url(), &options).await.unwrap();
    books.migrate().await.unwrap();
    let journal = books.journal().await.unwrap();
    journal.open_wallet(&opening(0)).await.unwrap();
    let looks = (0..20).map(|_| journal.wallets());
    let looked = futures::future::try_join_all(looks).await.unwrap();
    assert!(looked.iter().all(|wallets| wallets.len() == 1));
    let mut admin = Raw::to(&home.0.admin_url()).await;
    let clients = "SELECT COUNT(*) FROM pg_stat_activity WHERE usename = 'paydirt'";
    assert_eq!(admin.number(clients).await, 1);
    let two =
        PostgresServer::start_with(&["max_connections=4", "superuser_reserved_connections=3"]);
    let two = two.await.unwrap();
    let first = Books::connect(&two.url()).await.unwrap();
    first.migrate().await.unwrap();
    let error = refused(&two.url()).await;
    assert!(error.to_string().contains("connection"), "{error}");
}
