//! How long the journal's writes of 1000 payments, and a ledger's moves of 1000 legs, take on a
//! disk that is synchronised: minimum and median of the rounds.
//! `cargo bench -p paydirt-books --bench writes`
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement"
)]

mod journal;
mod ledger;

use std::collections::BTreeMap;
use std::time::Instant;

use paydirt_books::Books;
use paydirt_testkit::PostgresServer;

const ROUNDS: u64 = 12;

/// Milliseconds of each round, by what was done.
#[derive(Default)]
struct Times(BTreeMap<&'static str, Vec<f64>>);

impl Times {
    fn add(&mut self, what: &'static str, begun: Instant) {
        let ms = begun.elapsed().as_secs_f64() * 1000.0;
        self.0.entry(what).or_default().push(ms);
    }

    fn print(self) {
        for (what, mut ms) in self.0 {
            ms.sort_by(f64::total_cmp);
            println!("{what:<20} {:8.1} {:8.1}", ms[0], ms[ms.len() / 2]);
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let directory = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite:{}", directory.path().join("books.db").display());
    let server = PostgresServer::start_on_disk().await.unwrap();
    for (name, url) in [("SQLite", sqlite), ("PostgreSQL", server.url())] {
        println!("{name:<20} {:>8} {:>8}  (ms for 1000)", "min", "median");
        let books = Books::connect(&url).await.unwrap();
        books.migrate().await.unwrap();
        let mut times = Times::default();
        journal::measure(&books, &mut times).await;
        ledger::measure(&books, &mut times).await;
        times.print();
    }
}
