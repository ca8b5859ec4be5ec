//! `paydirt earnings`, as an operator runs it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

mod books;
mod contract;
mod oracle;
mod oracle_agrees;
mod refusals;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const HEADER: &str = "order,member,power,fee_rate,coefficient,start,end\n";
/// The operators' note.
const NOTE: &str = "A1,u1,900 TB,0,1,2026-01-01,\n";

/// A working directory of its own.
struct Shell {
    folder: TempDir,
}

/// How the program ended.
#[derive(Debug)]
struct Ran {
    exit: i32,
    out: String,
    err: String,
}

impl Shell {
    fn new() -> Shell {
        Shell {
            folder: TempDir::new().unwrap(),
        }
    }

    /// With this file of orders.
    fn with(orders: impl AsRef<[u8]>) -> Shell {
        let shell = Shell::new();
        std::fs::write(shell.path("orders.csv"), orders).unwrap();
        shell
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_paydirt"))
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .env_clear()
            .output()
            .unwrap();
        Ran {
            exit: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Of 237.098 FIL on 2026-11-20, or what `more` says.
    fn earnings(&self, more: &[&str]) -> Ran {
        let mut line = vec!["earnings", "--orders", "orders.csv"];
        for (option, value) in [("--income", "237.098 FIL"), ("--day", "2026-11-20")] {
            if !more.contains(&option) {
                line.extend([option, value]);
            }
        }
        self.run(&[&line, more].concat())
    }
}

impl Ran {
    /// What it printed; it succeeded, and complained of nothing.
    #[track_caller]
    fn done(self) -> String {
        assert_eq!((self.exit, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    #[track_caller]
    fn json(self) -> Value {
        serde_json::from_str(&self.done()).unwrap()
    }

    /// What it complained of; it printed nothing else.
    #[track_caller]
    fn refused(self, exit: i32) -> String {
        assert_eq!((self.exit, self.out.as_str()), (exit, ""), "{}", self.err);
        self.err
    }
}
