//! Exact shares of one income and one whole: I * w / W as a floor and a remainder.
//!
//! The remainder comes as a fraction of the whole in 128 bits: shifted left by as much as puts
//! the whole's first bit first. So all of one split compare, and their first bits tell most apart.

use ruint::aliases::U256;

/// All weights are at most the whole, which is above 0.
pub(super) trait Exact {
    /// floor(I * `weight` / W), and the remainder.
    fn share(&self, weight: u128) -> (u64, u128);
}

/// By the reciprocal, and one fix-up: I below 2^62, W below 2^127.
///
/// W' = W * 2^shift lies in [2^126, 2^127), w' = w * 2^shift, and I * w' / W' is wanted. With
/// `ratio` = floor(I * 2^(127 + down) / W'), which just fits 64 bits for a `down` of at least 1, as
/// I * 2^127 / W' is at most 2 * I < 2^63, and with top = floor(w' / 2^63), also below 2^64, the
/// estimate is floor(top * `ratio` / 2^(64 + down)). Both factors are too small by less than
/// 1, so before it is floored the estimate is too small by less than 2^(1 - down), at
/// most 1: the floor is right, or 1 too small. So the remainder that belongs to it is below 2 * W',
/// which fits 128 bits; what is above them cancels in I * w' - estimate * W'.
pub(super) struct Fast {
    income: u128,
    whole: u128,
    ratio: u128,
    shift: u32,
    down: u32,
}

impl Fast {
    pub(super) fn of(income: u64, whole: u128) -> Option<Fast> {
        let shift = whole.leading_zeros().checked_sub(1)?;
        if income >> 62 > 0 || whole == 0 {
            return None;
        }
        let whole = whole.checked_shl(shift)?;
        let scaled = |bits| {
            let numerator = U256::from(income).checked_shl(bits)?;
            u64::try_from(numerator.checked_div(U256::from(whole))?).ok()
        };
        let down = scaled(127)?.leading_zeros().min(63);
        Some(Fast {
            income: u128::from(income),
            whole,
            ratio: u128::from(scaled(usize::try_from(down).ok()?.checked_add(127)?)?),
            shift,
            down,
        })
    }
}

impl Exact for Fast {
    #[inline]
    fn share(&self, weight: u128) -> (u64, u128) {
        let weight = weight.wrapping_shl(self.shift);
        let top = weight >> 63;
        let estimate = high(top.wrapping_mul(self.ratio)).wrapping_shr(self.down);
        let taken = u128::from(estimate).wrapping_mul(self.whole);
        let rest = self.income.wrapping_mul(weight).wrapping_sub(taken);
        match rest.checked_sub(self.whole) {
            Some(rest) => (estimate.wrapping_add(1), rest << 1),
            None => (estimate, rest << 1),
        }
    }
}

/// In 256 bits, for any income and whole.
pub(super) struct Wide {
    income: U256,
    whole: U256,
    shift: u32,
}

impl Wide {
    /// Of a whole above 0.
    pub(super) fn of(income: u64, whole: u128) -> Wide {
        Wide {
            income: U256::from(income),
            whole: U256::from(whole.max(1)),
            shift: whole.leading_zeros(),
        }
    }
}

impl Exact for Wide {
    fn share(&self, weight: u128) -> (u64, u128) {
        // Below 2^191. The floor is at most the income, the remainder below the whole.
        let product = self.income.wrapping_mul(U256::from(weight));
        let (floor, rest) = product.div_rem(self.whole);
        let rest: u128 = rest.wrapping_to();
        (floor.wrapping_to(), rest.wrapping_shl(self.shift))
    }
}

/// The first 64 bits.
#[inline]
pub(super) fn high(bits: u128) -> u64 {
    u64::try_from(bits >> 64).unwrap_or(u64::MAX)
}

/// The last 64 bits.
#[inline]
pub(super) fn low(bits: u128) -> u64 {
    u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(u64::MAX)
}
