//! The README's walk from nothing to a paid pool, by its own words: its blocks are run as they
//! stand, but for the directory, the ports, and a program that is built already.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

mod redis_anvil_and_sqlite {
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
        let script = format!("set -e\ntrap 'kill $(jobs -p) 2>/dev/null' EXIT\n{script}\n");
        let out = Command::new("bash").args(["-c", &script]).output().unwrap();
        let (said, logged) = (
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr),
        );
        assert!(out.status.success(), "{said}\n{logged}");
        for words in ["Nothing was moved", "2 paid", "1500000042", "settled"] {
            assert!(
                said.contains(words),
                "{words:?} is not in:\n{said}\n{logged}"
            );
        }
        let counted = said
            .lines()
            .any(|line| line == "0" || line == "(integer) 0");
        assert!(counted, "a lock or a pending row is left:\n{said}");
    }
}
