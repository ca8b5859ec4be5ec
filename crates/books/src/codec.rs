//! How values look in columns.

use std::str::FromStr;

use paydirt_ledger::JournalError;
use paydirt_money::{Coefficient, Coin, FeeRate, PoolPower, Power};
use paydirt_schedule::{Day, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Done, corrupt};

/// Free text from outside (a node's reply, a person's reason). PostgreSQL's TEXT holds no NUL, and
/// what it was in must not be lost, or tried again for ever, for that.
pub(crate) fn words(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// A number for an INTEGER column, which holds 63 bits of it.
pub(crate) fn integer(what: &str, number: u64) -> Done<i64> {
    i64::try_from(number).map_err(|_| {
        JournalError::Mismatch {
            what: what.to_owned(),
            wanted: format!("at most {}", i64::MAX),
            found: number.to_string(),
        }
        .into()
    })
}

/// A number from an INTEGER column.
pub(crate) fn natural(what: &str, number: i64) -> Done<u64> {
    u64::try_from(number).map_err(|_| corrupt(what, number))
}

pub(crate) fn place(index: usize) -> Done<i64> {
    i64::try_from(index).map_err(|_| corrupt("place", index))
}

/// Base units as 16 bytes, which sort as the numbers do.
pub(crate) fn base_units(units: u128) -> Vec<u8> {
    units.to_be_bytes().to_vec()
}

pub(crate) fn from_base_units(what: &str, bytes: &[u8]) -> Done<u128> {
    let bytes = <[u8; 16]>::try_from(bytes).map_err(|_| corrupt(what, bytes))?;
    Ok(u128::from_be_bytes(bytes))
}

/// An id, a name: whatever its own text form is.
pub(crate) fn parsed<T: FromStr>(what: &str, text: &str) -> Done<T> {
    text.parse().map_err(|_| corrupt(what, text))
}

/// What has a name by a function of its own.
pub(crate) fn named<T>(what: &str, text: &str, of: impl Fn(&str) -> Option<T>) -> Done<T> {
    of(text).ok_or_else(|| corrupt(what, text))
}

pub(crate) fn json<T: Serialize>(what: &str, value: &T) -> Done<String> {
    serde_json::to_string(value).map_err(|error| corrupt(what, error.to_string()))
}

pub(crate) fn from_json<T: DeserializeOwned>(what: &str, text: &str) -> Done<T> {
    serde_json::from_str(text).map_err(|_| corrupt(what, text))
}

pub(crate) fn instant(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

pub(crate) fn coin(symbol: &str, decimals: i64) -> Done<Coin> {
    let decimals = u8::try_from(decimals).map_err(|_| corrupt("decimals", decimals))?;
    Coin::new(symbol, decimals).map_err(|_| corrupt("coin", symbol))
}

pub(crate) fn day(days: i64) -> Done<Day> {
    let days = i32::try_from(days).map_err(|_| corrupt("day", days))?;
    Day::from_days_since_epoch(days).map_err(|_| corrupt("day", days))
}

pub(crate) fn power(bytes: i64) -> Done<Power> {
    Power::from_bytes(natural("power", bytes)?).map_err(|_| corrupt("power", bytes))
}

pub(crate) fn pool_power(bytes: &[u8]) -> Done<PoolPower> {
    let units = from_base_units("power of a pool", bytes)?;
    PoolPower::from_bytes(units).map_err(|_| corrupt("power of a pool", units))
}

pub(crate) fn fee_rate(millionths: i64) -> Done<FeeRate> {
    let read = u32::try_from(millionths).map_err(|_| corrupt("fee rate", millionths))?;
    FeeRate::from_millionths(read).map_err(|_| corrupt("fee rate", millionths))
}

pub(crate) fn coefficient(millionths: i64) -> Done<Coefficient> {
    let read = natural("coefficient", millionths)?;
    Coefficient::from_millionths(read).map_err(|_| corrupt("coefficient", millionths))
}
