//! How figures are printed: exact, each kind in one way.

use paydirt_earnings::Ratio;
use paydirt_money::{Amount, BaseUnits, Coin};

use crate::output::Cell;

/// Decimals of a ratio.
const RATIO_PLACES: usize = 12;
/// 10^-18 in 10^-12.
const ATTO_IN_PICO: u128 = 1_000_000;
const PICO: u128 = 1_000_000_000_000;

/// All 9 decimals, without the coin's name.
pub(super) fn amount(amount: Amount) -> Cell {
    amount.to_fixed().into()
}

/// The same of ledger units.
pub(super) fn units(units: i64, coin: Coin) -> Cell {
    amount(Amount::from_units(units, coin))
}

/// A number of coins to the last base unit, without the coin's name.
pub(super) fn coins(base_units: BaseUnits, coin: Coin) -> String {
    let text = base_units.to_coin_text(coin);
    match text.split_once(' ') {
        Some((number, _)) => number.to_owned(),
        None => text,
    }
}

/// Base units: all 9 decimals, or, where they are too few, as many as there are.
pub(super) fn exact(base_units: BaseUnits, coin: Coin) -> Cell {
    match Amount::from_base_units(base_units, coin) {
        Ok((whole, rest)) if rest.is_zero() => amount(whole),
        _ => coins(base_units, coin).into(),
    }
}

/// Rounded down to 12 decimals.
pub(super) fn ratio(ratio: Option<Ratio>) -> Cell {
    let shown = |ratio: Ratio| {
        let pico = ratio.atto() / ATTO_IN_PICO;
        format!("{}.{:0RATIO_PLACES$}", pico / PICO, pico % PICO)
    };
    ratio.map(shown).into()
}

/// A number by which something in the books is found.
pub(super) fn number(number: i64) -> Cell {
    number.unsigned_abs().into()
}
