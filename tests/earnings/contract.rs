//! What is printed, and what counts.

use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

use super::{HEADER, NOTE, Shell};

#[test]
fn the_operators_note_comes_out_to_the_unit() {
    let shell = Shell::with([HEADER, NOTE].concat());
    let whole = ["--whole", "118.950 PB"];
    let shown_as = |format| shell.earnings(&[&whole[..], &["--output", format]].concat());
    let line = "A1,u1,1.793931904,0.000000000,1.793931904\n";
    let csv = shown_as("csv").done();
    assert_eq!(csv, ["order,member,gross,fee,net\n", line].concat());
    let expect = json!({
        "lines": [{
            "order": "A1",
            "member": "u1",
            "gross": "1.793931904",
            "fee": "0.000000000",
            "net": "1.793931904",
        }],
        "totals": {
            "net": "1.793931904",
            "fee": "0.000000000",
            "retained": "235.304068096",
        },
    });
    assert_eq!(shown_as("json").json(), expect);
    let table = shell.earnings(&whole).done();
    for shown in [
        "1.793931904",
        "0.007566204287515762",
        "237.098 FIL = 1.793931904 net + 0.000000000 fee + 235.304068096 retained\n",
        "Orders that count on 2026-11-20: 1; left out: 0.\n",
    ] {
        assert!(table.contains(shown), "{table}");
    }
}

#[test]
fn lines_stand_by_order_id_whatever_the_file() {
    let rows = [
        "b,u1,1 TiB,0.1,1,2026-01-01,\n",
        "B,u2,1 TiB,0.1,1,2026-01-01,\n",
        "10,u1,1 TiB,0.1,1,2026-01-01,\n",
        "9,u3,1 TiB,0.1,1,2026-01-01,\n",
        "单,u3,1 TiB,0.1,1,2026-01-01,\n",
    ];
    let csv = |rows: &[&str]| {
        let shell = Shell::with([HEADER, &rows.concat()].concat());
        let income = ["--income", "0.000000012 FIL", "--output", "csv"];
        shell.earnings(&income).done()
    };
    let straight = csv(&rows);
    let found: Vec<&str> = straight.lines().collect();
    let expect = [
        "order,member,gross,fee,net",
        "10,u1,0.000000003,0.000000000,0.000000003",
        "9,u3,0.000000003,0.000000000,0.000000003",
        "B,u2,0.000000002,0.000000000,0.000000002",
        "b,u1,0.000000002,0.000000000,0.000000002",
        "单,u3,0.000000002,0.000000000,0.000000002",
    ];
    assert_eq!(found, expect);
    let turned: Vec<&str> = rows.iter().rev().copied().collect();
    assert_eq!(csv(&turned), straight);
}

#[test]
fn an_order_counts_from_its_start_to_the_day_before_its_end() {
    let rows = [
        "ended,u,1 TiB,0,1,2026-01-01,2026-11-20\n",
        "ends,u,1 TiB,0,1,2026-01-01,2026-11-21\n",
        "starts,u,1 TiB,0,1,2026-11-20,\n",
        "to-come,u,1 TiB,0,1,2026-11-21,\n",
    ];
    let shell = Shell::with([HEADER, &rows.concat()].concat());
    let orders = |day: &str| -> Vec<String> {
        let csv = shell.earnings(&["--day", day, "--output", "csv"]).done();
        let first = |line: &str| line.split(',').next().unwrap().to_owned();
        csv.lines().skip(1).map(first).collect()
    };
    assert_eq!(orders("2026-11-19"), ["ended", "ends"]);
    assert_eq!(orders("2026-11-20"), ["ends", "starts"]);
    assert_eq!(orders("2026-11-21"), ["starts", "to-come"]);
    let none = shell.earnings(&["--day", "2025-12-31", "--output", "json"]);
    let expect = json!({
        "lines": [],
        "totals": { "net": "0.000000000", "fee": "0.000000000", "retained": "237.098000000" },
    });
    assert_eq!(none.json(), expect);
    let table = shell.earnings(&[]).done();
    assert!(table.contains("Orders that count on 2026-11-20: 2; left out: 2."));
}

#[test]
fn a_coefficient_is_1_unless_the_row_says_another() {
    let with = "order,coefficient,member,power,fee_rate,start\n\
                a,0.5,u,1 TiB,0.2,2026-01-01\n\
                b,,u,1 TiB,0.2,2026-01-01\n";
    let without = "order,member,power,fee_rate,start\n\
                   a,u,1 TiB,0.2,2026-01-01\n\
                   b,u,1 TiB,0.2,2026-01-01\n";
    for (file, [a, b]) in [(with, ["1", "2"]), (without, ["1.5", "1.5"])] {
        let ran = Shell::with(file).earnings(&["--income", "3 ETH", "--output", "json"]);
        let lines = ran.json()["lines"].clone();
        let gross = |at: usize| lines[at]["gross"].as_str().unwrap().to_owned();
        assert!(
            gross(0).starts_with(a) && gross(1).starts_with(b),
            "{lines}"
        );
    }
}

fn text(of: &Value, key: &str) -> String {
    of[key].as_str().unwrap().to_owned()
}

#[test]
fn every_worked_case_comes_out_of_the_command() {
    let cases = include_str!("../vectors/earnings.json");
    let cases: Vec<Value> = serde_json::from_str(cases).unwrap();
    assert!(cases.len() >= 16);
    for case in &cases {
        let mut file = HEADER.to_owned();
        for order in case["orders"].as_array().unwrap() {
            let cells = ["order", "member", "power", "fee_rate", "coefficient"];
            file += &cells.map(|key| text(order, key)).join(",");
            file += ",2026-01-01,\n";
        }
        let income = format!("{} FIL", text(case, "income"));
        let mut options = vec!["--income", &income, "--output", "json"];
        if let Some(power) = case["pool_power"].as_str() {
            options.extend(["--whole", power]);
        }
        if let Some(how) = case["oversold"].as_str() {
            options.extend(["--oversold", how]);
        }
        let ran = Shell::with(file).earnings(&options);
        let expect = &case["expect"];
        if expect["error"] == "oversold" {
            assert!(ran.refused(4).contains("\"code\":\"oversold\""));
            continue;
        }
        let answer = ran.json();
        let mut lines = expect["lines"].as_array().unwrap().clone();
        lines.sort_by_key(|line| text(line, "order"));
        assert_eq!(answer["lines"], json!(lines), "{}", case["name"]);
        for key in ["net", "fee", "retained"] {
            assert_eq!(answer["totals"][key], expect[key], "{}", case["name"]);
        }
    }
}

#[test]
fn ids_that_a_spreadsheet_would_run_are_defused() {
    let shell = Shell::with([HEADER, "-1+2,@u,1 TiB,0,1,2026-01-01,\n"].concat());
    let csv = shell.earnings(&["--output", "csv"]).done();
    assert!(csv.contains("\n'-1+2,'@u,237.098000000,"), "{csv}");
    let json = shell.earnings(&["--output", "json"]).json();
    assert_eq!(json["lines"][0]["order"], "-1+2");
}

#[test]
fn a_table_of_many_lines_comes_in_pages_and_leaves_none_out() {
    let rows = (0..5001).map(|at| format!("o{at},u,1 TiB,0,1,2026-01-01,\n"));
    let shell = Shell::with([HEADER.to_owned(), rows.collect()].concat());
    let table = shell.earnings(&[]).done();
    let lines = |start| {
        table
            .lines()
            .filter(|line| line.trim_start().starts_with(start))
            .count()
    };
    assert_eq!((lines("o"), lines("ORDER")), (5001, 2));
}

#[test]
fn a_workbook_is_read_as_strictly_as_csv() {
    let shell = Shell::with([HEADER, NOTE].concat());
    let workbook = |formula: bool| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (row, line) in (0..).zip([HEADER, NOTE]) {
            for (column, cell) in (0..).zip(line.trim().split(',')) {
                sheet.write_string(row, column, cell).unwrap();
            }
        }
        if formula {
            sheet.write_formula(1, 3, "=1-1").unwrap();
        }
        book.save(shell.path("orders.xlsx")).unwrap();
        let line = "earnings --orders orders.xlsx --day 2026-11-20 --output csv";
        let line: Vec<&str> = line.split(' ').collect();
        shell.run(&[&line[..], &["--income", "237.098 FIL"]].concat())
    };
    let csv = shell.earnings(&["--output", "csv"]).done();
    assert_eq!(workbook(false).done(), csv);
    let said = workbook(true).refused(1);
    assert!(
        said.contains("\n  row 2, fee_rate") && said.contains("formula"),
        "{said}"
    );
}

#[test]
fn no_configuration_is_read_and_nothing_is_written() {
    let shell = Shell::with([HEADER, NOTE].concat());
    std::fs::write(shell.path("paydirt.toml"), "this is none").unwrap();
    shell.earnings(&[]).done();
    let files = std::fs::read_dir(shell.path("")).unwrap().count();
    assert_eq!(files, 2);
}
