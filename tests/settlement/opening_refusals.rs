//! Files of opening balances, and control totals, that are refused: nothing is written.

use super::opening::{HEADER, ROWS, TOTALS, import, write};
use super::shell;
use crate::shell::Shell;

/// The refusal of what was written, after which there is nothing in the books.
fn refused(shell: &Shell, totals: &[&str]) -> (i32, String, String) {
    let (exit, error) = shell.refused(&import(totals, &["--yes"]));
    let verified = shell.rows(&["ledger", "verify", "--pool", "space"]);
    assert_eq!(verified[0]["postings"], 0, "{error}");
    assert_eq!(shell.rows(&["members", "list"]).len(), 2, "{error}");
    let text = |key: &str| error[key].as_str().unwrap().to_owned();
    (exit, text("code"), text("message"))
}

/// A row that can't be, in the place of the last, and what is said of it.
const BAD: [(&str, &str); 30] = [
    (
        "u1,available,1,,,,,",
        "bucket \"available\": stands in row 2 already",
    ),
    (
        "u1,to_transfer,1,bonus,,,,",
        "bucket \"to_transfer\": stands in row 4 already",
    ),
    (
        "u2,vesting,1,mainnet,2024-10-29,9,8,A3",
        "bucket \"vesting\": stands in row 9 already for this member",
    ),
    ("u2,available,-1,,,,,", "amount \"-1\""),
    ("u2,available,1e3,,,,,", "amount \"1e3\""),
    ("u2,available,１,,,,,", "amount \"１\""),
    ("u2,available,\"1,000\",,,,,", "amount \"1,000\""),
    ("u2,available,1.0000000001,,,,,", "amount \"1.0000000001\""),
    ("u2,available,1 ETH,,,,,", "amount \"1 ETH\""),
    ("u2,available,9999999999,,,,,", "amount \"9999999999\""),
    ("u2,available,,,,,,", "amount \"\": is empty"),
    (",available,1,,,,,", "member \"\": is empty"),
    ("u2,,1,,,,,", "bucket \"\": is empty"),
    ("u2,spendable,1,,,,,", "bucket \"spendable\": is no bucket"),
    ("u2,total,1,,,,,", "bucket \"total\": is no bucket"),
    (
        "nobody,available,1,,,,,",
        "member \"nobody\": there is no such member",
    ),
    (
        "u2,to_transfer,1,nothing,,,,",
        "stream \"nothing\": the pool has no such stream",
    ),
    ("u2,vesting,1,nothing,2024-10-29,4,2,", "stream \"nothing\""),
    (
        "u2,to_transfer,1,,,,,",
        "stream \"\": is empty, and rows of to_transfer need it",
    ),
    (
        "u2,available,1,mainnet,,,,",
        "stream \"mainnet\": is filled, and rows of available have",
    ),
    ("u2,paid,1,,2024-10-29,,,", "day \"2024-10-29\": is filled"),
    ("u2,frozen,1,,,,,A1", "order \"A1\": is filled"),
    (
        "u2,vesting,1,mainnet,,4,2,",
        "day \"\": is empty, and rows of vesting need it",
    ),
    (
        "u2,vesting,1,mainnet,2024-11-01,4,2,",
        "day \"2024-11-01\": it is not before the pool's",
    ),
    ("u2,vesting,1,mainnet,2024-02-30,4,2,", "day \"2024-02-30\""),
    (
        "u2,vesting,0,mainnet,2024-10-28,4,2,",
        "amount \"0\": is nothing",
    ),
    (
        "u2,vesting,1,mainnet,2024-10-28,0,0,",
        "steps \"0\": is no whole number from 1 on",
    ),
    (
        "u2,vesting,1,mainnet,2024-10-28,3661,2,",
        "steps \"3661\": there are at most 3660",
    ),
    (
        "u2,vesting,1,mainnet,2024-10-28,+4,1.5,",
        "done \"1.5\": is no whole number from 0 on",
    ),
    (
        "u2,vesting,1,mainnet,2024-10-28,4,5,",
        "done \"5\": is more than all 4 steps",
    ),
];

#[tokio::test]
async fn a_row_that_can_not_be_refuses_the_file_and_is_named() {
    let shell = shell().await.with_orders().await;
    for (row, named) in BAD {
        write(&shell, &[ROWS, row, "\n"].concat());
        let (exit, code, said) = refused(&shell, &TOTALS);
        assert_eq!((exit, code.as_str()), (1, "file"), "{row}: {said}");
        let named = format!("row 12, {named}");
        assert!(said.contains(&named), "{named} is not in {said}");
    }
}

#[tokio::test]
async fn every_bad_row_is_listed() {
    let shell = shell().await.with_orders().await;
    write(
        &shell,
        "u1,available,-1,,,,,\nu2,paid,x,,,,,\nu2,vesting,1,,,,9,\n",
    );
    let (_, _, said) = refused(&shell, &TOTALS);
    for named in [
        "row 2, amount \"-1\"",
        "row 3, amount \"x\"",
        "row 4, stream \"\"",
        "row 4, day \"\"",
        "row 4, steps \"\"",
    ] {
        assert!(said.contains(named), "{named} is not in {said}");
    }
    let rows = "nobody,available,1,,,,,\nu2,vesting,1,nothing,2024-12-01,9,1,\n";
    write(&shell, rows);
    let (_, _, said) = refused(&shell, &["available=1"]);
    for named in [
        "row 2, member \"nobody\"",
        "row 3, stream \"nothing\"",
        "row 3, day \"2024-12-01\"",
        "the file has no control total of vesting; give --total vesting=",
    ] {
        assert!(said.contains(named), "{named} is not in {said}");
    }
}

#[tokio::test]
async fn what_is_no_such_file_is_refused_whole() {
    let shell = shell().await.with_orders().await;
    let semicolons = [HEADER, ROWS].concat().replace(',', ";");
    let other = [HEADER, ROWS].concat().replacen("bucket", "account", 1);
    let missing = "member,bucket\nu1,available\n".to_owned();
    let empty = HEADER.to_owned();
    for (text, words) in [
        (semicolons, "semicolons"),
        (other, "account"),
        (missing, "the column amount is missing"),
        (empty, "the file has no rows"),
    ] {
        std::fs::write(shell.path("old.csv"), text).unwrap();
        let (exit, code, said) = refused(&shell, &TOTALS);
        assert_eq!((exit, code.as_str()), (1, "file"), "{said}");
        assert!(said.contains(words), "{words} is not in {said}");
    }
    std::fs::remove_file(shell.path("old.csv")).unwrap();
    assert_eq!(refused(&shell, &TOTALS).0, 1);
}

/// Those totals, but these in place of those of the same buckets.
fn with(others: &[&'static str]) -> Vec<&'static str> {
    let is_other = |total: &&str| others.iter().any(|it| name_of(it) == name_of(total));
    let kept = TOTALS.iter().copied().filter(|total| !is_other(total));
    kept.chain(others.iter().copied()).collect()
}

fn name_of(total: &str) -> Option<&str> {
    total.split_once('=').map(|(name, _)| name)
}

#[tokio::test]
async fn control_totals_that_differ_are_all_named() {
    let shell = shell().await.with_orders().await;
    write(&shell, ROWS);
    for (total, words) in [
        (
            "available=10.000000001",
            "available: the rows sum to 10 FIL",
        ),
        ("vesting=80.5", "vesting: the rows sum to 3.500000008 FIL"),
        (
            "to_transfer:bonus=0",
            "to_transfer of bonus: the rows sum to 0.7 FIL",
        ),
        (
            "to_transfer:mainnet=1",
            "to_transfer of mainnet: the rows sum to 0 FIL",
        ),
    ] {
        let (exit, code, said) = refused(&shell, &with(&[total]));
        assert_eq!((exit, code.as_str()), (1, "refused"), "{said}");
        assert!(said.contains(words), "{words} is not in {said}");
    }
    let (_, _, said) = refused(&shell, &with(&["frozen=1", "paid=1"]));
    for words in ["frozen: the rows sum to 2.5", "paid: the rows sum to 1000"] {
        assert!(said.contains(words), "{words} is not in {said}");
    }
    // The last two are of rows, too.
    let (exit, code, said) = refused(&shell, &TOTALS[..4]);
    assert_eq!((exit, code.as_str()), (1, "file"), "{said}");
    for words in ["give --total paid=AMOUNT", "give --total receivable=AMOUNT"] {
        assert!(said.contains(words), "{words} is not in {said}");
    }
}

#[tokio::test]
async fn control_totals_that_can_not_be_read_are_wrong_usage() {
    let shell = shell().await.with_orders().await;
    write(&shell, ROWS);
    for (total, words) in [
        ("paid", "no ="),
        ("spendable=1", "\"spendable\" has no control total"),
        ("to_transfer=1", "\"to_transfer\" has no control total"),
        ("paid:bonus=1", "\"paid:bonus\" has no control total"),
        ("to_transfer:nothing=1", "no stream \"nothing\""),
        ("paid=-1", "-1"),
        ("paid=1 ETH", "1 ETH"),
        ("available=10", "available is given twice"),
    ] {
        let (exit, _, said) = refused(&shell, &[&TOTALS[..4], &[total]].concat());
        assert_eq!(exit, 2, "{total}: {said}");
        assert!(said.contains(words), "{words} is not in {said}");
    }
    let elsewhere = ["import", "opening", "old.csv", "--pool", "nowhere"];
    assert_eq!(shell.refused(&elsewhere).0, 2);
}

#[tokio::test]
async fn sums_beyond_what_books_can_hold_are_refused() {
    let shell = shell().await.with_orders().await;
    write(
        &shell,
        "u1,paid,9000000000,,,,,\nu2,available,9000000000,,,,,\n",
    );
    let (exit, code, said) = refused(
        &shell,
        &[
            "paid=9000000000",
            "available=9000000000",
            "frozen=0",
            "vesting=0",
            "receivable=0",
        ],
    );
    assert_eq!((exit, code.as_str()), (1, "refused"), "{said}");
    assert!(said.contains("beyond 64 bits"), "{said}");
}
