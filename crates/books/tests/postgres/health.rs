//! What a check finds of a server.

use paydirt_books::Books;
use paydirt_ledger::{Finding, Severity};
use paydirt_testkit::PostgresServer;

use super::{Home, Raw};

async fn findings(server: &PostgresServer) -> Vec<Finding> {
    let books = Books::connect(&server.url()).await.unwrap();
    books.health().await.unwrap()
}

fn worst(findings: &[Finding]) -> &Finding {
    findings.iter().max_by_key(|found| found.severity).unwrap()
}

#[tokio::test]
async fn a_server_as_it_comes_is_fit() {
    let home = Home::new().await;
    let found = findings(&home.0).await;
    assert_eq!(worst(&found).severity, Severity::Ok, "{found:?}");
    assert!(found[0].what.contains("version") && found[0].detail.contains('.'));
}

#[tokio::test]
async fn a_server_that_does_not_sync_is_not_fit() {
    for (parameter, severity) in [
        ("fsync=off", Severity::Fail),
        ("full_page_writes=off", Severity::Warn),
    ] {
        let server = PostgresServer::start_with(&[parameter]).await.unwrap();
        let found = findings(&server).await;
        let worst = worst(&found);
        assert_eq!(worst.severity, severity, "{found:?}");
        let (name, _) = parameter.split_once('=').unwrap();
        assert!(worst.detail.contains(name), "{found:?}");
    }
}

#[tokio::test]
async fn our_commits_are_synchronous_whatever_the_role_was_told() {
    let home = Home::new().await;
    let mut admin = Raw::to(&home.0.admin_url()).await;
    let off = "ALTER ROLE paydirt SET synchronous_commit = off";
    admin.execute(off).await.unwrap();
    let mut plain = Raw::connect(&home).await;
    let is_off = "SELECT COUNT(*) FROM pg_settings \
                  WHERE name = 'synchronous_commit' AND setting = 'off'";
    assert_eq!(plain.number(is_off).await, 1);
    let found = findings(&home.0).await;
    assert_eq!(worst(&found).severity, Severity::Ok, "{found:?}");
}

#[tokio::test]
async fn standbys_are_named_for_what_they_may_lose_and_never_written_to() {
    let primary = PostgresServer::start().await.unwrap();
    Books::connect(&primary.url())
        .await
        .unwrap()
        .migrate()
        .await
        .unwrap();
    let standby = PostgresServer::standby_of(&primary).await.unwrap();
    let found = findings(&standby).await;
    assert_eq!(worst(&found).severity, Severity::Fail, "{found:?}");
    assert!(worst(&found).detail.contains("standby"), "{found:?}");
    let books = Books::connect(&standby.url()).await.unwrap();
    let refused = books.journal().await.err().unwrap();
    assert!(refused.to_string().contains("read-only"), "{refused}");
    let found = findings(&primary).await;
    assert_eq!(worst(&found).severity, Severity::Warn, "{found:?}");
    assert!(worst(&found).detail.contains("synchronous_standby_names"));
    let mut admin = Raw::to(&primary.admin_url()).await;
    let named = "ALTER SYSTEM SET synchronous_standby_names = '*'";
    admin.execute(named).await.unwrap();
    admin.execute("SELECT pg_reload_conf()").await.unwrap();
    let is_set = "SELECT COUNT(*) FROM pg_settings \
                  WHERE name = 'synchronous_standby_names' AND setting = '*'";
    while admin.number(is_set).await == 0 {}
    let found = findings(&primary).await;
    assert_eq!(worst(&found).severity, Severity::Ok, "{found:?}");
}

#[tokio::test]
async fn a_database_that_cannot_hold_every_name_is_not_fit() {
    let server = PostgresServer::start().await.unwrap();
    let mut admin = Raw::to(&server.admin_url()).await;
    let latin = "CREATE DATABASE latin OWNER paydirt TEMPLATE books";
    // A copy can't have another encoding, and there is no empty template: it is written in.
    let written = "UPDATE pg_database SET encoding = pg_char_to_encoding('LATIN1'), \
                   datlocprovider = 'c', daticulocale = NULL, datcollate = 'C', datctype = 'C' \
                   WHERE datname = 'latin'";
    admin.execute(latin).await.unwrap();
    admin.execute(written).await.unwrap();
    let url = server.url().replace("/books", "/latin");
    let books = Books::connect(&url).await.unwrap();
    let found = books.health().await.unwrap();
    assert_eq!(worst(&found).severity, Severity::Fail, "{found:?}");
    assert!(worst(&found).detail.contains("UTF8"), "{found:?}");
}
