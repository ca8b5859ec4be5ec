//! What steps of a settlement release of all its lines together.

use paydirt_earnings::released;

/// How often each T mod n occurs among the lines of a settlement, and the sum of T div n: with
/// them, what k steps release of all lines together, each floored by itself.
pub(super) struct Remainders {
    steps: u32,
    counts: Vec<u64>,
    quotients: i128,
}

impl Remainders {
    pub(super) fn new(steps: u32) -> Self {
        let width = usize::try_from(steps).unwrap_or_default();
        Self {
            steps,
            counts: vec![0; width],
            quotients: 0,
        }
    }

    pub(super) fn add(&mut self, quotient: i64, remainder: u16) {
        self.quotients = self.quotients.saturating_add(i128::from(quotient));
        if let Some(count) = self.counts.get_mut(usize::from(remainder)) {
            *count = count.saturating_add(1);
        }
    }

    /// The sum of floor(T * k / n).
    pub(super) fn released(&self, k: u32) -> i128 {
        let mut sum = self.quotients.saturating_mul(i128::from(k));
        for (remainder, count) in (0_i64..).zip(&self.counts).filter(|(_, count)| **count > 0) {
            let each = i128::from(released(remainder, k, self.steps));
            sum = sum.saturating_add(each.saturating_mul(i128::from(*count)));
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lines_together_release_what_each_does_by_itself() {
        let totals: [i64; 7] = [1, 7, 179, 180, 181, 1_000_000_007, i64::MAX];
        for steps in [1, 5, 180, 3660] {
            let mut remainders = Remainders::new(steps);
            for total in totals {
                let (quotient, remainder) = paydirt_earnings::decompose(total, steps).unwrap();
                remainders.add(quotient, remainder);
            }
            for k in [0, 1, steps / 2, steps - 1, steps] {
                let each = totals.map(|total| i128::from(released(total, k, steps)));
                assert_eq!(remainders.released(k), each.iter().sum(), "{k} of {steps}");
            }
        }
    }
}
