//! The README's walks, by its own words: their blocks are run as they stand, but for directories,
//! ports, addresses of databases, and a program that is built already.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

const README: &str = include_str!("../../README.md");

/// The shell blocks of the section with this heading, in order.
fn blocks(heading: &str) -> Vec<String> {
    let section = README
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
const OPENING: &str = "A pool that had other books";

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
    let mut blocks = blocks(STORAGE);
    let export = blocks.pop().unwrap();
    blocks.extend(self::blocks(CORRECTING));
    blocks.extend(self::blocks(OPENING));
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

mod sqlite {
    use super::*;

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
        let programs = Path::new(env!("CARGO_BIN_EXE_paydirt")).parent().unwrap();
        let anvil = paydirt_testkit::anvil_program()
            .unwrap_or_else(|| panic!("no anvil: run tests/run, which installs it"));
        let path = format!(
            "{}:{}",
            programs.display(),
            anvil.parent().unwrap().display()
        );
        let mut script = blocks("From nothing to a paid pool").join("\n");
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
