//! What each order earns, by rationals: slow, straight from the text of the rules, and without a
//! line of the program that it judges.
//!
//! Gross is the exact share, income * weight / whole, floored to units of 10^-9; the units missing
//! to floor(sum of exact shares) go one each to the largest remainders, ties by order id (bytes,
//! ascending). Fee is floor(gross * fee rate). What is not shared is retained.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use num_bigint::{BigInt, Sign};
use num_integer::Integer as _;
use num_rational::BigRational;

/// An order, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) member: String,
    /// With its unit: `900 TB`.
    pub(crate) power: String,
    pub(crate) fee_rate: String,
    pub(crate) coefficient: String,
}

/// What an order earned, each with 9 decimals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) order: String,
    pub(crate) member: String,
    pub(crate) gross: String,
    pub(crate) fee: String,
    pub(crate) net: String,
}

/// Lines by order id, and what they add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) lines: Vec<Line>,
    pub(crate) net: String,
    pub(crate) fee: String,
    pub(crate) retained: String,
}

/// Shares `income` (a number of coins) among `orders`, of `whole` (a power) or of their sum.
/// `None` if they are oversold and `scale` is false.
pub(crate) fn shared(
    income: &str,
    orders: &[Order],
    whole: Option<&str>,
    scale: bool,
) -> Option<Answer> {
    let weights: BTreeMap<&[u8], (BigInt, &Order)> = orders
        .iter()
        .map(|order| {
            let weight = whole_millionths(power(&order.power) * number(&order.coefficient));
            (order.id.as_bytes(), (weight, order))
        })
        .collect();
    assert_eq!(weights.len(), orders.len(), "order ids differ");
    let sold: BigInt = weights.values().map(|(weight, _)| weight).sum();
    let whole = match whole.map(|text| whole_millionths(power(text))) {
        Some(whole) if sold > whole && !scale => return None,
        Some(whole) if sold > whole => sold.clone(),
        Some(whole) => whole,
        None => sold.clone(),
    };
    let income = (number(income) * integer(1_000_000_000)).to_integer();
    // Each exact share is a fraction with the whole below, and so is their sum.
    let exact = |weight: &BigInt| match whole.sign() {
        Sign::NoSign => Default::default(),
        _ => (&income * weight).div_rem(&whole),
    };
    let (mut grosses, remainders): (Vec<_>, Vec<_>) =
        weights.values().map(|(weight, _)| exact(weight)).unzip();
    let missing = exact(&sold).0 - grosses.iter().sum::<BigInt>();
    let missing = usize::try_from(missing).expect("fewer units are missing than there are orders");
    let mut largest: Vec<_> = remainders.into_iter().map(Reverse).zip(0..).collect();
    largest.sort();
    for (_, at) in &largest[..missing] {
        let gross: &mut BigInt = &mut grosses[*at];
        *gross += 1;
    }
    Some(answer(&income, &weights, &grosses))
}

fn answer(
    income: &BigInt,
    weights: &BTreeMap<&[u8], (BigInt, &Order)>,
    grosses: &[BigInt],
) -> Answer {
    let (mut net_sum, mut fee_sum) = (BigInt::ZERO, BigInt::ZERO);
    let mut lines = Vec::with_capacity(grosses.len());
    for ((_, order), gross) in weights.values().zip(grosses) {
        let fee = BigRational::from(gross.clone()) * number(&order.fee_rate);
        let fee = fee.floor().to_integer();
        let net = gross - &fee;
        lines.push(Line {
            order: order.id.clone(),
            member: order.member.clone(),
            gross: coins(gross),
            fee: coins(&fee),
            net: coins(&net),
        });
        net_sum += net;
        fee_sum += fee;
    }
    Answer {
        lines,
        net: coins(&net_sum),
        fee: coins(&fee_sum),
        retained: coins(&(income - net_sum - fee_sum)),
    }
}

/// `900 TB` in bytes, rounded to the nearest, halves up.
fn power(text: &str) -> BigRational {
    let (digits, unit) = text.split_once(' ').expect("a number and its unit");
    let (base, prefix) = match unit.strip_suffix("iB") {
        Some(prefix) => (1024, prefix),
        None => (1000, unit.strip_suffix('B').expect("a unit of bytes")),
    };
    let names = ["", "K", "M", "G", "T", "P", "E"];
    let exponent = names
        .iter()
        .position(|name| *name == prefix)
        .expect("a known unit");
    let exponent = u32::try_from(exponent).expect("a small one");
    let size = BigRational::from_integer(BigInt::from(base).pow(exponent));
    (number(digits) * size + BigRational::new(1.into(), 2.into())).floor()
}

/// A plain decimal.
fn number(text: &str) -> BigRational {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: BigInt = format!("{whole}{fraction}").parse().expect("digits");
    let places = u32::try_from(fraction.len()).expect("a few places");
    BigRational::new(digits, BigInt::from(10).pow(places))
}

fn whole_millionths(bytes: BigRational) -> BigInt {
    let millionths = bytes * integer(1_000_000);
    assert!(millionths.is_integer(), "{millionths}");
    millionths.to_integer()
}

fn integer(value: i64) -> BigRational {
    BigRational::from_integer(value.into())
}

/// Units, as coins with 9 decimals.
fn coins(units: &BigInt) -> String {
    let text = format!("{:0>10}", units.to_string());
    let (whole, fraction) = text.split_at(text.len() - 9);
    format!("{whole}.{fraction}")
}
