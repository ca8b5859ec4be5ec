//! What prints reads back as the same value, and nothing that is read is changed.

use paydirt_money::{Amount, BaseUnits, Coefficient, Coin, FeeRate, PoolPower, Portion, Power};
use proptest::prelude::*;

proptest! {
    #[test]
    fn amounts_read_back_as_they_print(units: i64) {
        let amount = Amount::from_units(units, Coin::FIL);
        prop_assert_eq!(Amount::parse_signed(&amount.to_string(), Coin::FIL).unwrap(), amount);
        prop_assert_eq!(Amount::parse_signed(&amount.to_fixed(), Coin::FIL).unwrap(), amount);
        if units >= 0 {
            prop_assert_eq!(Amount::parse_any(&amount.to_string(), &Coin::KNOWN).unwrap(), amount);
        } else {
            prop_assert!(Amount::parse(&amount.to_string(), Coin::FIL).is_err());
        }
    }

    #[test]
    fn base_units_split_into_an_amount_and_a_remainder_and_back(
        units in 0..=i64::MAX,
        rest: u128,
        decimals in 9..=27_u8,
    ) {
        let coin = Coin::new("XYZ", decimals).unwrap();
        let amount = Amount::from_units(units, coin);
        let rest = BaseUnits::new(rest % coin.base_units_per_ledger_unit());
        let base = amount.to_base_units().unwrap().checked_add(rest).unwrap();
        prop_assert_eq!(Amount::from_base_units(base, coin).unwrap(), (amount, rest));
        prop_assert_eq!(BaseUnits::parse_coin(&base.to_coin_text(coin), coin).unwrap(), base);
        prop_assert_eq!(BaseUnits::parse(&base.to_string()).unwrap(), base);
        prop_assert_eq!(BaseUnits::from_be_bytes(base.to_be_bytes()), base);
    }

    #[test]
    fn sums_and_differences_are_those_of_wider_integers(a: i64, b: i64) {
        let of = |units| Amount::from_units(units, Coin::ETH);
        let sum = i64::try_from(i128::from(a) + i128::from(b)).ok();
        let difference = i64::try_from(i128::from(a) - i128::from(b)).ok();
        prop_assert_eq!(of(a).checked_add(of(b)).ok().map(Amount::units), sum);
        prop_assert_eq!(of(a).checked_sub(of(b)).ok().map(Amount::units), difference);
        prop_assert_eq!(of(a).partial_cmp(&of(b)), Some(a.cmp(&b)));
    }

    #[test]
    fn rates_and_powers_read_back_as_they_print(
        fee in 0..=1_000_000_u32,
        coefficient in 0..=Coefficient::MAX_MILLIONTHS,
        bytes in 0..=Power::MAX.bytes(),
        pool in 0..=PoolPower::MAX.bytes(),
    ) {
        let fee = FeeRate::from_millionths(fee).unwrap();
        prop_assert_eq!(FeeRate::parse(&fee.to_string()).unwrap(), fee);
        let portion = Portion::from_millionths(fee.millionths()).unwrap();
        prop_assert_eq!(Portion::parse(&portion.to_string()).unwrap(), portion);
        let coefficient = Coefficient::from_millionths(coefficient).unwrap();
        prop_assert_eq!(Coefficient::parse(&coefficient.to_string()).unwrap(), coefficient);
        let power = Power::from_bytes(bytes).unwrap();
        prop_assert_eq!(Power::parse(&power.to_string()).unwrap(), power);
        let pool = PoolPower::from_bytes(pool).unwrap();
        prop_assert_eq!(PoolPower::parse(&pool.to_string()).unwrap(), pool);
    }

    #[test]
    fn any_text_is_read_or_refused_and_what_is_read_is_what_was_written(text in "\\PC{0,24}") {
        if let Ok(amount) = Amount::parse(&text, Coin::ETH) {
            let digits = text.strip_suffix(" ETH").unwrap_or(&text);
            prop_assert!(digits.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
            prop_assert!(amount.units() >= 0);
        }
        let _ = (Power::parse(&text), FeeRate::parse(&text), BaseUnits::parse_with_unit(&text));
    }

    #[test]
    fn numbers_of_up_to_nine_decimals_are_read_exactly(
        whole in 0..9_000_000_000_i64,
        fraction in 0..1_000_000_000_i64,
    ) {
        let amount = Amount::parse(&format!("{whole}.{fraction:09}"), Coin::ETH).unwrap();
        prop_assert_eq!(amount.units(), whole * 1_000_000_000 + fraction);
    }
}
