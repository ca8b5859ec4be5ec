//! What any split keeps to.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use paydirt_earnings::{Claim, EarningsError, Order, Oversold, Part, Rules, Whole, share};
use paydirt_earnings::{Shared, share_orders};
use paydirt_money::{Amount, Coefficient, Coin, FeeRate, PoolPower, Power};
use proptest::prelude::*;

fn of(units: i64) -> Amount {
    Amount::from_units(units, Coin::FIL)
}

fn claim(bytes: u64, coefficient: u64, fee_rate: u32) -> Claim {
    Claim {
        power: Power::from_bytes(bytes).unwrap(),
        coefficient: Coefficient::from_millionths(coefficient).unwrap(),
        fee_rate: FeeRate::from_millionths(fee_rate).unwrap(),
    }
}

fn tib(count: u64) -> Claim {
    claim(count << 40, 1_000_000, 200_000)
}

fn pool(bytes: u128) -> Whole {
    Whole::Pool(PoolPower::from_bytes(bytes).unwrap())
}

#[test]
fn a_sum_above_the_pools_power_is_refused_or_scaled_as_asked() {
    let claims = [tib(60), tib(60)];
    let whole = pool(100 << 40);
    let refused = share(of(10), &claims, whole, Oversold::Refuse).unwrap_err();
    let text = refused.to_string();
    assert!(
        text.starts_with("oversold: the orders weigh 120 TiB of a whole of 100 TiB"),
        "{text}"
    );
    assert!(text.contains("nothing was shared"), "{text}");
    let scaled = share(of(10), &claims, whole, Oversold::Scale).unwrap();
    assert!(scaled.scaled && scaled.whole == scaled.sold);
    assert_eq!(scaled.parts, [Part { gross: 5, fee: 1 }; 2]);
    let of_nothing = share(of(10), &claims, pool(0), Oversold::Scale).unwrap();
    assert_eq!((of_nothing.parts, of_nothing.scaled), (scaled.parts, true));
    let refused = share(of(10), &claims, pool(0), Oversold::Refuse).unwrap_err();
    assert!(matches!(refused, EarningsError::Oversold { whole: 0, .. }));
}

#[test]
fn a_sum_that_fits_exactly_is_not_oversold() {
    let claims = [tib(60), tib(40)];
    let shared = share(of(11), &claims, pool(100 << 40), Oversold::Refuse).unwrap();
    assert_eq!(shared.retained, of(0));
    assert!(!shared.scaled && shared.whole == shared.sold);
}

#[test]
fn without_weights_every_order_has_its_line_of_0_and_all_is_retained() {
    for (claims, whole) in [
        (&[][..], Whole::Sold),
        (&[], pool(7)),
        (&[claim(1, 0, 0), claim(0, 1, 0)], Whole::Sold),
        (&[claim(1, 0, 0)], pool(0)),
    ] {
        let shared = share(of(5), claims, whole, Oversold::Refuse).unwrap();
        assert_eq!(shared.parts, vec![Part::default(); claims.len()]);
        assert_eq!(
            (shared.net, shared.fee, shared.retained),
            (of(0), of(0), of(5))
        );
        assert_eq!(shared.sold, 0);
    }
}

#[test]
fn an_income_below_zero_is_refused() {
    let refused = share(of(-1), &[tib(1)], Whole::Sold, Oversold::Scale).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("the income is -0.000000001 FIL"),
        "{refused}"
    );
}

#[test]
fn an_order_id_that_is_there_twice_is_refused() {
    let order = |id| Order { id, claim: tib(1) };
    let orders = ["b", "a", "b"].map(order);
    let refused = share_orders(of(1), &orders, Whole::Sold, Oversold::Refuse).unwrap_err();
    assert_eq!(refused, EarningsError::DuplicateOrder { id: "b".into() });
    // Ids differ by their bytes, not by how they look.
    let orders = ["b", "B", "b ", "ｂ"].map(order);
    let earned = share_orders(of(1), &orders, Whole::Sold, Oversold::Refuse).unwrap();
    let by_id: Vec<&str> = earned.by_id().map(|(at, _)| orders[at].id).collect();
    assert_eq!(by_id, ["B", "b", "b ", "ｂ"]);
    let given: Vec<i64> = earned.as_given().iter().map(|part| part.gross).collect();
    assert_eq!(given, [0, 1, 0, 0]);
}

/// Powers and coefficients of any size, often alike, and a pool that may be too small for them.
fn cases() -> impl Strategy<Value = (i64, Vec<Claim>, Option<u128>)> {
    let income = prop_oneof![0..50_i64, 0..1_i64 << 45, 0..=i64::MAX];
    let bytes = prop_oneof![0..9_u64, Just(1 << 40), 0..1_u64 << 50, 0..1_u64 << 63];
    let coefficient = prop_oneof![Just(1_000_000), 0..2_000_000_u64, 0..=1_000_000_000_000_u64];
    let claim = (bytes, coefficient, 0..=1_000_000_u32).prop_map(|(b, c, f)| claim(b, c, f));
    let pool = prop::option::of(prop_oneof![0..1_u128 << 52, 0..=1_u128 << 80]);
    (income, prop::collection::vec(claim, 0..60), pool)
}

fn shared((income, claims, power): &(i64, Vec<Claim>, Option<u128>)) -> Shared {
    let whole = power.map_or(Whole::Sold, pool);
    share(of(*income), claims, whole, Oversold::Scale).unwrap()
}

proptest! {
    #[test]
    fn net_fee_and_retained_are_the_income_and_a_line_is_0_or_more(case in cases()) {
        let shared = shared(&case);
        let sum = |part: fn(&Part) -> i64| shared.parts.iter().map(part).sum::<i64>();
        prop_assert_eq!(sum(|part| part.net()), shared.net.units());
        prop_assert_eq!(sum(|part| part.fee), shared.fee.units());
        let sums = [shared.net, shared.fee, shared.retained].map(Amount::units);
        prop_assert_eq!(sums.iter().sum::<i64>(), case.0);
        prop_assert!(sums.iter().all(|sum| *sum >= 0));
        prop_assert!(shared.parts.iter().all(|part| 0 <= part.fee && part.fee <= part.gross));
        prop_assert_eq!(shared.parts.len(), case.1.len());
    }

    #[test]
    fn what_the_weights_reach_is_shared_to_the_unit(case in cases()) {
        let shared = shared(&case);
        let gross = shared.net.units() + shared.fee.units();
        let income = case.0.cast_unsigned().into();
        let exact = paydirt_money::share_of(income, shared.sold, shared.whole.max(1));
        prop_assert_eq!(u128::try_from(gross).unwrap(), exact.unwrap());
        prop_assert!(shared.sold <= shared.whole);
    }

    #[test]
    fn no_part_is_a_unit_or_more_off_its_exact_share_and_no_fee_off_its_floor(case in cases()) {
        let shared = shared(&case);
        for (part, claim) in shared.parts.iter().zip(&case.1) {
            let income = case.0.cast_unsigned().into();
            let floor = paydirt_money::share_of(income, claim.weight(), shared.whole.max(1));
            let floor = i64::try_from(floor.unwrap()).unwrap();
            prop_assert!(part.gross == floor || part.gross == floor + 1);
            let exact = i128::from(part.gross) * i128::from(claim.fee_rate.millionths());
            prop_assert_eq!(i128::from(part.fee), exact / 1_000_000);
        }
    }

    #[test]
    fn more_weight_never_earns_less(case in cases()) {
        let shared = shared(&case);
        let mut lines: Vec<_> = case.1.iter().map(Claim::weight).zip(&shared.parts).collect();
        lines.sort_by_key(|(weight, _)| *weight);
        for pair in lines.windows(2) {
            let [(light, less), (heavy, more)] = pair else { unreachable!() };
            prop_assert!(less.gross <= more.gross || (light == heavy));
        }
    }

    #[test]
    fn the_order_in_which_orders_are_given_does_not_matter(
        case in cases(),
        order in any::<u64>(),
    ) {
        let ids: Vec<String> = (0..case.1.len()).map(|at| format!("o{at}")).collect();
        let named = ids.iter().zip(&case.1).map(|(id, claim)| Order { id, claim: *claim });
        let named: Vec<Order<'_>> = named.collect();
        let mut turned = named.clone();
        turned.sort_by_key(|named| {
            use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
            BuildHasherDefault::<DefaultHasher>::default().hash_one((order, named.id))
        });
        let whole = case.2.map_or(Whole::Sold, pool);
        let earned = |orders: &[Order<'_>]| {
            let earned = share_orders(of(case.0), orders, whole, Oversold::Scale).unwrap();
            let lines = earned.by_id().map(|(at, part)| (orders[at].id.to_owned(), part));
            let mut lines: Vec<_> = lines.collect();
            prop_assert!(lines.is_sorted_by(|a, b| a.0.as_bytes() < b.0.as_bytes()));
            let given = orders.iter().map(|order| order.id.to_owned()).zip(earned.as_given());
            let mut given: Vec<_> = given.collect();
            given.sort_by(|a, b| a.0.cmp(&b.0));
            lines.sort_by(|a, b| a.0.cmp(&b.0));
            prop_assert_eq!(&given, &lines);
            Ok((lines, earned.shared))
        };
        prop_assert_eq!(earned(&named)?, earned(&turned)?);
    }

    #[test]
    fn memory_that_is_used_again_changes_nothing(one in cases(), other in cases()) {
        let spare = shared(&one).parts;
        let whole = other.2.map_or(Whole::Sold, pool);
        let again = Rules::V1
            .share_reusing(spare, of(other.0), &other.1, whole, Oversold::Scale)
            .unwrap();
        prop_assert_eq!(again, shared(&other));
    }
}
