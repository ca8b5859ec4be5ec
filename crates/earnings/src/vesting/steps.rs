//! The release of a day, of many lines at once.
//!
//! With T = q * n + r, the steps from k0 to k1 release q * (k1 - k0) + floor(r * k1 / n) -
//! floor(r * k0 / n). As the quotients of a member's lines add up, what must be read of each line
//! is its remainder, 2 bytes.
//!
//! And floor(r * k / n) is floor(r * f / 2^31) with f = ceil(k * 2^31 / n): f is too large by less
//! than 1, r * f by less than 2^12, the quotient by less than 2^-19, while r * k / n, if it is not
//! whole, is at least 1 / n > 2^-12 from the next whole number. So no division is left, and several
//! lines are released by one instruction.

use crate::{EarningsError, MAX_STEPS, released};

/// `t` = quotient * `n` + remainder, the remainder below `n`.
///
/// # Errors
/// [`EarningsError::Steps`] unless `n` is 1 to 3660, [`EarningsError::Line`] for a `t` below 0.
pub fn decompose(t: i64, n: u32) -> Result<(i64, u16), EarningsError> {
    if !(1..=MAX_STEPS).contains(&n) {
        let (from, to, count) = (0, n, n);
        return Err(EarningsError::Steps { from, to, count });
    }
    let quotient = t.checked_div(i64::from(n)).filter(|_| t >= 0);
    let remainder = t.checked_rem(i64::from(n));
    let remainder = remainder.and_then(|rest| u16::try_from(rest).ok());
    let problem = "it is below zero";
    quotient
        .zip(remainder)
        .ok_or(EarningsError::Line { at: 0, problem })
}

/// Some steps of a release: what they release of one amount, and of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    from: u32,
    to: u32,
    count: u32,
    /// ceil(k * 2^31 / n) of both ends, at most 2^31.
    from_factor: u32,
    to_factor: u32,
}

impl Steps {
    /// The steps after the first `from`, up to and with the `to`th, of `count`.
    ///
    /// # Errors
    /// [`EarningsError::Steps`] unless `from` <= `to` <= `count`, which is 1 to 3660.
    pub fn new(from: u32, to: u32, count: u32) -> Result<Steps, EarningsError> {
        let wrong = EarningsError::Steps { from, to, count };
        if from > to || to > count || !(1..=MAX_STEPS).contains(&count) {
            return Err(wrong);
        }
        let factor = |k: u32| {
            let rounded_up = (u64::from(k) << 31).div_ceil(u64::from(count));
            u32::try_from(rounded_up).ok()
        };
        let (from_factor, to_factor) = factor(from).zip(factor(to)).ok_or(wrong)?;
        Ok(Steps {
            from,
            to,
            count,
            from_factor,
            to_factor,
        })
    }

    /// What these steps release of `t`, in ledger units from 0 on.
    #[must_use]
    pub fn of(&self, t: i64) -> i64 {
        // Of what is not below zero, the first is at least the second.
        released(t, self.to, self.count).saturating_sub(released(t, self.from, self.count))
    }

    /// Adds to each sum what these steps release of its line, decomposed by the count of steps.
    ///
    /// # Errors
    /// [`EarningsError::Lengths`] and [`EarningsError::Line`]; the sums are as they were.
    pub fn add(
        &self,
        quotients: &[i64],
        remainders: &[u16],
        sums: &mut [i64],
    ) -> Result<(), EarningsError> {
        if quotients.len() != sums.len() {
            let [quotients, remainders, sums] = [quotients.len(), remainders.len(), sums.len()];
            return Err(EarningsError::Lengths {
                quotients,
                remainders,
                sums,
            });
        }
        self.check(remainders, sums)?;
        let largest = i64::MAX.checked_div(i64::from(self.count)).unwrap_or(0);
        let steps = u64::from(self.to.saturating_sub(self.from));
        let lines = quotients.iter().zip(remainders);
        let parts = lines.map(|(quotient, rest)| {
            let whole = quotient.cast_unsigned().wrapping_mul(steps);
            let part = whole.wrapping_add(self.of_remainder(*rest)).cast_signed();
            // Below zero, which no part is, where the quotient is none of an amount.
            part | ((quotient | largest.wrapping_sub(*quotient)) & i64::MIN)
        });
        add_all(parts, sums)
    }

    /// The same where the quotients are added elsewhere, once for all lines of a member: what these
    /// steps release of the remainders alone.
    ///
    /// # Errors
    /// [`EarningsError::Lengths`] and [`EarningsError::Line`]; the sums are as they were.
    pub fn add_remainders(
        &self,
        remainders: &[u16],
        sums: &mut [i64],
    ) -> Result<(), EarningsError> {
        self.check(remainders, sums)?;
        let parts = remainders.iter();
        add_all(
            parts.map(|rest| self.of_remainder(*rest).cast_signed()),
            sums,
        )
    }

    /// Of a remainder below the count.
    #[inline]
    fn of_remainder(&self, rest: u16) -> u64 {
        let released = |factor: u32| u64::from(rest).wrapping_mul(u64::from(factor)) >> 31;
        released(self.to_factor).wrapping_sub(released(self.from_factor))
    }

    fn check(&self, remainders: &[u16], sums: &[i64]) -> Result<(), EarningsError> {
        if remainders.len() != sums.len() {
            let [remainders, sums] = [remainders.len(), sums.len()];
            return Err(EarningsError::Lengths {
                quotients: sums,
                remainders,
                sums,
            });
        }
        let largest = remainders
            .iter()
            .fold(0, |largest, rest| *rest.max(&largest));
        if u32::from(largest) >= self.count {
            let at = remainders.iter().position(|rest| *rest == largest);
            return Err(EarningsError::Line {
                at: at.unwrap_or_default(),
                problem: "its remainder is not below the count of steps",
            });
        }
        Ok(())
    }
}

/// Adds parts, all of them or none. They wrap, and it is only looked at in the end whether one
/// did: so no line waits for the one before, and what was added can be taken off again.
#[inline]
fn add_all(
    parts: impl Iterator<Item = i64> + Clone,
    sums: &mut [i64],
) -> Result<(), EarningsError> {
    let mut wrong = 0_i64;
    for (part, sum) in parts.clone().zip(sums.iter_mut()) {
        let next = sum.wrapping_add(part);
        // Below zero where the part is, or the sum became so.
        wrong |= part | (next & !*sum);
        *sum = next;
    }
    if wrong >= 0 {
        return Ok(());
    }
    let mut found = None;
    for (at, (part, sum)) in parts.zip(sums.iter_mut()).enumerate() {
        *sum = sum.wrapping_sub(part);
        let problem = match part < 0 {
            true => Some("its quotient is none of an amount"),
            false if sum.checked_add(part).is_none() => Some("its sum is beyond 64 bits"),
            false => None,
        };
        found = found.or(problem.map(|problem| EarningsError::Line { at, problem }));
    }
    found.map_or(Ok(()), Err)
}
