//! Made-up books, read from a file, agree line by line with the slow exact calculation.

use std::fmt::Write as _;

use serde_json::Value;

use super::books::{Random, book};
use super::oracle::{self, Answer, Line, Order};
use super::{HEADER, Shell};

fn file(orders: &[Order]) -> String {
    orders.iter().fold(HEADER.to_owned(), |mut file, order| {
        let [id, member, power] = [&order.id, &order.member, &order.power];
        let [fee_rate, coefficient] = [&order.fee_rate, &order.coefficient];
        writeln!(
            file,
            "{id},{member},{power},{fee_rate},{coefficient},2026-01-01,"
        )
        .unwrap();
        file
    })
}

fn lines(csv: &str) -> Vec<Line> {
    let mut rows = csv.lines();
    assert_eq!(rows.next(), Some("order,member,gross,fee,net"));
    rows.map(|row| {
        let mut cells = row.split(',').map(str::to_owned);
        let mut cell = || cells.next().unwrap();
        Line {
            order: cell(),
            member: cell(),
            gross: cell(),
            fee: cell(),
            net: cell(),
        }
    })
    .collect()
}

fn answer(json: &Value) -> Answer {
    let text = |of: &Value, key: &str| of[key].as_str().unwrap().to_owned();
    let lines = json["lines"].as_array().unwrap().iter();
    let line = |line| Line {
        order: text(line, "order"),
        member: text(line, "member"),
        gross: text(line, "gross"),
        fee: text(line, "fee"),
        net: text(line, "net"),
    };
    let total = |key| text(&json["totals"], key);
    Answer {
        lines: lines.map(line).collect(),
        net: total("net"),
        fee: total("fee"),
        retained: total("retained"),
    }
}

fn compare(income: &str, orders: &[Order], whole: Option<&str>) {
    let shell = Shell::with(file(orders));
    let amount = format!("{income} FIL");
    let mut options = vec!["--income", &amount, "--oversold", "scale"];
    if let Some(power) = whole {
        options.extend(["--whole", power]);
    }
    let shown_as = |format| shell.earnings(&[&options[..], &["--output", format]].concat());
    let said = oracle::shared(income, orders, whole, true).unwrap();
    let found = lines(&shown_as("csv").done());
    for (found, said) in found.iter().zip(&said.lines) {
        assert_eq!(found, said, "{income} of {whole:?}");
    }
    assert_eq!(found.len(), said.lines.len());
    assert!(
        answer(&shown_as("json").json()) == said,
        "{income} of {whole:?}"
    );
}

#[test]
fn books_of_ten_orders() {
    let mut random = Random::seeded();
    for whole in [None, Some("118.950 PB"), Some("1 PiB"), Some("1048576 EiB")] {
        let orders = book(&mut random, 10);
        let units = random.below(1_000_000_000);
        let income = format!("{}.{units:09}", random.below(9_000_000_000));
        compare(&income, &orders, whole);
        compare("0.000000007", &orders, whole);
    }
}

#[test]
fn a_book_of_ten_thousand_orders() {
    let orders = book(&mut Random::seeded(), 10_000);
    compare("237.098", &orders, None);
    compare("9223372036.854775807", &orders, Some("1 EiB"));
}

/// With `PAYDIRT_LONG`.
#[test]
fn a_book_of_a_million_orders() {
    if std::env::var_os("PAYDIRT_LONG").is_some() {
        let orders = book(&mut Random::seeded(), 1_000_000);
        compare("237098.000000001", &orders, None);
    }
}
