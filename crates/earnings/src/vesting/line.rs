//! A line while it vests, and what becomes of it when its day is corrected.

use super::{Vesting, released};

/// How a line of a settlement stands: after k steps floor(`total` * k / n) of `total` is released,
/// and all of `net` beside `total` is, too. Ledger units, from 0 on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineVesting {
    /// What the member earned.
    pub net: i64,
    /// T, of which each step releases its part.
    pub total: i64,
}

/// What a corrected line changes, ledger units; together what the net amount changes by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineChange {
    /// At once: to the member, or, below 0, back from it.
    pub now: i64,
    /// Of what is vesting.
    pub vesting: i64,
}

impl LineVesting {
    /// The line of a day as it was settled.
    #[must_use]
    pub fn of(net: i64, vesting: &Vesting) -> Self {
        Self {
            net,
            total: net.saturating_sub(vesting.immediate_of(net)),
        }
    }

    /// What is not released after `k` of `n` steps.
    #[must_use]
    pub fn unvested(&self, k: u32, n: u32) -> i64 {
        self.total.saturating_sub(released(self.total, k, n))
    }

    /// The line with another net amount, once `k` steps are released, and what that changes.
    ///
    /// A higher line gives at once what it would have given by now, and vests as it would have. A
    /// lower one is first taken from what is not released, the more so never below what it would
    /// have left; what it gave beyond is taken back. Either way the rest goes on to the last unit:
    /// of all amounts that leave as much unreleased after `k` steps, `total` is the highest, or the
    /// line's own.
    #[must_use]
    pub fn corrected(&self, net: i64, vesting: &Vesting, k: u32) -> (Self, LineChange) {
        let n = vesting.steps();
        let own = Self::of(net, vesting);
        let unvested = self.unvested(k, n);
        let given = self.net.saturating_sub(unvested);
        let own_rest = own.unvested(k, n);
        let rest = net.saturating_sub(given).clamp(0, own_rest);
        let total = match n.checked_sub(k) {
            // All is released: what it was released by no longer matters.
            None | Some(0) => self.total,
            Some(_) if rest == own_rest => own.total,
            Some(left) => i128::from(rest)
                .checked_mul(i128::from(n))
                .and_then(|product| product.checked_div(i128::from(left)))
                .and_then(|total| i64::try_from(total).ok())
                .unwrap_or(own.total),
        };
        let change = LineChange {
            now: net.saturating_sub(rest).saturating_sub(given),
            vesting: rest.saturating_sub(unvested),
        };
        (Self { net, total }, change)
    }
}

#[cfg(test)]
mod tests {
    use paydirt_money::Portion;
    use proptest::prelude::*;

    use super::*;
    use crate::Release;

    fn vesting(immediate: &str, days: u32) -> Vesting {
        let immediate = Portion::parse(immediate).unwrap();
        Vesting::new(immediate, Release::Linear { days }).unwrap()
    }

    /// net 100, a quarter at once, 75 over 10 days; 4 days released: 25 + 30 given, 45 to come.
    #[test]
    fn a_higher_line_gives_at_once_what_it_would_have_given_by_now() {
        let terms = vesting("0.25", 10);
        let line = LineVesting::of(100, &terms);
        assert_eq!((line.total, line.unvested(4, 10)), (75, 45));
        // 200: 50 + 60 by now.
        let (higher, change) = line.corrected(200, &terms, 4);
        let expected = LineChange {
            now: 55,
            vesting: 45,
        };
        assert_eq!((higher.total, change), (150, expected));
    }

    #[test]
    fn a_lower_line_is_taken_from_what_is_unvested_then_from_what_was_given() {
        let terms = vesting("0.25", 10);
        let line = LineVesting::of(100, &terms);
        let change = |now, vesting| LineChange { now, vesting };
        let (lower, changed) = line.corrected(80, &terms, 4);
        assert_eq!(changed, change(0, -20));
        assert_eq!(lower.unvested(4, 10), 25);
        assert_eq!(line.corrected(55, &terms, 4).1, change(0, -45));
        assert_eq!(line.corrected(40, &terms, 4).1, change(-15, -45));
        assert_eq!(line.corrected(0, &terms, 4).1, change(-55, -45));
        // Higher again: nothing is given before its time.
        let (again, changed) = lower.corrected(90, &terms, 4);
        assert_eq!((changed, again.unvested(4, 10)), (change(0, 10), 35));
    }

    #[test]
    fn what_is_free_at_once_or_all_released_changes_at_once() {
        let at_once = Vesting::AT_ONCE;
        let line = LineVesting::of(100, &at_once);
        let (after, change) = line.corrected(70, &at_once, 0);
        assert_eq!((after.total, change.now, change.vesting), (0, -30, 0));
        let terms = vesting("0", 10);
        let line = LineVesting::of(100, &terms);
        for net in [0, 70, 130] {
            let (after, change) = line.corrected(net, &terms, 10);
            assert_eq!((change.now, change.vesting), (net - 100, 0));
            assert_eq!(after.unvested(10, 10), 0);
        }
    }

    proptest! {
        /// Corrections at any steps: what was given and what is to come is the net amount, nothing
        /// is ever given before its time, and the steps that are left release the rest.
        #[test]
        fn corrections_at_any_time_end_at_the_last_net_amount(
            net in 0..=1_000_000_i64,
            rate in 0..=1_000_000_u32,
            days in 1..=40_u32,
            steps in prop::collection::vec((0..=40_u32, 0..=1_000_000_i64), 0..6),
        ) {
            let immediate = Portion::from_millionths(rate).unwrap();
            let terms = Vesting::new(immediate, Release::Linear { days }).unwrap();
            let mut line = LineVesting::of(net, &terms);
            let mut given = terms.immediate_of(net);
            let mut at = 0;
            let mut later: Vec<_> = steps.into_iter().map(|(k, to)| (k.min(days), to)).collect();
            later.sort_unstable();
            for (k, to) in later {
                given += released(line.total, k, days) - released(line.total, at, days);
                at = k;
                let before = line;
                let (after, change) = line.corrected(to, &terms, k);
                prop_assert_eq!(change.now + change.vesting, to - before.net);
                prop_assert_eq!(
                    after.unvested(k, days),
                    before.unvested(k, days) + change.vesting
                );
                // Higher gives, lower takes; what is unvested goes first.
                prop_assert!(to < before.net || (change.now >= 0 && change.vesting >= 0));
                prop_assert!(to > before.net || (change.now <= 0 && change.vesting <= 0));
                prop_assert!(change.now >= 0 || after.unvested(k, days) == 0);
                given += change.now;
                line = after;
                prop_assert_eq!(given + line.unvested(k, days), line.net);
                let own = LineVesting::of(to, &terms);
                prop_assert!(line.unvested(k, days) <= own.unvested(k, days));
            }
            given += released(line.total, days, days) - released(line.total, at, days);
            prop_assert_eq!(given, line.net);
        }
    }
}
