//! The worked cases of earnings: each line's gross, fee and net, and what is retained.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use paydirt_money::{
    Amount, Coefficient, Coin, FeeRate, MoneyError, PoolPower, Power, Share, Split, split,
    total_weight,
};
use serde_json::Value;

const CASES: &str = include_str!("../../../tests/vectors/earnings.json");

fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key} in {of}"))
}

fn shared(case: &Value) -> Result<Split, MoneyError> {
    let orders = case["orders"].as_array().unwrap();
    let share = |order| Share {
        weight: Power::parse(text(order, "power"))
            .unwrap()
            .weight(Coefficient::parse(text(order, "coefficient")).unwrap()),
        key: text(order, "order").as_bytes(),
    };
    let shares: Vec<Share<&[u8]>> = orders.iter().map(share).collect();
    let sold = total_weight(&shares).unwrap();
    let whole = match case["pool_power"].as_str() {
        Some(power) => PoolPower::parse(power).unwrap().whole(),
        None => sold,
    };
    let whole = if case["oversold"] == "scale" {
        whole.max(sold)
    } else {
        whole
    };
    split(
        Amount::parse(text(case, "income"), Coin::FIL).unwrap(),
        &shares,
        whole,
    )
}

#[test]
fn every_worked_case_comes_out_to_the_unit() {
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    assert!(cases.len() >= 14, "only {} cases", cases.len());
    for case in &cases {
        let name = text(case, "name");
        let expect = &case["expect"];
        let split = match shared(case) {
            Err(MoneyError::Oversold { .. }) => {
                assert_eq!(expect["error"], "oversold", "{name}");
                continue;
            }
            other => other.unwrap(),
        };
        let orders = case["orders"].as_array().unwrap();
        let lines = expect["lines"].as_array().unwrap();
        assert_eq!(lines.len(), split.units().len(), "{name}");
        let (mut fees, mut nets) = (Amount::zero(Coin::FIL), Amount::zero(Coin::FIL));
        for ((order, gross), line) in orders.iter().zip(split.parts()).zip(lines) {
            let fee = FeeRate::parse(text(order, "fee_rate"))
                .unwrap()
                .fee_of(gross)
                .unwrap();
            let net = gross.checked_sub(fee).unwrap();
            assert_eq!(text(order, "order"), text(line, "order"), "{name}");
            assert_eq!(gross.to_fixed(), text(line, "gross"), "{name}");
            assert_eq!(fee.to_fixed(), text(line, "fee"), "{name}");
            assert_eq!(net.to_fixed(), text(line, "net"), "{name}");
            fees = fees.checked_add(fee).unwrap();
            nets = nets.checked_add(net).unwrap();
        }
        assert_eq!(fees.to_fixed(), text(expect, "fee"), "{name}");
        assert_eq!(nets.to_fixed(), text(expect, "net"), "{name}");
        assert_eq!(
            split.retained().to_fixed(),
            text(expect, "retained"),
            "{name}"
        );
    }
}
