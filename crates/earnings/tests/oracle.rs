//! Made-up books come out as a slow exact calculation says, line by line.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../../../tests/earnings/books.rs"]
mod books;
#[path = "../../../tests/earnings/oracle.rs"]
mod oracle;

use books::{Random, book};
use oracle::{Answer, Line};
use paydirt_earnings::{Claim, EarningsError, Order, Oversold, Whole, share_orders};
use paydirt_money::{Amount, Coefficient, Coin, FeeRate, PoolPower, Power};

fn claim(order: &oracle::Order) -> Claim {
    Claim {
        power: Power::parse(&order.power).unwrap(),
        coefficient: Coefficient::parse(&order.coefficient).unwrap(),
        fee_rate: FeeRate::parse(&order.fee_rate).unwrap(),
    }
}

fn by_the_crate(
    income: &str,
    orders: &[oracle::Order],
    whole: Option<&str>,
    oversold: Oversold,
) -> Option<Answer> {
    let claims: Vec<Order<'_>> = orders
        .iter()
        .map(|order| Order {
            id: &order.id,
            claim: claim(order),
        })
        .collect();
    let whole = whole.map_or(Whole::Sold, |text| {
        Whole::Pool(PoolPower::parse(text).unwrap())
    });
    let income = Amount::parse(income, Coin::FIL).unwrap();
    let earned = match share_orders(income, &claims, whole, oversold) {
        Err(EarningsError::Oversold { .. }) => return None,
        earned => earned.unwrap(),
    };
    let text = |units| Amount::from_units(units, Coin::FIL).to_fixed();
    let lines = earned.by_id().map(|(at, part)| Line {
        order: orders[at].id.clone(),
        member: orders[at].member.clone(),
        gross: text(part.gross),
        fee: text(part.fee),
        net: text(part.net()),
    });
    Some(Answer {
        lines: lines.collect(),
        net: earned.shared.net.to_fixed(),
        fee: earned.shared.fee.to_fixed(),
        retained: earned.shared.retained.to_fixed(),
    })
}

fn compare(income: &str, orders: &[oracle::Order], whole: Option<&str>) {
    for oversold in [Oversold::Refuse, Oversold::Scale] {
        let scale = oversold == Oversold::Scale;
        let found = by_the_crate(income, orders, whole, oversold);
        let said = oracle::shared(income, orders, whole, scale);
        let of_what = format!("{income} of {whole:?}, {oversold:?}");
        match (found, said) {
            (Some(found), Some(said)) => {
                for (found, said) in found.lines.iter().zip(&said.lines) {
                    assert_eq!(found, said, "{of_what}");
                }
                assert!(found == said, "{of_what}");
            }
            (found, said) => assert_eq!(found, said, "{of_what}"),
        }
        if whole.is_none() {
            return;
        }
    }
}

#[test]
fn books_of_ten_orders_agree_with_the_oracle_line_by_line() {
    let mut random = Random::seeded();
    for _ in 0..60 {
        let orders = book(&mut random, 10);
        let wholes = ["118.950 PB", "1 PiB", "2 EiB"];
        let income = format!("{}.{:09}", random.below(3000), random.below(1_000_000_000));
        for whole in wholes.map(Some).into_iter().chain([None]) {
            compare(&income, &orders, whole);
            // So little that most get nothing, and so much that it needs the wide path.
            compare("0.000000004", &orders, whole);
            compare("9223372036.854775807", &orders, whole);
        }
    }
}

#[test]
fn a_book_of_ten_thousand_orders_agrees_with_the_oracle_line_by_line() {
    let orders = book(&mut Random::seeded(), 10_000);
    compare("237.098", &orders, Some("1 EiB"));
    compare("9223372036.854775807", &orders, None);
}

#[test]
fn a_book_of_a_million_orders_agrees_with_the_oracle_line_by_line() {
    if std::env::var_os("PAYDIRT_LONG").is_none() {
        return;
    }
    let orders = book(&mut Random::seeded(), 1_000_000);
    compare("237098.000000001", &orders, None);
}
