//! The accountant's sheet against what failed.

use rust_xlsxwriter::{Format, Formula, Workbook};

use super::shell;
use crate::shell::{ALICE, Shell, U1, U2};

fn failed(shell: &Shell) {
    let rows = format!(
        "withdrawal,member,address,amount,status,requested\nT1,u1,{U1},1,failed,2024-10-01\n\
         T2,u1,{U1},2.5,3,2024-10-01\nT3,u2,{U2},4,3,2024-10-01\n"
    );
    shell.write("failed.csv", &rows);
    shell.ok(
        ALICE,
        &["withdrawals", "import", "failed.csv", "--pool", "ether"],
    );
}

const COMPARE: [&str; 5] = ["withdrawals", "compare", "sheet.xlsx", "--pool", "ether"];

#[tokio::test]
async fn an_xlsx_sheet_is_equal_or_each_difference_is_named() {
    let shell = shell().await.with_members();
    failed(&shell);
    let write = |rows: &[(&str, &str, f64)]| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (column, name) in (0..).zip(["withdrawal", "member", "amount"]) {
            sheet.write(0, column, name).unwrap();
        }
        for (row, (id, member, amount)) in (1..).zip(rows) {
            sheet.write(row, 0, *id).unwrap();
            sheet.write(row, 1, *member).unwrap();
            sheet.write(row, 2, *amount).unwrap();
        }
        book.save(shell.path("sheet.xlsx")).unwrap();
    };
    write(&[("T1", "u1", 1.0), ("T2", "u1", 2.5), ("T3", "u2", 4.0)]);
    let rows = shell.rows(ALICE, &COMPARE);
    assert!(
        rows.len() == 3 && rows.iter().all(|row| row["found"] == "equal"),
        "{rows:?}"
    );
    write(&[("T1", "u1", 1.5), ("T2", "u1", 2.5), ("T9", "u2", 4.0)]);
    let ran = shell.run(ALICE, &[&COMPARE[..], &["--output", "csv"]].concat());
    assert_eq!(ran.exit(), 3, "{ran}");
    let out = ran.out();
    for line in [
        "T1,2,different,amount,1.000000000,1.500000000",
        "T2,3,equal,,,",
        "T9,4,missing in books,,,",
        "missing in sheet",
    ] {
        assert!(out.contains(line), "{out}");
    }
}

#[tokio::test]
async fn a_bad_sheet_is_refused_with_every_problem() {
    let shell = shell().await.with_members();
    failed(&shell);
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, name) in (0..).zip(["withdrawal", "member", "amount"]) {
        sheet.write(0, column, name).unwrap();
    }
    sheet.write(1, 0, "T1").unwrap();
    sheet.write(1, 1, "u1").unwrap();
    sheet
        .write(1, 2, Formula::new("=1+0").set_result("1"))
        .unwrap();
    // An id of more than 15 digits as a number: its end is lost.
    sheet.write(2, 0, 12_345_678_901_234_567_890_f64).unwrap();
    sheet.write(2, 1, "u1").unwrap();
    sheet.write(2, 2, 2.5).unwrap();
    sheet.merge_range(3, 0, 3, 1, "T3", &Format::new()).unwrap();
    sheet.write(3, 2, 4).unwrap();
    sheet.write(4, 0, "T1").unwrap();
    sheet.write(4, 1, "u1").unwrap();
    sheet.write(4, 2, "1,5").unwrap();
    book.save(shell.path("sheet.xlsx")).unwrap();
    let refused = shell.refused(ALICE, 1, &COMPARE);
    for problem in [
        "row 2, amount",
        "formula",
        "row 3, withdrawal",
        "merged",
        "row 5",
    ] {
        assert!(refused.contains(problem), "{problem}: {refused}");
    }
    for (text, what) in [
        ("withdrawal;member;amount\nT1;u1;1\n", "semicolons"),
        ("id,member,amount\nT1,u1,1\n", "withdrawal is missing"),
        (
            "withdrawal,member,amount\nT1,u1,1\nT1,u1,1\n",
            "stands in row 2 already",
        ),
    ] {
        shell.write("sheet.xlsx", text);
        let refused = shell.refused(ALICE, 1, &COMPARE);
        assert!(refused.contains(what), "{refused}");
    }
    shell.write(
        "sheet.xlsx",
        "withdrawal,member,amount\nT1,u1,1\nT2,u1,2.5\nT3,u2,4\n",
    );
    shell.ok(ALICE, &COMPARE);
}

#[tokio::test]
async fn what_is_listed_is_compared_as_equal() {
    let shell = shell().await.with_members();
    failed(&shell);
    let list = [
        "withdrawals",
        "list",
        "--state",
        "failed",
        "--output",
        "csv",
    ];
    shell.write("sheet.xlsx", &shell.ok(ALICE, &list));
    let rows = shell.rows(ALICE, &COMPARE);
    assert!(
        rows.len() == 3 && rows.iter().all(|row| row["found"] == "equal"),
        "{rows:?}"
    );
}
