//! What the database refuses by itself.

use paydirt_ledger::conformance::fixtures::at;
use paydirt_ledger::{Change, Journal as _};
use sqlx::error::ErrorKind;

use super::shared::{clock, filled, granted, open};
use super::{Home, Raw, ZERO_BYTE};

/// How it says no.
enum No {
    Check,
    Unique,
    Foreign,
    Words(&'static str),
}

impl No {
    fn is_said_by(&self, error: &sqlx::Error) -> bool {
        let Some(error) = error.as_database_error() else {
            return false;
        };
        match self {
            Self::Check => matches!(error.kind(), ErrorKind::CheckViolation),
            Self::Unique => matches!(error.kind(), ErrorKind::UniqueViolation),
            Self::Foreign => matches!(error.kind(), ErrorKind::ForeignKeyViolation),
            Self::Words(words) => error.message().contains(words),
        }
    }
}

const APPEND: No = No::Words("append-only");
const FIXED: No = No::Words("never change");

#[tokio::test]
async fn the_database_itself_refuses_what_must_never_be() {
    let home = Home::new().await;
    let journal = open(&home, &clock()).await;
    filled(&journal).await;
    let mut raw = Raw::connect(&home).await;
    let planned = "(SELECT id FROM payment WHERE state = 'planned')";
    let payment = |set: &str| format!("UPDATE payment SET {set} WHERE id = {planned}");
    let another = "INSERT INTO leg (id, payment, place, pool, member, address, coin, decimals, \
         amount, source, state) SELECT 'new', payment, 7, pool, member, address, coin, decimals, \
         amount, source, state FROM leg WHERE source = 'threshold' LIMIT 1";
    let withdrawal = "INSERT INTO leg_withdrawal SELECT (SELECT id FROM leg \
         WHERE source = 'threshold' LIMIT 1), 0, pool, withdrawal, 1 FROM leg_withdrawal \
         WHERE place = 0";
    for (wrong, no) in [
        ("UPDATE history SET detail = 'x'".to_owned(), APPEND),
        ("DELETE FROM history".into(), APPEND),
        ("DELETE FROM attempt".into(), No::Words("never deleted")),
        ("UPDATE attempt SET nonce = 6".into(), FIXED),
        (format!("UPDATE attempt SET raw = {ZERO_BYTE}"), FIXED),
        ("UPDATE attempt SET raw = NULL".into(), FIXED),
        (
            "UPDATE wallet SET token = 0".into(),
            No::Words("only grows"),
        ),
        ("UPDATE wallet SET owner = NULL".into(), No::Check),
        ("UPDATE wallet SET finality = '{'".into(), No::Words("json")),
        (payment("state = 'held', nonce = 5"), No::Check),
        (payment("state = 'saved', nonce = 5"), No::Unique),
        (payment("state = 'saved'"), No::Check),
        (payment("state = 'paid'"), No::Check),
        (payment("state = 'closed'"), No::Check),
        (payment(&format!("fee = {ZERO_BYTE}")), No::Check),
        (
            format!("DELETE FROM payment WHERE id = {planned}"),
            No::Foreign,
        ),
        ("UPDATE leg SET amount = 0".into(), No::Check),
        ("UPDATE leg SET state = 'gone'".into(), No::Check),
        (another.into(), No::Unique),
        (withdrawal.into(), No::Unique),
        (
            "INSERT INTO journal VALUES (2, 'another')".into(),
            No::Check,
        ),
    ] {
        let error = raw.execute(&wrong).await.expect_err(&wrong);
        assert!(no.is_said_by(&error), "{wrong}: {error}");
    }
}

#[tokio::test]
async fn what_a_node_said_is_kept_whatever_bytes_are_in_it() {
    let home = Home::new().await;
    let journal = open(&home, &clock()).await;
    filled(&journal).await;
    let wallet = journal.wallets().await.unwrap().remove(0).id;
    let lease = granted(journal.acquire(&wallet, "us", 60_000, None).await.unwrap());
    let open = journal.snapshot(&wallet).await.unwrap().open;
    let attempt = open.iter().flat_map(|payment| &payment.attempts).next();
    let said = "nonce\0 too low: \u{1f4a5} 'x' \"y\" $1 ?";
    let change = Change::Sent {
        attempt: attempt.unwrap().id,
        verdict: said.into(),
    };
    journal.write(&lease, &[change], at(3)).await.unwrap();
    let open = journal.snapshot(&wallet).await.unwrap().open;
    let kept = open.iter().flat_map(|payment| &payment.attempts).next();
    let kept = kept.unwrap().last_verdict.clone();
    assert_eq!(kept.unwrap(), said.replace('\0', "\u{fffd}"));
}
