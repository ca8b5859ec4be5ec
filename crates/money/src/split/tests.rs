use std::cmp::Reverse;

use proptest::prelude::*;

use super::*;

fn of(units: i64) -> Amount {
    Amount::from_units(units, Coin::FIL)
}

fn weights(each: &[u128]) -> Result<Weights<impl Iterator<Item = u128> + Clone>, MoneyError> {
    Weights::new(each.iter().copied())
}

/// The parts and what is retained.
fn parts(income: i64, each: &[u128], whole: u128) -> Result<(Vec<i64>, i64), MoneyError> {
    let split = split(of(income), &weights(each)?, whole)?;
    let parts: Vec<i64> = split.units().collect();
    assert_eq!(parts.iter().sum::<i64>(), split.shared().units());
    let retained = split.retained().units();
    assert_eq!(split.into_units().collect::<Vec<_>>(), parts);
    Ok((parts, retained))
}

/// The same, however fast it could be.
fn wide(income: i64, each: &[u128], whole: u128) -> Vec<i64> {
    let exact = Wide::of(income.cast_unsigned(), whole);
    let weights = weights(each).unwrap();
    match weights.total() {
        0 => vec![0; each.len()],
        _ => largest_remainders(&exact, Vec::new(), of(income), &weights)
            .unwrap()
            .into_units()
            .collect(),
    }
}

/// The same by sorting all remainders in 512 bits, straight from the text.
fn by_the_text(income: i64, each: &[u128], whole: u128) -> Vec<i64> {
    type Bits = ruint::Uint<512, 8>;
    let product = |w: u128| Bits::from(income) * Bits::from(w);
    let floor = |w: u128| match whole {
        0 => 0,
        _ => (product(w) / Bits::from(whole)).to(),
    };
    let mut parts: Vec<i64> = each.iter().map(|w| floor(*w)).collect();
    let total: i64 = floor(each.iter().sum());
    let missing = usize::try_from(total - parts.iter().sum::<i64>()).unwrap();
    let mut order: Vec<usize> = (0..each.len()).collect();
    order.sort_by_key(|at| {
        let rest = product(each[*at]).checked_rem(Bits::from(whole));
        (Reverse(rest), *at)
    });
    order.iter().take(missing).for_each(|at| parts[*at] += 1);
    parts
}

#[test]
fn ties_go_to_the_first() {
    let thirds = parts(1_000_000_000, &[1, 1, 1], 3).unwrap();
    assert_eq!(thirds, (vec![333_333_334, 333_333_333, 333_333_333], 0));
    assert_eq!(parts(2, &[1; 4], 4).unwrap().0, [1, 1, 0, 0]);
    assert_eq!(parts(3, &[1, 1, 2, 1], 5).unwrap().0, [1, 1, 1, 0]);
}

#[test]
fn a_unit_that_only_together_is_whole_is_shared_and_less_is_retained() {
    assert_eq!(parts(10, &[3, 3], 9).unwrap(), (vec![3, 3], 4));
    assert_eq!(parts(1, &[1, 1], 3).unwrap(), (vec![0, 0], 1));
}

#[test]
fn weights_above_the_whole_are_refused_and_sums_beyond_128_bits() {
    let oversold = MoneyError::Oversold {
        sold: 12,
        whole: 10,
    };
    assert_eq!(parts(1, &[6, 6], 10), Err(oversold));
    let beyond = parts(1, &[u128::MAX, 1], u128::MAX).unwrap_err();
    assert!(
        beyond.to_string().contains("the sum of 2 weights"),
        "{beyond}"
    );
    let zero = Err(MoneyError::ZeroWhole { sold: 1 });
    assert_eq!(parts(1, &[1], 0), zero);
    let negative = parts(-1, &[1], 1).unwrap_err();
    assert!(matches!(negative, MoneyError::Negative { .. }));
}

#[test]
fn without_weights_all_is_retained() {
    for (each, whole) in [(&[][..], 0), (&[], 7), (&[0, 0], 0), (&[0], 7)] {
        assert_eq!(parts(5, each, whole).unwrap(), (vec![0; each.len()], 5));
    }
}

#[test]
fn the_widest_split_is_exact() {
    let both = [u128::MAX - 1, 1];
    assert_eq!(
        parts(i64::MAX, &both, u128::MAX).unwrap(),
        (vec![i64::MAX, 0], 0)
    );
}

#[test]
fn the_fast_path_is_taken_where_its_proof_holds_and_nowhere_else() {
    let fast = |income, whole| Fast::of(income, whole).is_some();
    assert!(fast((1 << 62) - 1, u128::MAX >> 1) && fast(0, 1) && fast(1, 1 << 126));
    assert!(!fast(1 << 62, 1) && !fast(1, 1 << 127) && !fast(1, 0));
}

#[test]
fn a_split_reuses_the_memory_of_items_of_16_bytes() {
    let spare: Vec<[i64; 2]> = Vec::with_capacity(64);
    let memory = spare.as_ptr().cast::<u8>();
    let each = [1_u128; 50];
    let split = split_reusing(spare, of(100), &weights(&each).unwrap(), 50).unwrap();
    let parts: Vec<[i64; 2]> = split.into_units().map(|units| [units, 0]).collect();
    assert_eq!(parts, [[2, 0]; 50]);
    assert_eq!(parts.as_ptr().cast::<u8>(), memory);
}

#[test]
fn a_share_alone_is_floored_and_never_wraps() {
    assert_eq!(share_of(10, 2, 3), Some(6));
    assert_eq!(share_of(10, 2, 0), None);
    assert_eq!(share_of(u128::MAX, u128::MAX, u128::MAX), Some(u128::MAX));
    assert_eq!(share_of(u128::MAX, 2, 1), None);
}

/// More remainders than are selected from at once, of which many are equal or nearly so.
#[test]
fn many_shares_whose_remainders_crowd_agree_with_the_text() {
    let count = 60_000_u128;
    let crowds: [&dyn Fn(u128) -> u128; 5] = [
        &|_| 7,
        &|at| 1 + at % 5,
        &|at| (1 << 90) + at,
        &|at| (1 << 110) + at % 3,
        &|at| if at == 4711 { 1 << 100 } else { at % 2 },
    ];
    for (number, crowd) in crowds.iter().enumerate() {
        let each: Vec<u128> = (0..count).map(crowd).collect();
        let sum: u128 = each.iter().sum();
        for (income, whole) in [
            (1_000_003, sum),
            (30_000, sum),
            (9, sum),
            (1 << 62, sum + 5),
        ] {
            let said = by_the_text(income, &each, whole);
            assert_eq!(
                parts(income, &each, whole).unwrap().0,
                said,
                "{number} {income}"
            );
            assert_eq!(wide(income, &each, whole), said, "{number} {income}");
        }
    }
}

/// An income, weights of any width, often near each other, and a whole that is at least their sum,
/// often exactly that.
fn cases() -> impl Strategy<Value = (i64, Vec<u128>, u128)> {
    let income = prop_oneof![0..50_i64, 0..=i64::MAX, 0..1_i64 << 50];
    let weight = prop_oneof![0..9_u128, 0..1_u128 << 60, 0..1_u128 << 118, Just(1 << 80)];
    let near = (0..118_u32, prop::collection::vec(0..4_u128, 0..300))
        .prop_map(|(bit, deltas)| deltas.iter().map(|delta| (1 << bit) + delta).collect());
    let each = prop_oneof![prop::collection::vec(weight, 0..40), near];
    let unsold = prop_oneof![Just(0), 0..9_u128, 0..1_u128 << 120];
    (income, each, unsold).prop_map(|(income, each, unsold): (_, Vec<u128>, _)| {
        let whole = each.iter().sum::<u128>() + unsold;
        (income, each, whole)
    })
}

proptest! {
    #[test]
    fn parts_and_retained_are_the_income_and_agree_with_the_text(
        (income, each, whole) in cases(),
    ) {
        let (parts, retained) = parts(income, &each, whole).unwrap();
        prop_assert_eq!(parts.iter().sum::<i64>() + retained, income);
        prop_assert!(retained >= 0);
        prop_assert_eq!(parts, by_the_text(income, &each, whole));
    }

    #[test]
    fn the_fast_and_the_wide_path_give_the_same_parts((income, each, whole) in cases()) {
        prop_assert_eq!(parts(income, &each, whole).unwrap().0, wide(income, &each, whole));
    }

    #[test]
    fn each_floor_and_remainder_is_the_same_on_both_paths(
        income in prop_oneof![0..1_u64 << 62, 0..1_u64 << 40, Just((1 << 62) - 1)],
        whole in prop_oneof![1..1_u128 << 127, 1..1_u128 << 70, 1..9_u128],
        weights in prop::collection::vec(any::<u128>(), 1..40),
    ) {
        let (fast, wide) = (Fast::of(income, whole).unwrap(), Wide::of(income, whole));
        for weight in weights.into_iter().map(|bits| bits % (whole + 1)).chain([0, 1, whole]) {
            prop_assert_eq!(fast.share(weight), wide.share(weight));
        }
    }

    #[test]
    fn no_part_is_a_unit_or_more_off_its_exact_share((income, each, whole) in cases()) {
        let (parts, _) = parts(income, &each, whole).unwrap();
        for (part, weight) in parts.iter().zip(&each) {
            // |part - income * weight / whole| < 1, times the whole.
            let exact = U256::from(income) * U256::from(*weight);
            let scaled = U256::from(*part) * U256::from(whole);
            prop_assert!(exact.abs_diff(scaled) < U256::from(whole) || exact == scaled);
        }
    }

    #[test]
    fn a_cut_is_where_sorted_keys_say(
        seed in prop::collection::vec(any::<u64>(), 1..50),
        copies in 1..400_usize,
        spread in 0..64_u32,
        rank in any::<prop::sample::Index>(),
    ) {
        let mut keys: Vec<u64> = seed.iter().map(|key| key >> spread).collect();
        keys = keys.iter().cycle().take(keys.len() * copies).copied().collect();
        let rank = 1 + rank.index(keys.len());
        let mut histogram = Histogram::default();
        keys.iter().for_each(|key| histogram.add(*key));
        let long = |count: usize| u64::try_from(count).unwrap();
        let found = cut::cut(keys.iter().copied(), histogram, long(rank)).unwrap();
        keys.sort_unstable_by_key(|key| Reverse(*key));
        let key = keys[rank - 1];
        let above = keys.iter().filter(|other| **other > key).count();
        let ties = keys.iter().filter(|other| **other == key).count();
        let (units, ties) = (long(rank - above), long(ties));
        prop_assert_eq!(found, cut::Cut { key, units, ties });
    }
}
