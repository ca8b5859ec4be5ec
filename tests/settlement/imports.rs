//! Files of members and orders: all rows or none, and every problem with its row.

use rust_xlsxwriter::{Formula, Workbook};

use super::shell;
use crate::shell::{FIRST, SECOND, Shell};

const HEADER: &str = "order,member,power,fee_rate,coefficient,start,end\n";
const GOOD: &str = "A1,u1,900 TB,0.10,1,2024-11-01,\n";

async fn with_members() -> Shell {
    let shell = shell().await;
    shell.ok(&["migrate"]);
    std::fs::write(shell.path("members.csv"), "member,name\nu1,Li\nu2,Chen\n").unwrap();
    let done = shell.json(&["members", "import", "members.csv"]);
    assert_eq!(done["new"], 2);
    shell
}

const IMPORT: [&str; 5] = ["orders", "import", "orders.csv", "--pool", "space"];

/// What the refusal of this file says; nothing of it is in the books.
fn refused(shell: &Shell, bytes: impl AsRef<[u8]>) -> String {
    std::fs::write(shell.path("orders.csv"), bytes).unwrap();
    let (exit, error) = shell.refused(&IMPORT);
    assert_eq!((exit, &error["code"]), (1, &"file".into()), "{error}");
    assert!(
        shell
            .rows(&["orders", "list", "--pool", "space"])
            .is_empty()
    );
    error["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_bad_cell_refuses_the_file_and_is_named_with_its_row() {
    let shell = with_members().await;
    for (row, named) in [
        ("B,u1,1e3 TB,0,1,2024-11-01,", "power \"1e3 TB\""),
        ("B,u1,９00 TB,0,1,2024-11-01,", "power \"９00 TB\""),
        ("B,u1,-1 TB,0,1,2024-11-01,", "power \"-1 TB\""),
        ("B,u1,900 XB,0,1,2024-11-01,", "power \"900 XB\""),
        ("B,u1,1 TB,1.5,1,2024-11-01,", "fee_rate \"1.5\""),
        (
            "B,u1,1 TB,0.1234567890,1,2024-11-01,",
            "fee_rate \"0.1234567890\"",
        ),
        ("B,u1,1 TB,0,1,2024-11-02,2024-11-01", "end \"2024-11-01\""),
        (
            "A1,u1,1 TB,0,1,2024-11-01,",
            "order \"A1\": stands in row 2",
        ),
        ("B,nobody,1 TB,0,1,2024-11-01,", "member \"nobody\""),
    ] {
        let said = refused(&shell, [HEADER, GOOD, row, "\n"].concat());
        let named = format!("row 3, {named}");
        assert!(said.contains(&named), "{named} is not in {said}");
    }
    let bad = "B,u1,1 TB,2,1,2024-11-01,\nC,u1,1,0,1,2024-11-01,\n";
    let said = refused(&shell, [HEADER, GOOD, bad].concat());
    assert!(
        said.contains("row 3, fee_rate") && said.contains("row 4, power"),
        "{said}"
    );
}

#[tokio::test]
async fn what_is_no_such_file_is_refused_whole() {
    let shell = with_members().await;
    let marked = ["\u{feff}", HEADER, GOOD].concat();
    let semicolons = [HEADER, GOOD].concat().replace(',', ";");
    for (bytes, words) in [(marked, "byte order mark"), (semicolons, "semicolons")] {
        let said = refused(&shell, bytes);
        assert!(said.contains(words), "{words} is not in {said}");
    }
    let row = |n: u32| format!("A{n},u1,1 TB,0,1,2024-11-01,\n");
    let rows: String = (0..1_000_000).map(row).collect();
    let said = refused(&shell, [HEADER, &rows].concat());
    assert!(said.contains("more than 100000 rows"), "{said}");
}

#[tokio::test]
async fn a_workbook_is_read_as_strictly() {
    let shell = with_members().await;
    let book = |write: &dyn Fn(&mut rust_xlsxwriter::Worksheet)| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (at, name) in (0..).zip(["order", "member", "power", "fee_rate", "start"]) {
            sheet.write(0, at, name).unwrap();
        }
        for (at, cell) in (0..).zip(["A1", "u1", "900 TB", "0.1", "2024-11-01"]) {
            sheet.write(1, at, cell).unwrap();
        }
        write(sheet);
        book.save_to_buffer().unwrap()
    };
    let formula = book(&|sheet| {
        sheet.write_formula(1, 3, Formula::new("=1/10")).unwrap();
    });
    let said = refused(&shell, &formula);
    assert!(
        said.contains("row 2, fee_rate") && said.contains("formula"),
        "{said}"
    );
    let number = book(&|sheet| {
        sheet.write(1, 0, 1_234_567_890_123_456_f64).unwrap();
    });
    let said = refused(&shell, &number);
    assert!(
        said.contains("row 2, order") && said.contains("15 digits"),
        "{said}"
    );
    let mut bomb = book(&|_| ());
    let part = bomb
        .windows(4)
        .position(|bytes| bytes == b"PK\x01\x02")
        .unwrap();
    bomb[part + 24..part + 28].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    std::fs::write(shell.path("orders.csv"), &bomb).unwrap();
    let (exit, error) = shell.refused(&IMPORT);
    assert_eq!((exit, &error["code"]), (1, &"file".into()), "{error}");
    std::fs::write(shell.path("orders.csv"), book(&|_| ())).unwrap();
    assert_eq!(shell.json(&IMPORT)["new"], 1);
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_the_same_file_again_changes_nothing() {
    let shell = with_members().await;
    std::fs::write(shell.path("orders.csv"), [HEADER, GOOD].concat()).unwrap();
    let dry = shell.json(&[&IMPORT[..], &["--dry-run"]].concat());
    assert_eq!(
        (&dry["new"], &dry["rows"][0]["id"]),
        (&1.into(), &"A1".into())
    );
    assert!(
        shell
            .rows(&["orders", "list", "--pool", "space"])
            .is_empty()
    );
    assert_eq!(shell.json(&IMPORT)["new"], 1);
    assert_eq!(shell.json(&IMPORT)["unchanged"], 1);
}

#[tokio::test]
async fn a_settled_day_is_not_changed_by_a_file_or_a_transfer() {
    let shell = with_members().await;
    std::fs::write(shell.path("orders.csv"), [HEADER, GOOD].concat()).unwrap();
    shell.json(&IMPORT);
    shell.record(FIRST, "237.098", "118.950 PB");
    shell.ok(&[
        "settle", "--pool", "space", "--stream", "mainnet", "--day", FIRST,
    ]);
    let changed = "order,member,power,fee_rate,start,valid_from\n\
                   A1,u1,900 TB,0.2,2024-11-01,2024-11-01\n";
    std::fs::write(shell.path("orders.csv"), changed).unwrap();
    let (exit, error) = shell.refused(&IMPORT);
    assert_eq!(exit, 1);
    let said = error["message"].as_str().unwrap();
    assert!(
        said.contains("row 2, valid_from") && said.contains(SECOND),
        "{said}"
    );
    let transfer = [
        "orders",
        "transfer",
        "A1",
        "--pool",
        "space",
        "--to",
        "u2",
        "--from-day",
    ];
    let (exit, error) = shell.refused(&[&transfer[..], &[FIRST]].concat());
    assert_eq!(exit, 1);
    assert!(
        error["message"].as_str().unwrap().contains(SECOND),
        "{error}"
    );
    let done = shell.rows(&[&transfer[..], &[SECOND]].concat());
    assert_eq!(
        (&done[0]["before"], &done[0]["after"]),
        (&"u1".into(), &"u2".into())
    );
}
