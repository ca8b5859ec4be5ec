//! The worked cases: each line's gross, fee and net, what is retained, and what is released when.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use paydirt_earnings::{
    Claim, Earned, EarningsError, Order, Oversold, Release, Steps, Vesting, Whole, decompose,
    released, share_orders,
};
use paydirt_money::{Amount, Coefficient, Coin, FeeRate, PoolPower, Portion, Power};
use serde_json::Value;

const EARNINGS: &str = include_str!("../../../tests/vectors/earnings.json");
const RELEASE: &str = include_str!("../../../tests/vectors/release.json");

fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key} in {of}"))
}

fn units(text: &str) -> i64 {
    Amount::parse(text, Coin::FIL).unwrap().units()
}

fn fixed(units: i64) -> String {
    Amount::from_units(units, Coin::FIL).to_fixed()
}

fn shared(case: &Value) -> Result<Earned, EarningsError> {
    let orders: Vec<Order<'_>> = case["orders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|order| Order {
            id: text(order, "order"),
            claim: Claim {
                power: Power::parse(text(order, "power")).unwrap(),
                coefficient: Coefficient::parse(text(order, "coefficient")).unwrap(),
                fee_rate: FeeRate::parse(text(order, "fee_rate")).unwrap(),
            },
        })
        .collect();
    let whole = match case["pool_power"].as_str() {
        Some(power) => Whole::Pool(PoolPower::parse(power).unwrap()),
        None => Whole::Sold,
    };
    let oversold = match case["oversold"].as_str() {
        Some("scale") => Oversold::Scale,
        _ => Oversold::Refuse,
    };
    let income = Amount::parse(text(case, "income"), Coin::FIL).unwrap();
    share_orders(income, &orders, whole, oversold)
}

#[test]
fn every_worked_case_of_a_split_comes_out_to_the_unit() {
    let cases: Vec<Value> = serde_json::from_str(EARNINGS).unwrap();
    assert!(cases.len() >= 16, "only {} cases", cases.len());
    for case in &cases {
        let name = text(case, "name");
        let expect = &case["expect"];
        let earned = match shared(case) {
            Err(EarningsError::Oversold { .. }) => {
                assert_eq!(expect["error"], "oversold", "{name}");
                continue;
            }
            other => other.unwrap(),
        };
        let orders = case["orders"].as_array().unwrap();
        let lines = expect["lines"].as_array().unwrap();
        let parts = earned.as_given();
        assert_eq!(
            (parts.len(), orders.len()),
            (lines.len(), lines.len()),
            "{name}"
        );
        for ((order, part), line) in orders.iter().zip(parts).zip(lines) {
            assert_eq!(text(order, "order"), text(line, "order"), "{name}");
            assert_eq!(fixed(part.gross), text(line, "gross"), "{name}");
            assert_eq!(fixed(part.fee), text(line, "fee"), "{name}");
            assert_eq!(fixed(part.net()), text(line, "net"), "{name}");
        }
        let shared = &earned.shared;
        assert_eq!(shared.fee.to_fixed(), text(expect, "fee"), "{name}");
        assert_eq!(shared.net.to_fixed(), text(expect, "net"), "{name}");
        assert_eq!(
            shared.retained.to_fixed(),
            text(expect, "retained"),
            "{name}"
        );
        let oversold_and_scaled = case["oversold"] == "scale";
        assert_eq!(shared.scaled, oversold_and_scaled, "{name}");
    }
}

/// What is released on the earning day and after it, a day each.
fn by_day(case: &Value) -> Vec<i64> {
    let days = u32::try_from(case["linear_days"].as_u64().unwrap()).unwrap();
    let immediate = Portion::parse(text(case, "immediate")).unwrap();
    let vesting = Vesting::new(immediate, Release::Linear { days }).unwrap();
    let net = units(text(case, "net"));
    let at_once = vesting.immediate_of(net);
    let later = net - at_once;
    let (quotient, remainder) = decompose(later, vesting.steps()).unwrap();
    let mut released_by_day = vec![at_once];
    for day in 1..=days {
        let steps = Steps::new(day - 1, day, days).unwrap();
        let part = released(later, day, days) - released(later, day - 1, days);
        let mut sums = [0];
        steps.add(&[quotient], &[remainder], &mut sums).unwrap();
        assert_eq!((steps.of(later), sums), (part, [part]));
        released_by_day.push(part);
    }
    released_by_day
}

#[test]
fn every_worked_case_of_a_release_comes_out_to_the_unit() {
    let cases: Vec<Value> = serde_json::from_str(RELEASE).unwrap();
    assert!(cases.len() >= 6, "only {} cases", cases.len());
    for case in &cases {
        let name = text(case, "name");
        let released = by_day(case);
        if let Some(second) = case["second_day"].as_str() {
            // What the second day's line frees at once, and the first step of the first day's.
            assert_eq!(fixed(released[0] + released[1]), second, "{name}");
            continue;
        }
        for (day, expect) in case["released_on_day"].as_object().unwrap() {
            let day: usize = day.parse().unwrap();
            assert_eq!(
                fixed(released[day]),
                expect.as_str().unwrap(),
                "{name}, day {day}"
            );
        }
        assert_eq!(fixed(released.iter().sum()), text(case, "sum"), "{name}");
        assert_eq!(text(case, "sum"), fixed(units(text(case, "net"))), "{name}");
    }
}
