use super::*;

const MAX: Amount = Amount::from_units(i64::MAX, Coin::ETH);
const MIN: Amount = Amount::from_units(i64::MIN, Coin::ETH);

fn eth(text: &str) -> Amount {
    Amount::parse_signed(text, Coin::ETH).unwrap()
}

#[test]
fn amounts_print_shortest_with_coin_and_fixed_without() {
    for (units, short, fixed) in [
        (0, "0 ETH", "0.000000000"),
        (1, "0.000000001 ETH", "0.000000001"),
        (-1, "-0.000000001 ETH", "-0.000000001"),
        (1_500_000_000, "1.5 ETH", "1.500000000"),
        (100_000_000_000, "100 ETH", "100.000000000"),
        (
            i64::MIN,
            "-9223372036.854775808 ETH",
            "-9223372036.854775808",
        ),
    ] {
        let amount = Amount::from_units(units, Coin::ETH);
        assert_eq!(amount.to_string(), short);
        assert_eq!(amount.to_fixed(), fixed);
        assert_eq!(Amount::parse_signed(short, Coin::ETH).unwrap(), amount);
        assert_eq!(Amount::parse_signed(fixed, Coin::ETH).unwrap(), amount);
    }
}

#[test]
fn coins_do_not_mix() {
    let (a, b) = (
        Amount::from_units(1, Coin::ETH),
        Amount::from_units(1, Coin::ETC),
    );
    let mixed = Err(MoneyError::MixedCoins {
        left: Coin::ETH,
        right: Coin::ETC,
    });
    assert_eq!(a.checked_add(b), mixed);
    assert_eq!(a.checked_sub(b), mixed);
    assert!(a.checked_cmp(b).is_err());
    assert_eq!(a.partial_cmp(&b), None);
    assert_ne!(a, b);
    assert!(Amount::sum([a, b], Coin::ETH).is_err());
}

#[test]
fn arithmetic_that_does_not_fit_is_an_error_that_names_it() {
    let one = Amount::from_units(1, Coin::ETH);
    assert!(MAX.checked_add(one).is_err());
    assert!(MIN.checked_sub(one).is_err());
    assert!(MIN.checked_neg().is_err());
    assert!(MIN.checked_abs().is_err());
    assert!(MAX.checked_mul(2).is_err());
    let text = MAX.checked_add(one).unwrap_err().to_string();
    assert!(
        text.contains("9223372036.854775807 ETH + 0.000000001 ETH"),
        "{text}"
    );
    assert!(text.contains("nothing was computed"), "{text}");
}

#[test]
fn sums_and_comparisons_within_one_coin_are_exact() {
    assert_eq!(
        Amount::sum([eth("1.5"), eth("-0.5")], Coin::ETH).unwrap(),
        eth("1")
    );
    assert_eq!(Amount::sum([], Coin::ETH).unwrap(), Amount::zero(Coin::ETH));
    assert!(eth("0.000000001") > eth("0") && eth("0.000000001").is_positive());
    assert_eq!(eth("-2").checked_abs().unwrap(), eth("2"));
}

#[test]
fn an_amount_is_read_exactly_or_refused() {
    let read = |text| match Amount::parse(text, Coin::ETH) {
        Err(MoneyError::Unreadable { problem, .. }) => problem,
        other => panic!("{text:?} gave {other:?}"),
    };
    assert_eq!(
        Amount::parse("9223372036.854775807", Coin::ETH).unwrap(),
        MAX
    );
    assert_eq!(read("9223372036.854775808"), Problem::OutOfRange(RANGE));
    assert_eq!(read("1.5 FIL"), Problem::OtherCoin("FIL".into()));
    assert_eq!(read("1.5 eth"), Problem::OtherCoin("eth".into()));
    assert_eq!(read("1.5ETH"), Problem::Trailing("ETH".into()));
    assert_eq!(read("1.5  ETH"), Problem::Blank);
    assert_eq!(read("1.5 ETH "), Problem::Blank);
    assert_eq!(read("-1"), Problem::Sign('-'));
    assert_eq!(read("0.0000000001"), Problem::TooManyDecimals(9));
    assert_eq!(read("1.5 ETH\n"), Problem::Blank);
    assert!(Amount::parse_signed("+1", Coin::ETH).is_err());
    assert!(Amount::parse_signed("--1", Coin::ETH).is_err());
    assert!(Amount::parse_signed("- 1", Coin::ETH).is_err());
    assert_eq!(eth("-9223372036.854775808"), MIN);
}

#[test]
fn a_refusal_says_what_is_wrong_and_how_to_write_it() {
    let text = Amount::parse("1,5 ETH", Coin::ETH).unwrap_err().to_string();
    assert_eq!(
        text,
        "cannot read \"1,5 ETH\" as an amount of ETH: it has the separator ','; nothing was \
         changed; write 1.5 ETH or 1.5, with at most 9 decimals"
    );
}

#[test]
fn parse_any_needs_a_coin_that_is_known_to_it() {
    assert_eq!(
        Amount::parse_any("2 FIL", &Coin::KNOWN).unwrap(),
        Amount::from_units(2_000_000_000, Coin::FIL)
    );
    assert!(Amount::parse_any("2", &Coin::KNOWN).is_err());
    assert!(Amount::parse_any("2 BTC", &Coin::KNOWN).is_err());
}

#[test]
fn base_units_convert_exactly_with_the_remainder() {
    let base = BaseUnits::new(1_500_000_000_000_000_007);
    let (amount, rest) = Amount::from_base_units(base, Coin::ETH).unwrap();
    assert_eq!((amount, rest.get()), (eth("1.5"), 7));
    assert_eq!(
        amount.to_base_units().unwrap().get(),
        1_500_000_000_000_000_000
    );
    assert!(eth("-1").to_base_units().is_err());
    assert!(Amount::from_base_units(BaseUnits::new(u128::MAX), Coin::ETH).is_err());
    let fine = Coin::new("FINE", 27).unwrap();
    let most = Amount::from_units(i64::MAX, fine);
    let (back, rest) = Amount::from_base_units(most.to_base_units().unwrap(), fine).unwrap();
    assert_eq!((back, rest.get()), (most, 0));
}
