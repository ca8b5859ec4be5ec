//! What members had before these books, from a file: theirs in each bucket, and vesting on.

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde_json::Value;

use super::shell;
use crate::shell::{FIRST, SECOND, Shell, columns};

const THIRD: &str = "2024-11-03";

pub(super) const HEADER: &str = "member,bucket,amount,stream,day,steps,done,order\n";
/// Of 1.000000003 two of four steps are released, 0.500000001. Of 0.000000005 it is 2 units, twice;
/// of their sum it would be 5. Nothing is of 3, and all of 77.
pub(super) const ROWS: &str = "u1,available,10,,,,,\n\
    u1,frozen,2.5 FIL,,,,,\n\
    u1,to_transfer,0.7,bonus,,,,\n\
    u1,paid,1000,,,,,\n\
    u2,receivable,0.25,,,,,\n\
    u1,vesting,1.000000003,mainnet,2024-10-29,4,2,\n\
    u2,vesting,0.000000005,mainnet,2024-10-29,4,2,A2\n\
    u2,vesting,0.000000005,mainnet,2024-10-29,4,2,A3\n\
    u2,vesting,3,bonus,2024-10-31,3,0,\n\
    u2,vesting,77,mainnet,2024-10-01,3,3,\n";
pub(super) const TOTALS: [&str; 6] = [
    "available=10",
    "frozen=2.5",
    "vesting=3.500000008",
    "to_transfer:bonus=0.7",
    "paid=1000 FIL",
    "receivable=0.25",
];

/// Of buckets that a file has no rows of.
const NOTHING: [&str; 3] = ["frozen=0", "paid=0", "receivable=0"];

/// The command with these control totals, and more.
pub(super) fn import<'a>(totals: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    let mut line = vec!["import", "opening", "old.csv", "--pool", "space"];
    line.extend(totals.iter().flat_map(|total| ["--total", *total]));
    line.extend(more);
    line
}

pub(super) fn write(shell: &Shell, rows: &str) {
    std::fs::write(shell.path("old.csv"), [HEADER, rows].concat()).unwrap();
}

const BUCKETS: [&str; 7] = [
    "available",
    "frozen",
    "vesting",
    "to_transfer",
    "in_flight",
    "paid",
    "receivable",
];

/// What a member has in the pool, without zeros at the ends.
fn balance(shell: &Shell, member: &str) -> [String; 7] {
    let shown = shell.json(&["members", "show", member]);
    let all = shown["balances"].as_array().unwrap();
    let found = all.iter().find(|it| it["pool"] == "space").unwrap();
    let amount = |name| found[name].as_str().unwrap().trim_end_matches('0');
    BUCKETS.map(|name| amount(name).trim_end_matches('.').to_owned())
}

/// Every balance is what its entries add up to.
pub(super) fn verified(shell: &Shell) -> Value {
    let ledger = shell.rows(&["ledger", "verify", "--pool", "space"]);
    assert_eq!(ledger[0]["state"], "right", "{ledger:?}");
    ledger[0].clone()
}

fn settle(shell: &Shell, day: &str) {
    shell.record(day, "237.098", "118.950 PB");
    shell.ok(&["settle", "--pool", "space", "--day", day]);
    verified(shell);
}

/// What each day's row of the first stream says.
fn report(shell: &Shell, names: &[&str]) -> Vec<Vec<String>> {
    let rows = shell.rows(&["report", "daily", "--pool", "space", "--to", SECOND]);
    let rows = rows.iter().filter(|row| row["stream"] == "mainnet");
    let texts = |row| columns(row, names).into_iter().map(str::to_owned).collect();
    rows.map(texts).collect()
}

#[tokio::test]
async fn what_members_had_is_theirs_and_vests_on_to_the_last_unit() {
    let shell = shell().await.with_orders().await;
    write(&shell, ROWS);
    let opened = shell.json(&import(&TOTALS, &["--yes"]));
    let facts = ["pool", "file", "day", "coin", "owed"];
    let expected = ["space", "old.csv", "2024-10-31", "FIL", "16.450000008"];
    assert_eq!(columns(&opened, &facts), expected);
    let counts = (&opened["members"], &opened["vesting_parts"]);
    assert_eq!(counts, (&2.into(), &4.into()));
    let of = |row: &Value| columns(row, &["bucket", "stream", "amount"]).join(" ");
    let sums: Vec<String> = opened["rows"].as_array().unwrap().iter().map(of).collect();
    let expected = [
        "available null 10.000000000",
        "frozen null 2.500000000",
        "vesting null 3.500000008",
        "to_transfer bonus 0.700000000",
        "paid null 1000.000000000",
        "receivable null 0.250000000",
    ];
    assert_eq!(sums, expected);
    let u1 = ["10", "2.5", "0.500000002", "0.7", "0", "1000", "0"];
    assert_eq!(balance(&shell, "u1"), u1);
    let u2 = ["0", "0", "3.000000006", "0", "0", "0", "0.25"];
    assert_eq!(balance(&shell, "u2"), u2);
    verified(&shell);

    // Each day 1.793931904 is earned by u1, and 0.161542644 by u2.
    settle(&shell, FIRST);
    let u1 = [
        "12.043931905",
        "2.5",
        "0.250000001",
        "0.7",
        "0",
        "1000",
        "0",
    ];
    assert_eq!(balance(&shell, "u1"), u1);
    // What it owes is recovered first.
    let u2 = ["0", "0", "2.000000004", "1", "0", "0", "0.088457354"];
    assert_eq!(balance(&shell, "u2"), u2);
    settle(&shell, SECOND);
    let u1 = ["14.08786381", "2.5", "0", "0.7", "0", "1000", "0"];
    assert_eq!(balance(&shell, "u1"), u1);
    let u2 = ["0.073085294", "0", "1", "2", "0", "0", "0"];
    assert_eq!(balance(&shell, "u2"), u2);
    settle(&shell, THIRD);
    let u2 = ["0.234627938", "0", "0", "3", "0", "0", "0"];
    assert_eq!(balance(&shell, "u2"), u2);
    let checked = shell.rows(&["settle", "verify", "--pool", "space"]);
    assert_eq!(checked[0]["settlements"], 3);
}

#[tokio::test]
async fn what_is_owed_has_the_opening_and_what_is_earned_has_not() {
    let shell = shell().await.with_orders().await;
    write(&shell, ROWS);
    shell.ok(&import(&TOTALS, &["--yes"]));
    for day in [FIRST, SECOND] {
        settle(&shell, day);
    }
    // 16.450000008 of the opening, and 1.955474548 of each day. What was paid before is no day's.
    let names = ["day", "net", "vested", "paid", "owed"];
    let of = |day: &str, vested: &str, owed: &str| {
        [day, "1.955474548", vested, "0.000000000", owed].map(str::to_owned)
    };
    let expected = [
        of(FIRST, "0.250000003", "18.405474556"),
        of(SECOND, "0.250000005", "20.360949104"),
    ];
    assert_eq!(report(&shell, &names), expected);
    let income = shell.json(&["members", "income", "u1"]);
    let rows = income["rows"].as_array().unwrap();
    let lines: Vec<_> = rows
        .iter()
        .map(|row| columns(row, &["day", "order"]))
        .collect();
    assert_eq!(lines, [[FIRST, "A1"], [SECOND, "A1"]]);
    assert_eq!(income["totals"]["net"], "3.587863808");
    let member = shell.json(&["members", "show", "u1"]);
    assert_eq!(member["orders"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_a_pool_is_opened_once_and_only_when_confirmed() {
    let shell = shell().await.with_orders().await;
    write(&shell, ROWS);
    let mut dry = shell.json(&import(&TOTALS, &["--dry-run"]));
    let csv = shell.ok(&import(&TOTALS, &["--dry-run", "--output", "csv"]));
    assert!(csv.starts_with("bucket,stream,rows,amount,coin\navailable,,1,10.000000000,FIL\n"));
    assert!(
        csv.contains("\nto_transfer,bonus,1,0.700000000,FIL\n"),
        "{csv}"
    );
    let words = shell.ok(&import(&TOTALS, &["--dry-run"]));
    for part in [
        "2 members can claim 16.450000008 FIL",
        "4 parts go on vesting",
        "Nothing was written.",
    ] {
        assert!(words.contains(part), "{part} is not in {words}");
    }
    let (exit, error) = shell.refused(&import(&TOTALS, &[]));
    assert_eq!((exit, &error["code"]), (2, &"usage".into()), "{error}");
    assert!(shell.rows(&["ledger", "verify", "--pool", "space"])[0]["postings"] == 0);

    let done = shell.json(&import(&TOTALS, &["--yes"]));
    dry["dry_run"] = false.into();
    assert_eq!(done, dry);
    let before = verified(&shell);
    for more in ["--yes", "--dry-run"] {
        let (exit, error) = shell.refused(&import(&TOTALS, &[more]));
        assert_eq!((exit, &error["code"]), (1, &"refused".into()));
        let said = error["message"].as_str().unwrap();
        let who = "pool space was opened with \"old.csv\" by alice at 20";
        assert!(said.contains(who), "{said}");
    }
    assert_eq!(verified(&shell), before);

    let books = shell.books().await;
    let mut session = books.look().await.unwrap();
    let line = session.audit_lines(1).await.unwrap().remove(0);
    let sha256 = done["sha256"].as_str().unwrap();
    assert_eq!(
        (line.by.as_str(), line.action.as_str()),
        ("alice", "import opening")
    );
    assert!(
        line.detail.contains("old.csv") && line.detail.contains(sha256),
        "{}",
        line.detail
    );
    let pool = session
        .pools()
        .await
        .unwrap()
        .into_iter()
        .find(|it| it.id.as_str() == "space");
    let kept = session
        .opening(pool.unwrap().number)
        .await
        .unwrap()
        .unwrap();
    let digest: String = kept
        .digest
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!((kept.file.as_str(), digest.as_str()), ("old.csv", sha256));
    session.end().await.unwrap();
    books.close().await;
}

#[tokio::test]
async fn of_two_who_open_a_pool_one_does() {
    let shell = shell().await.with_orders().await;
    write(&shell, ROWS);
    let line = import(&TOTALS, &["--yes"]);
    let mut both = ["a.log", "b.log"].map(|log| shell.start(&line, log));
    let ended = both.each_mut().map(|child| child.wait().unwrap());
    let done = ended.iter().filter(|status| status.success()).count();
    assert_eq!(done, 1, "{ended:?}");
    let u1 = ["10", "2.5", "0.500000002", "0.7", "0", "1000", "0"];
    assert_eq!(balance(&shell, "u1"), u1);
    verified(&shell);
}

#[tokio::test]
async fn a_workbook_opens_a_pool_with_members_that_are_not_there() {
    let shell = shell().await;
    shell.ok(&["migrate"]);
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (at, name) in (0..).zip([
        "member", "bucket", "amount", "stream", "day", "steps", "done",
    ]) {
        sheet.write(0, at, name).unwrap();
    }
    let rows = [("u9", "available", 12.25), ("u8", "vesting", 0.9)];
    for (row, (member, bucket, amount)) in (1..).zip(rows) {
        sheet.write(row, 0, member).unwrap();
        sheet.write(row, 1, bucket).unwrap();
        sheet.write(row, 2, amount).unwrap();
    }
    let day = ExcelDateTime::from_ymd(2024, 10, 30).unwrap();
    let format = Format::new().set_num_format("yyyy-mm-dd");
    sheet.write(2, 3, "mainnet").unwrap();
    sheet.write_with_format(2, 4, &day, &format).unwrap();
    sheet.write(2, 5, 3).unwrap();
    sheet.write(2, 6, 1).unwrap();
    book.save(shell.path("old.csv")).unwrap();

    let totals = [&["available=12.25", "vesting=0.6"], &NOTHING[..]].concat();
    let (_, error) = shell.refused(&import(&totals, &["--yes"]));
    let said = error["message"].as_str().unwrap();
    for row in ["row 2, member \"u9\"", "row 3, member \"u8\""] {
        assert!(
            said.contains(row) && said.contains("--create-members"),
            "{said}"
        );
    }
    assert!(shell.rows(&["members", "list"]).is_empty());
    let dry = shell.json(&import(&totals, &["--create-members", "--dry-run"]));
    assert_eq!(dry["added"], serde_json::json!(["u8", "u9"]));
    assert!(shell.rows(&["members", "list"]).is_empty());
    shell.ok(&import(&totals, &["--create-members", "--yes"]));
    assert_eq!(balance(&shell, "u9")[0], "12.25");
    assert_eq!(balance(&shell, "u8")[2], "0.6");
}

#[tokio::test]
async fn days_that_were_settled_before_are_stated_anew() {
    let shell = shell().await.with_orders().await;
    settle(&shell, FIRST);
    assert_eq!(report(&shell, &["owed"])[0], ["1.955474548"]);
    let rows = "u1,available,10,,,,,\nu1,vesting,4,mainnet,2024-10-31,2,1,\n";
    write(&shell, rows);
    let totals = [&["available=10", "vesting=2"], &NOTHING[..]].concat();
    shell.ok(&import(&totals, &["--yes"]));
    assert_eq!(report(&shell, &["owed"])[0], ["13.955474548"]);
    // The first day's release was not made yet.
    settle(&shell, SECOND);
    assert_eq!(balance(&shell, "u1")[..3], ["15.587863808", "0", "0"]);
    assert_eq!(
        report(&shell, &["vested", "owed"])[0],
        ["2.000000000", "13.955474548"]
    );
    let checked = shell.rows(&["settle", "verify", "--pool", "space"]);
    assert_eq!(checked[0]["settlements"], 2);
}
