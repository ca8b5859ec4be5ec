//! What can be typed after `paydirt earnings`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use paydirt_money::{Amount, Coin, MoneyError, PoolPower};
use paydirt_schedule::Day;

#[derive(Debug, Args)]
pub(crate) struct EarningsArguments {
    /// The orders, as CSV or XLSX: order,member,power,fee_rate,coefficient,start,end
    #[arg(long, value_name = "FILE")]
    pub(crate) orders: PathBuf,
    /// The income, as "237.098 FIL"
    #[arg(long, value_name = "AMOUNT", value_parser = income)]
    pub(crate) income: Amount,
    /// The day, as 2026-11-20: an order counts from its start to the day before its end
    #[arg(long, value_name = "DAY")]
    pub(crate) day: Day,
    /// The pool's power, as "118.950 PB" or "105 PiB"; without it, the sum of the orders' weights
    #[arg(long, value_name = "POWER")]
    pub(crate) whole: Option<PoolPower>,
    /// What to do if the orders weigh more than the pool's power
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub(crate) oversold: Oversold,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Oversold {
    /// Share nothing
    #[default]
    Refuse,
    /// Share by the sum of the weights
    Scale,
}

fn income(text: &str) -> Result<Amount, MoneyError> {
    Amount::parse_any(text, &Coin::KNOWN)
}
