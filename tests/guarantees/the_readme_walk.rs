//! The walks of the README and of the pages beside it, by their own words: their blocks are run as
//! they stand, but for directories, ports, addresses of databases, and a program that is built
//! already.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

const README: &str = include_str!("../../README.md");
const IMPORTING: &str = include_str!("../../crates/paydirt/docs/importing-a-pool.md");
const MONEY_MODEL: &str = include_str!("../../crates/paydirt/docs/money-model.md");
const WITHDRAWALS: &str = include_str!("../../crates/paydirt/docs/withdrawals.md");

/// The shell blocks of a page's section with this heading, in order.
fn blocks(page: &str, heading: &str) -> Vec<String> {
    let section = page
        .split("\n## ")
        .find(|s| s.starts_with(heading))
        .unwrap();
    let parts = section.split("```sh\n").skip(1);
    parts
        .map(|part| part.split("\n```").next().unwrap().to_owned())
        .collect()
}

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
        .to_string()
}

fn replaced(script: &str, from: &str, to: &str) -> String {
    assert!(script.contains(from), "the walk no longer says {from:?}");
    script.replace(from, to)
}

const STORAGE: &str = "A storage pool's first day";
const CORRECTING: &str = "A day that was settled wrong";
const OPENING: &str = "Opening balances";

/// What a script said, once it ended well.
fn run(script: &str) -> String {
    let script = format!("set -e\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}\n");
    let out = Command::new("bash").args(["-c", &script]).output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let logged = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}\n{logged}");
    said
}

/// The walk of a storage pool in this directory, with its last block, the database's, before it.
fn storage_walk(dir: &Path, database: Option<&str>) -> String {
    let programs = Path::new(env!("CARGO_BIN_EXE_paydirt")).parent().unwrap();
    let mut blocks = blocks(README, STORAGE);
    let export = blocks.pop().unwrap();
    blocks.extend(self::blocks(README, CORRECTING));
    blocks.extend(self::blocks(IMPORTING, OPENING));
    let mut script = blocks.join("\n");
    for (from, to) in [
        ("cargo build --release", "true"),
        ("$PWD/target/release", programs.to_str().unwrap()),
        (
            "/tmp/sample-storage-pool",
            dir.join("pool").to_str().unwrap(),
        ),
    ] {
        script = replaced(&script, from, to);
    }
    match database {
        Some(url) => {
            let from = "postgres://paydirt@127.0.0.1:5432/paydirt";
            format!("{}\n{script}", replaced(&export, from, url))
        }
        None => script,
    }
}

fn does_what_it_says(said: &str) {
    for words in [
        "2 new, 0 changed, 0 unchanged",
        "Nothing was written",
        "1.835949776",
        "0.403634678",
        "Nothing is posted until another person gives the same command.",
        "2026-11-01 is corrected",
        "the same",
        "right",
        "2 members can claim 14.82 FIL",
        "1000.000000000",
    ] {
        assert!(said.contains(words), "{words:?} is not in:\n{said}");
    }
}

/// This program, and a development node.
fn programs() -> String {
    let paydirt = Path::new(env!("CARGO_BIN_EXE_paydirt")).parent().unwrap();
    let anvil = paydirt_testkit::anvil_program()
        .unwrap_or_else(|| panic!("no anvil: run tests/run, which installs it"));
    format!(
        "{}:{}",
        paydirt.display(),
        anvil.parent().unwrap().display()
    )
}

/// The walk from asking to paid; its last block, the database's, comes first.
fn withdrawals_walk(dir: &Path, database: Option<&str>) -> String {
    paydirt_testkit::uses("anvil");
    let mut blocks = blocks(WITHDRAWALS, "From asking to paid");
    let export = blocks.pop().unwrap();
    let mut script = blocks.join("\n");
    for (from, to) in [
        ("cargo build --release", "true"),
        ("$PWD/target/release", programs().as_str()),
        (
            "/tmp/sample-withdrawals",
            dir.join("pool").to_str().unwrap(),
        ),
        ("8548", &free_port()),
    ] {
        script = replaced(&script, from, to);
    }
    match database {
        Some(url) => {
            let from = "postgres://paydirt@127.0.0.1:5432/paydirt";
            format!("{}\n{script}", replaced(&export, from, url))
        }
        None => script,
    }
}

fn is_asked_decided_and_paid(said: &str, dir: &Path) {
    for words in [
        "waits for approval",
        "refused, as it should be",
        "Nothing was moved",
        "2 paid, 0 given back, 0 in flight",
        "right",
        "unbroken",
    ] {
        assert!(said.contains(words), "{words:?} is not in:\n{said}");
    }
    let paid = said.lines().filter(|line| line.contains(" paid ")).count();
    assert!(paid >= 3, "{said}");
    for file in ["november.xlsx", "space.journal"] {
        assert!(dir.join("pool").join(file).exists(), "{file}");
    }
}

/// The example of the money model, with its correction.
fn money_model_walk(dir: &Path, database: Option<&str>) -> String {
    let sections = ["A day, worked through", "A vesting line", "A correction"];
    let blocks = sections.map(|heading| blocks(MONEY_MODEL, heading).join("\n"));
    let place = dir.join("pool");
    let script = replaced(
        &blocks.join("\n"),
        "/tmp/money-model",
        place.to_str().unwrap(),
    );
    let database = database.map(|url| format!("export PAYDIRT__DATABASE__URL={url}\n"));
    let path = format!("export PATH=\"{}:$PATH\"\n", programs());
    format!("{path}{}{script}", database.unwrap_or_default())
}

fn has_the_figures_of_the_page(said: &str) {
    for words in [
        "5.400000000",
        "2.062500000",
        "2.700000000",
        "-0.300000000",
        "2.850000000",
        "is corrected",
        "right",
    ] {
        assert!(said.contains(words), "{words:?} is not in:\n{said}");
    }
}

mod sqlite {
    use super::*;

    #[test]
    fn the_walk_of_withdrawals_does_what_it_says() {
        let dir = tempfile::tempdir().unwrap();
        is_asked_decided_and_paid(&run(&withdrawals_walk(dir.path(), None)), dir.path());
        assert!(dir.path().join("pool/paydirt.db").exists());
    }

    #[test]
    fn the_example_of_the_money_model_has_its_figures() {
        let dir = tempfile::tempdir().unwrap();
        has_the_figures_of_the_page(&run(&money_model_walk(dir.path(), None)));
    }

    #[test]
    fn the_walk_of_a_storage_pool_does_what_it_says() {
        let dir = tempfile::tempdir().unwrap();
        does_what_it_says(&run(&storage_walk(dir.path(), None)));
        assert!(dir.path().join("pool/paydirt.db").exists());
    }
}

mod postgres {
    use super::*;

    #[tokio::test]
    async fn the_walk_of_withdrawals_does_what_it_says() {
        let dir = tempfile::tempdir().unwrap();
        let server = paydirt_testkit::PostgresServer::start().await.unwrap();
        let script = withdrawals_walk(dir.path(), Some(&server.url()));
        is_asked_decided_and_paid(&run(&script), dir.path());
        assert!(!dir.path().join("pool/paydirt.db").exists());
    }

    #[tokio::test]
    async fn the_example_of_the_money_model_has_its_figures() {
        let dir = tempfile::tempdir().unwrap();
        let server = paydirt_testkit::PostgresServer::start().await.unwrap();
        let script = money_model_walk(dir.path(), Some(&server.url()));
        has_the_figures_of_the_page(&run(&script));
    }

    #[tokio::test]
    async fn the_walk_of_a_storage_pool_does_what_it_says() {
        let dir = tempfile::tempdir().unwrap();
        let server = paydirt_testkit::PostgresServer::start().await.unwrap();
        does_what_it_says(&run(&storage_walk(dir.path(), Some(&server.url()))));
        assert!(!dir.path().join("pool/paydirt.db").exists());
    }
}

mod redis_anvil_and_sqlite {
    use super::*;

    #[test]
    fn the_walk_from_nothing_to_a_paid_pool_does_what_it_says() {
        for server in ["redis", "anvil", "sqlite"] {
            paydirt_testkit::uses(server);
        }
        let dir = tempfile::tempdir().unwrap();
        let path = programs();
        let mut script = blocks(README, "From nothing to a paid pool").join("\n");
        for (from, to) in [
            ("cargo build --release", "true"),
            ("$PWD/target/release", path.as_str()),
            (
                "/tmp/sample-pool",
                dir.path().join("pool").to_str().unwrap(),
            ),
            ("6390", &free_port()),
            ("8546", &free_port()),
        ] {
            script = replaced(&script, from, to);
        }
        let said = run(&script);
        for words in ["Nothing was moved", "2 paid", "1500000042", "settled"] {
            assert!(said.contains(words), "{words:?} is not in:\n{said}");
        }
        let counted = said
            .lines()
            .any(|line| line == "0" || line == "(integer) 0");
        assert!(counted, "a lock or a pending row is left:\n{said}");
    }
}
