//! `report daily`.

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};

use super::shell;
use crate::scene::{DAYS, file, filled, november};
use crate::shell::columns;

const DAILY: [&str; 4] = ["report", "daily", "--pool", "space"];

#[tokio::test]
async fn a_day_has_the_same_figures_in_each_format() {
    let shell = filled(shell().await);
    let to = november(DAYS);
    let daily = [&DAILY[..], &["--to", &to]].concat();
    let rows = shell.rows(&daily);
    assert_eq!(rows.len(), usize::try_from(DAYS).unwrap() + 1);
    let of = |format: &str, name: &str| {
        file(&shell, &[&daily[..], &["--format", format]].concat(), name)
    };
    let mut csv = csv::Reader::from_path(of("csv", "d.csv")).unwrap();
    let names: Vec<String> = csv.headers().unwrap().iter().map(str::to_owned).collect();
    let bytes = std::fs::read(of("xlsx", "d.xlsx")).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range("rows").unwrap();
    let page = std::fs::read_to_string(of("html", "d.html")).unwrap();
    for (number, (json, read)) in rows.iter().zip(csv.records()).enumerate() {
        let read = read.unwrap();
        for name in [
            "income", "net", "fees", "retained", "vested", "owed", "loss",
        ] {
            let wanted = json[name].as_str().unwrap();
            let place = names.iter().position(|other| other == name).unwrap();
            assert_eq!(&read[place], wanted);
            assert_eq!(&read[place + 1], format!("FIL {wanted}"));
            let at = (
                u32::try_from(number + 1).unwrap(),
                u32::try_from(place).unwrap(),
            );
            let cell = sheet.get_value(at).unwrap();
            assert_eq!(*cell, Data::Float(wanted.parse().unwrap()), "{name}");
            let exact = sheet.get_value((at.0, at.1 + 1)).unwrap();
            assert_eq!(*exact, Data::String(format!("FIL {wanted}")));
            if name != "owed" {
                assert!(page.contains(&format!(">{wanted}</td>")), "{name} {wanted}");
            }
        }
    }
    assert!(page.matches("<svg").count() > 4 && page.contains("mean of the 7 days before"));
}

#[tokio::test]
async fn what_is_the_whole_pools_stands_apart_from_what_is_a_streams() {
    let shell = filled(shell().await);
    let table = shell.ok(&[&DAILY[..], &["--to", &november(6)]].concat());
    let (streams, pool) = table.split_once("The whole pool by day").unwrap();
    for name in ["OWED", "TOTAL_PAID", "NETWORK_FEES", "IN_FLIGHT"] {
        assert!(!streams.contains(name) && pool.contains(name), "{table}");
    }
    let of_day = |text: &str| {
        text.lines()
            .filter(|line| line.contains(&november(5)))
            .count()
    };
    assert_eq!((of_day(streams), of_day(pool)), (2, 1), "{table}");
    let widest = table
        .lines()
        .map(|line| line.chars().count())
        .max()
        .unwrap();
    assert!(widest <= 140, "{widest}");
}

#[tokio::test]
async fn deductions_and_losses_have_columns_and_both_views_agree_without_corrections() {
    let shell = filled(shell().await);
    let to = november(DAYS);
    let of = |view: &str| shell.rows(&[&DAILY[..], &["--to", &to, "--view", view]].concat());
    let booked = of("booked");
    assert_eq!(booked, of("restated"));
    let of_day = |number: u32| {
        let day = november(number);
        let mut rows = booked.iter();
        rows.find(|row| row["day"] == *day && row["stream"] == "mainnet")
            .unwrap()
    };
    let names = ["income", "deductions", "loss", "loss_carried", "status"];
    let gas = of_day(6);
    assert_eq!(columns(gas, &names)[1..3], ["0.750000000", "0.000000000"]);
    let loss = of_day(7);
    let expected = [
        "0.000000000",
        "400.000000000",
        "159.308645000",
        "0.000000000",
        "settled",
    ];
    assert_eq!(columns(loss, &names), expected);
}

#[tokio::test]
async fn a_file_stays_as_it_is_unless_it_is_to_be_replaced() {
    let shell = filled(shell().await);
    let path = shell.path("kept.csv");
    std::fs::write(&path, "mine").unwrap();
    let line = [&DAILY[..], &["--format", "csv", "--out", "kept.csv"]].concat();
    let (exit, error) = shell.refused(&line);
    assert_eq!(
        (exit, error["code"].as_str()),
        (2, Some("usage")),
        "{error}"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    shell.ok(&[&line[..], &["--force"]].concat());
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .starts_with("pool,stream,day,")
    );
    let nowhere = ["--format", "html", "--out", "no/such/folder/d.html"];
    assert_eq!(shell.run(&[&DAILY[..], &nowhere[..]].concat()).exit(), 1);
    let left = std::fs::read_dir(path.parent().unwrap()).unwrap();
    let left = left.map(|it| it.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = left.filter(|name| name.contains(".part")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_correction_is_a_row_of_differences_and_of_nothing_else() {
    let shell = filled(shell().await);
    let day = november(6);
    let of = ["settle", "correct", "--pool", "space", "--stream"];
    let gas = ["mainnet", "--day", &day, "--reason", "more gas"];
    let line = [&of[..], &gas, &["--deductions", "2.75"]].concat();
    shell.ok(&line);
    let done = shell.run_as("bob", &line);
    assert_eq!(done.exit(), 0, "{done}");
    let rows = shell.rows(&DAILY);
    let row = rows.iter().find(|row| row["status"] == "correction");
    let row = row.unwrap();
    let names = ["income", "deductions"];
    assert_eq!(columns(row, &names), ["-2.000000000", "2.000000000"]);
    for name in [
        "members",
        "sold_power_bytes",
        "vested",
        "paid",
        "network_fees",
        "in_flight",
        "owed",
        "total_income",
        "total_net",
        "total_paid",
        "loss",
        "loss_carried",
    ] {
        assert!(row[name].is_null(), "{name}: {row}");
    }
}

#[tokio::test]
async fn a_span_that_ends_before_it_begins_is_refused() {
    let shell = filled(shell().await);
    let (from, to) = (november(6), november(5));
    let span = ["--pool", "space", "--from", &from, "--to", &to];
    for line in [
        &["report", "daily"][..],
        &["report", "member", "u1"],
        &["ledger", "export", "--format", "hledger"],
    ] {
        let (exit, error) = shell.refused(&[line, &span[..]].concat());
        let message = error["message"].as_str().unwrap();
        assert!(exit == 2 && message.contains("is after"), "{error}");
    }
}
