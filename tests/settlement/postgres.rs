#[path = "correcting.rs"]
mod correcting;
#[path = "days.rs"]
mod days;
#[path = "imports.rs"]
mod imports;
#[path = "members.rs"]
mod members;
#[path = "observing.rs"]
mod observing;
#[path = "opening.rs"]
mod opening;
#[path = "opening_refusals.rs"]
mod opening_refusals;
#[path = "refusals.rs"]
mod refusals;
#[path = "round_trip.rs"]
mod round_trip;
#[path = "serving.rs"]
mod serving;
#[path = "treasury.rs"]
mod treasury;

use crate::shell::Shell;

async fn shell() -> Shell {
    Shell::on_postgres().await
}

#[tokio::test]
async fn check_says_where_the_books_are_and_whether_commits_are_durable() {
    let mut shell = shell().await;
    let missing = shell.rows(&["check"]);
    let of = |rows: &[serde_json::Value], what: &str| {
        let found = rows.iter().find(|row| row["what"] == what).cloned();
        let found = found.unwrap_or_else(|| panic!("no {what}: {rows:?}"));
        let text = |key: &str| found[key].as_str().unwrap().to_owned();
        (text("status"), text("detail"))
    };
    let (status, detail) = of(&missing, "database");
    assert!(
        status == "warn" && detail.contains("paydirt migrate"),
        "{detail}"
    );
    shell.ok(&["migrate"]);
    let rows = shell.rows(&["check"]);
    let (status, detail) = of(&rows, "database");
    assert!(
        status == "ok" && detail.starts_with("postgres://***@"),
        "{detail}"
    );
    assert_eq!(of(&rows, "database: PostgreSQL commits").0, "ok");
    assert_eq!(of(&rows, "database: PostgreSQL role").0, "ok");
    shell.stop_server().await;
    let away = shell.run(&[
        "check",
        "--output",
        "json",
        "--set",
        "database.timeout_ms=500",
    ]);
    assert_eq!(
        (away.exit(), of(&away.rows(), "database").0.as_str()),
        (3, "fail"),
        "{away}"
    );
}
