//! Opening balances: which cells the rows of each bucket have, and what is refused of them.

use paydirt_money::Coin;
use paydirt_sheets::openings::{self, Bucket, Held, OpeningRow, VestingPart};
use paydirt_sheets::{Limits, SheetError};

use crate::support::{file, shown};

const HEADER: &str = "member,bucket,amount,stream,day,steps,done,order";

fn read(content: &str) -> Result<Vec<OpeningRow>, SheetError> {
    openings::read(file(content).path(), &Limits::default(), Coin::FIL)
}

fn read_rows(rows: &str) -> Result<Vec<OpeningRow>, SheetError> {
    read(&format!("{HEADER}\n{rows}\n"))
}

fn refused(rows: &str) -> Vec<String> {
    shown(&read_rows(rows).unwrap_err())
}

#[test]
fn each_bucket_is_read_with_what_it_needs() {
    let rows = "张三,available,1.5 FIL,,,,,\nm,frozen,0,,,,,\nm,paid,0.000000001,,,,,\n\
                m,receivable,2,,,,,\nm,to_transfer,3,race,,,,\n\
                m,vesting,4,main,2026-01-31,180,0,\nm,vesting,4,main,2026-01-31,180,180,A-1";
    let found = read_rows(rows).unwrap();
    let part = |done| {
        Held::Vesting(VestingPart {
            stream: "main".into(),
            day: "2026-01-31".parse().unwrap(),
            steps: 180,
            done,
        })
    };
    let expected = [
        (Held::Available, 1_500_000_000),
        (Held::Frozen, 0),
        (Held::Paid, 1),
        (Held::Receivable, 2_000_000_000),
        (Held::ToTransfer("race".into()), 3_000_000_000),
        (part(0), 4_000_000_000),
        (part(180), 4_000_000_000),
    ];
    for ((row, (held, units)), found) in (2..).zip(expected).zip(&found) {
        assert_eq!(
            (found.row, &found.held, found.amount.units()),
            (row, &held, units)
        );
    }
    assert_eq!((found.len(), &*found[0].member), (7, "张三"));
    let buckets = Bucket::ALL
        .into_iter()
        .filter(|bucket| found.iter().any(|row| row.bucket() == *bucket));
    assert_eq!(buckets.count(), 6);
}

#[test]
fn columns_that_no_row_needs_may_be_absent() {
    let found = read("amount,bucket,member\n1,available,m\n").unwrap();
    assert_eq!(found[0].held, Held::Available);
    let missing = shown(&read("amount,bucket,member\n1,to_transfer,m\n").unwrap_err());
    assert_eq!(
        missing,
        ["row 2, stream \"\": is empty, and rows of to_transfer need it; fill it"]
    );
}

#[test]
fn all_that_is_wrong_with_a_row_is_found_at_once() {
    assert_eq!(
        refused("m,vesting,0,,2026-02-30,0,x,"),
        [
            "row 2, day \"2026-02-30\": there is no such day; write YYYY-MM-DD, as 2026-11-20",
            "row 2, steps \"0\": is no whole number from 1 on; write digits 0-9 only, as 180",
            "row 2, done \"x\": is no whole number from 0 on; write digits 0-9 only, as 180",
            "row 2, stream \"\": is empty, and rows of vesting need it; fill it",
            "row 2, amount \"0\": is nothing, of which nothing can be released; delete the row",
        ]
    );
    assert_eq!(
        refused("m,paid,1,main,2026-01-01,1,0,A"),
        [
            "stream \"main\"",
            "day \"2026-01-01\"",
            "steps \"1\"",
            "done \"0\"",
            "order \"A\""
        ]
        .map(|cell| format!(
            "row 2, {cell}: is filled, and rows of paid have none; empty it, or correct the \
                 bucket"
        ))
    );
}

#[test]
fn two_rows_of_the_same_are_refused_and_parts_are_told_apart_by_their_order() {
    let part = "m,vesting,4,main,2026-01-31,9,1,";
    assert_eq!(
        refused(&format!("{part}\n{part}A\n{part}B\n{part}A\n{part}")),
        [(5, 3), (6, 2)].map(|(row, before)| format!(
            "row {row}, bucket \"vesting\": stands in row {before} already for this member; keep \
             one of the two rows; if both are meant, name each one's order in the column order"
        ))
    );
    let balances = "m,available,1,,,,,\nm,frozen,1,,,,,\nn,available,1,,,,,\nm,available,2,,,,,";
    assert_eq!(
        refused(balances),
        [
            "row 5, bucket \"available\": stands in row 2 already for this member; keep one of the \
          two rows, with the sum if both are meant"
        ]
    );
    let of_two = "m,to_transfer,1,a,,,,\nm,to_transfer,1,b,,,,";
    assert_eq!(read_rows(of_two).unwrap().len(), 2);
}
