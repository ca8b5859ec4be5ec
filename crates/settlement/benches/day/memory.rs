//! How much of memory a day takes.

use std::process::Command;

use paydirt_books::Books;

use crate::{next_day, terms};

/// The word that makes this program a process that settles a day, and tells its bytes.
pub(crate) const WORD: &str = "memory";

/// What a process of its own takes for a day of these books.
pub(crate) fn of_a_day(url: &str) -> usize {
    let mut process = Command::new(std::env::current_exe().unwrap());
    let told = process.args([WORD, url]).output().unwrap();
    assert!(told.status.success(), "{told:?}");
    String::from_utf8(told.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

pub(crate) async fn tell(url: &str) {
    let books = Books::connect(url).await.unwrap();
    let terms = terms(false);
    let before = highest();
    next_day(&books, &terms, terms.first_day).await;
    println!("{}", highest() - before);
}

/// The highest resident size of this process so far, in bytes.
fn highest() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
    let kib = line.unwrap().trim().strip_suffix(" kB").unwrap();
    kib.parse::<usize>().unwrap() * 1024
}
