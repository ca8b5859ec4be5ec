//! What any release keeps to.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use paydirt_earnings::{EarningsError, MAX_STEPS, Release, Steps, Vesting, decompose, released};
use paydirt_money::Portion;
use proptest::prelude::*;

fn quarter(release: Release) -> Vesting {
    Vesting::new(Portion::parse("0.25").unwrap(), release).unwrap()
}

#[test]
fn terms_without_steps_free_all_at_once() {
    for vesting in [
        Vesting::AT_ONCE,
        Vesting::default(),
        quarter(Release::AtOnce),
        quarter(Release::Dates { count: 0 }),
    ] {
        assert_eq!((vesting.steps(), vesting.immediate_of(1001)), (0, 1001));
        assert_eq!(vesting.immediate_of(i64::MAX), i64::MAX);
    }
    let dates = quarter(Release::Dates { count: 4 });
    assert_eq!((dates.steps(), dates.immediate_of(1001)), (4, 250));
    assert_eq!(dates.immediate_of(-7), -7);
}

#[test]
fn fixed_dates_release_a_part_each_and_days_without_one_none() {
    let dates = quarter(Release::Dates { count: 3 });
    let later = 1001 - dates.immediate_of(1001);
    let passed = |k| released(later, k, dates.steps());
    assert_eq!([0, 1, 2, 3, 4].map(passed), [0, 250, 500, 751, 751]);
}

#[test]
fn terms_that_can_not_be_are_refused() {
    for release in [
        Release::Linear { days: 0 },
        Release::Linear {
            days: MAX_STEPS + 1,
        },
        Release::Dates {
            count: MAX_STEPS + 1,
        },
    ] {
        let refused = Vesting::new(Portion::ZERO, release).unwrap_err();
        assert!(matches!(refused, EarningsError::Release { .. }));
        assert!(
            refused.to_string().contains("give 1 to 3660 days"),
            "{refused}"
        );
    }
    for (from, to, count) in [(2, 1, 7), (0, 8, 7), (0, 0, 0), (0, 1, MAX_STEPS + 1)] {
        let wrong = EarningsError::Steps { from, to, count };
        assert_eq!(Steps::new(from, to, count), Err(wrong));
    }
    assert!(decompose(1, 0).is_err() && decompose(1, MAX_STEPS + 1).is_err());
    assert!(decompose(-1, 7).is_err());
    assert_eq!(decompose(i64::MAX, 3660), Ok((2_520_047_004_605_130, 7)));
}

#[test]
fn lines_that_can_not_be_change_no_sum() {
    let steps = Steps::new(1, 3, 7).unwrap();
    let before = [5, i64::MAX - 10, 7];
    let refuse = |quotients: &[i64], remainders: &[u16]| {
        let mut sums = before;
        let refused = steps.add(quotients, remainders, &mut sums).unwrap_err();
        assert_eq!(sums, before);
        refused
    };
    let at_of = |refused| match refused {
        EarningsError::Line { at, problem } => (at, problem),
        other => panic!("{other}"),
    };
    let quotient = "its quotient is none of an amount";
    let remainder = "its remainder is not below the count of steps";
    assert_eq!(at_of(refuse(&[1, 1, -1], &[0, 0, 0])), (2, quotient));
    assert_eq!(at_of(refuse(&[i64::MAX, 1, 1], &[0, 0, 0])), (0, quotient));
    assert_eq!(at_of(refuse(&[1, 1, 1], &[0, 7, 0])), (1, remainder));
    let sum = (1, "its sum is beyond 64 bits");
    assert_eq!(at_of(refuse(&[1, 6, 1], &[0, 0, 0])), sum);
    let refused = refuse(&[1, 1], &[0, 0, 0]);
    assert!(matches!(
        refused,
        EarningsError::Lengths { quotients: 2, .. }
    ));
    let refused = refuse(&[1, 1, 1], &[0, 0]);
    assert!(matches!(
        refused,
        EarningsError::Lengths { remainders: 2, .. }
    ));
    let mut sums = before;
    assert!(steps.add_remainders(&[1, 65535, 1], &mut sums).is_err());
    assert!(steps.add_remainders(&[1, 1], &mut sums).is_err());
    assert_eq!(sums, before);
    let whole = Steps::new(0, 7, 7).unwrap();
    let (quotient, remainder) = decompose(i64::MAX, 7).unwrap();
    let mut sum = [0];
    whole.add(&[quotient], &[remainder], &mut sum).unwrap();
    assert_eq!(sum, [i64::MAX]);
}

#[test]
fn every_remainder_is_released_as_by_division_whatever_the_steps() {
    for count in [1, 2, 3, 7, 180, 181, 365, 540, 1000, 2048, 3659, MAX_STEPS] {
        let remainders: Vec<u16> = (0..u16::try_from(count).unwrap()).collect();
        for k in 0..count {
            let steps = Steps::new(k, k + 1, count).unwrap();
            let mut sums = vec![0; remainders.len()];
            steps.add_remainders(&remainders, &mut sums).unwrap();
            for (rest, sum) in (0_u32..).zip(sums) {
                let divided = rest * (k + 1) / count - rest * k / count;
                assert_eq!(sum, i64::from(divided), "{rest} at {k} of {count}");
            }
        }
    }
}

/// An amount of any size, and how many steps it is released by.
fn amounts() -> impl Strategy<Value = (i64, u32)> {
    (
        prop_oneof![0..5000_i64, 0..1_i64 << 40, 0..=i64::MAX],
        1..=MAX_STEPS,
    )
}

proptest! {
    #[test]
    fn what_is_released_is_the_floor_of_the_exact_part(
        t in 0..=i64::MAX,
        k: u32,
        n in 1..=u32::MAX,
    ) {
        let exact = u128::from(t.cast_unsigned()) * u128::from(k.min(n)) / u128::from(n);
        prop_assert_eq!(u128::try_from(released(t, k, n)).unwrap(), exact);
        prop_assert_eq!(released(t, k, 0), t);
    }

    #[test]
    fn an_amount_is_released_to_its_last_unit_and_never_taken_back((t, n) in amounts()) {
        let mut before = 0;
        for k in 1..=n {
            let after = released(t, k, n);
            prop_assert!(before <= after);
            let part = Steps::new(k - 1, k, n).unwrap().of(t);
            prop_assert_eq!(part, after - before);
            prop_assert!(part - t / i64::from(n) <= 1);
            before = after;
        }
        prop_assert_eq!(before, t);
    }

    #[test]
    fn many_lines_at_once_are_released_as_one_by_one(
        lines in prop::collection::vec((0..=i64::MAX, -1000..1_i64 << 40), 0..50),
        n in 1..=MAX_STEPS,
        ends in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
    ) {
        let place = |index: prop::sample::Index| {
            let steps = usize::try_from(n).unwrap() + 1;
            u32::try_from(index.index(steps)).unwrap()
        };
        let (one, other) = (place(ends.0), place(ends.1));
        let steps = Steps::new(one.min(other), one.max(other), n).unwrap();
        // Of half the range, so that the sums stay in it.
        let parts = lines.iter().map(|(t, _)| decompose(t / 2, n).unwrap());
        let (quotients, remainders): (Vec<i64>, Vec<u16>) = parts.unzip();
        let mut sums: Vec<i64> = lines.iter().map(|(_, sum)| *sum).collect();
        steps.add(&quotients, &remainders, &mut sums).unwrap();
        let mut rests = vec![0; lines.len()];
        steps.add_remainders(&remainders, &mut rests).unwrap();
        for (at, (t, sum)) in lines.iter().enumerate() {
            prop_assert_eq!(sums[at], sum + steps.of(t / 2));
            prop_assert_eq!(rests[at], steps.of(remainders[at].into()));
        }
    }

    #[test]
    fn what_is_free_at_once_is_the_floor_and_the_rest_is_left(
        net in 0..=i64::MAX,
        rate in 0..=1_000_000_u32,
        days in 1..=MAX_STEPS,
    ) {
        let portion = Portion::from_millionths(rate).unwrap();
        let vesting = Vesting::new(portion, Release::Linear { days }).unwrap();
        let exact = i128::from(net) * i128::from(rate) / 1_000_000;
        prop_assert_eq!(i128::from(vesting.immediate_of(net)), exact);
    }
}
