//! Bad input: every problem is listed with its row, nothing is printed, nothing is calculated.

use serde_json::Value;

use super::{HEADER, NOTE, Shell};

/// What the refusal of this file says; it exits with 1, and an error in JSON has the same message.
#[track_caller]
fn refused(file: impl AsRef<[u8]>) -> String {
    let shell = Shell::with(file);
    let said = shell.earnings(&["--whole", "118.950 PB"]).refused(1);
    let json = shell.earnings(&["--output", "json"]).refused(1);
    let error: Value = serde_json::from_str(&json).unwrap();
    let error = &error["error"];
    let message = error["message"].as_str().unwrap();
    assert_eq!(said, format!("error: {message}\n"));
    assert_eq!(error["code"], "file");
    assert!(!error["cure"].as_str().unwrap().is_empty());
    said
}

/// A file with one good row and this one after it.
fn with_row(row: &str) -> String {
    [HEADER, NOTE, row, "\n"].concat()
}

#[track_caller]
fn assert_says(said: &str, all: &[&str]) {
    for expected in all {
        assert!(said.contains(expected), "{expected:?} is not in {said}");
    }
}

#[test]
fn a_cell_that_can_not_be_read_is_named_with_its_row() {
    for (row, named) in [
        ("B,u,1e3 TB,0,1,2026-01-01,", "power \"1e3 TB\""),
        ("B,u,９00 TB,0,1,2026-01-01,", "power \"９00 TB\""),
        ("B,u,-1 TB,0,1,2026-01-01,", "power \"-1 TB\""),
        ("B,u,900 XB,0,1,2026-01-01,", "power \"900 XB\""),
        ("B,u,900,0,1,2026-01-01,", "power \"900\""),
        ("B,u,9 EiB,0,1,2026-01-01,", "power \"9 EiB\""),
        ("B,u,NaN TB,0,1,2026-01-01,", "power \"NaN TB\""),
        ("B,u,1 TB,1.5,1,2026-01-01,", "fee_rate \"1.5\""),
        ("B,u,1 TB,-0.1,1,2026-01-01,", "fee_rate \"-0.1\""),
        ("B,u,1 TB,15%,1,2026-01-01,", "fee_rate \"15%\""),
        ("B,u,1 TB,1e-1,1,2026-01-01,", "fee_rate \"1e-1\""),
        (
            "B,u,1 TB,0.1234567890,1,2026-01-01,",
            "fee_rate \"0.1234567890\"",
        ),
        (
            "B,u,1 TB,0,0.0000001,2026-01-01,",
            "coefficient \"0.0000001\"",
        ),
        ("B,u,1 TB,0,-1,2026-01-01,", "coefficient \"-1\""),
        ("B,u,1 TB,0,1,2026-02-30,", "start \"2026-02-30\""),
        ("B,u,1 TB,0,1,20260101,", "start \"20260101\""),
        ("B,u,1 TB,0,1,,", "start"),
        ("B,u,1 TB,0,1,2026-03-01,2026-02-01", "end \"2026-02-01\""),
        ("B,u,1 TB,0,1,2026-03-01,2026-03-01", "end \"2026-03-01\""),
        (
            "A1,u,1 TB,0,1,2026-01-01,",
            "order \"A1\": stands in row 2 already",
        ),
        (",u,1 TB,0,1,2026-01-01,", "order"),
        ("B,,1 TB,0,1,2026-01-01,", "member"),
    ] {
        let said = refused(with_row(row));
        let named = format!("\n  row 3, {named}");
        assert_says(
            &said,
            &["orders.csv was refused, nothing was taken from it", &named],
        );
    }
}

#[test]
fn all_problems_of_all_rows_are_listed_at_once() {
    let file = [
        HEADER,
        "A,u,1 TB,1.5,1,2026-01-01,\n",
        "B,u,1 TB,0.1,1,2026-01-01,\n",
        "C,u,1e3 TB,0.1,x,2026-03-01,2026-01-01\n",
        "B,u,1 XB,2,1,yesterday,\n",
    ];
    let said = refused(file.concat());
    let places = [
        "\n  row 2, fee_rate \"1.5\"",
        "\n  row 4, power \"1e3 TB\"",
        "\n  row 4, coefficient \"x\"",
        "\n  row 4, end \"2026-01-01\"",
        "\n  row 5, order \"B\"",
        "\n  row 5, power \"1 XB\"",
        "\n  row 5, fee_rate \"2\"",
        "\n  row 5, start \"yesterday\"",
    ];
    assert_says(&said, &places);
    assert_eq!(said.matches("\n  row ").count(), places.len(), "{said}");
}

#[test]
fn a_bad_order_that_does_not_count_on_the_day_refuses_the_file_all_the_same() {
    assert_says(&refused(with_row("B,u,1 TB,1.5,1,2030-01-01,")), &["row 3"]);
}

#[test]
fn a_file_that_begins_with_a_byte_order_mark_is_refused() {
    let said = refused(["\u{feff}", HEADER, NOTE].concat());
    assert_says(&said, &["byte order mark"]);
}

#[test]
fn another_delimiter_is_refused() {
    for delimiter in [";", "\t"] {
        let said = refused([HEADER, NOTE].concat().replace(',', delimiter));
        assert_says(&said, &["row 1"]);
    }
}

#[test]
fn columns_that_are_missing_unknown_or_double_are_refused() {
    let said = refused("order,member,power,fee,coefficient,start,end\n");
    assert_says(&said, &["fee_rate", "\"fee\""]);
    refused("order,order,member,power,fee_rate,coefficient,start,end\n");
    refused("");
}

#[test]
fn a_row_with_a_cell_too_many_or_too_few_is_refused() {
    for row in ["B,u,1 TB,0,1,2026-01-01,,", "B,u,1 TB,0,1"] {
        assert_says(&refused(with_row(row)), &["row 3"]);
    }
}

#[test]
fn what_is_no_text_is_refused() {
    let mut file = [HEADER, NOTE].concat().into_bytes();
    file.extend(b"B,\xff\xfe,1 TB,0,1,2026-01-01,\n");
    assert_says(&refused(file), &["row 3"]);
    let said = Shell::with("\u{1}\u{2}\0").earnings(&[]).refused(1);
    assert_says(&said, &["orders.csv"]);
}

#[test]
fn a_file_that_is_not_there_is_said_so() {
    let said = Shell::new().earnings(&[]).refused(1);
    assert_says(&said, &["can't read orders.csv", "check the path"]);
}

#[test]
fn streams_and_later_versions_are_refused_because_one_income_of_one_day_is_shared() {
    let file = [
        "order,member,power,fee_rate,start,streams,valid_from\n",
        "A,u,1 TB,0,2026-01-01,,2026-11-20\n",
        "B,u,1 TB,0,2026-01-01,mainnet,\n",
        "C,u,1 TB,0,2026-01-01,,2026-11-21\n",
        "D,u,1 TB,2,2026-01-01,,\n",
    ];
    let said = refused(file.concat());
    let places = [
        "row 3, streams \"mainnet\"",
        "row 4, valid_from \"2026-11-21\"",
        "row 5, fee_rate \"2\"",
    ];
    assert_says(&said, &places);
    assert!(!said.contains("row 2"), "{said}");
    Shell::with(file[..2].concat()).earnings(&[]).done();
}

#[test]
fn more_sold_than_the_pool_has_is_refused_unless_it_is_to_be_scaled() {
    let shell = Shell::with([HEADER, NOTE].concat());
    let whole = ["--whole", "800 TB"];
    let said = shell.earnings(&whole).refused(4);
    let oversold = "oversold: the orders weigh 900 TB of a whole of 800 TB";
    assert_says(&said, &[oversold, "scale"]);
    let scaled = shell.earnings(&[&whole[..], &["--oversold", "scale"]].concat());
    let shared = ["237.098000000 net", "shared by the sum of the weights"];
    assert_says(&scaled.done(), &shared);
}

#[test]
fn a_wrong_command_line_exits_with_2_and_calculates_nothing() {
    let shell = Shell::with([HEADER, NOTE].concat());
    let good = [
        ("--income", "1 FIL"),
        ("--day", "2026-11-20"),
        ("--orders", "orders.csv"),
    ];
    for (option, value) in [
        ("--income", "1e3 FIL"),
        ("--income", "１ FIL"),
        ("--income", "1.0123456789 FIL"),
        ("--income", "-1 FIL"),
        ("--income", "237.098"),
        ("--income", "237.098 XYZ"),
        ("--income", "237.098 fil"),
        ("--income", "9223372036.854775808 FIL"),
        ("--day", "2026-02-30"),
        ("--day", "20-11-2026"),
        ("--day", "２０２６-11-20"),
        ("--whole", "118.950"),
        ("--whole", "118.950 XB"),
        ("--whole", "-1 PB"),
        ("--whole", "1e3 PB"),
        ("--whole", "1048577 EiB"),
        ("--oversold", "ignore"),
    ] {
        let others = good.iter().copied().filter(|(other, _)| *other != option);
        let options = others.chain([(option, value)]);
        let options: Vec<String> = options.map(|(o, v)| format!("{o}={v}")).collect();
        let mut line = vec!["earnings"];
        line.extend(options.iter().map(String::as_str));
        let said = shell.run(&line).refused(2);
        assert_says(&said, &["error: ", value, &format!("for '{option}")]);
        line.push("--output=json");
        let error: Value = serde_json::from_str(&shell.run(&line).refused(2)).unwrap();
        assert_eq!(error["error"]["code"], "usage", "{option}");
    }
    let lacking = shell.run(&["earnings", "--orders", "orders.csv"]);
    assert_says(&lacking.refused(2), &["--income", "--day"]);
}
