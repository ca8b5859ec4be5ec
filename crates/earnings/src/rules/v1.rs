//! Version 1.

use paydirt_money::{Amount, MoneyError, Weights, split_reusing};

use crate::{Claim, EarningsError, Oversold, Part, Shared, Whole};

pub(super) fn share(
    spare: Vec<Part>,
    income: Amount,
    claims: &[Claim],
    whole: Whole,
    oversold: Oversold,
) -> Result<Shared, EarningsError> {
    let weights = Weights::new(claims.iter().map(Claim::weight))?;
    let sold = weights.total();
    let (whole, scaled) = match whole {
        Whole::Sold => (sold, false),
        Whole::Pool(power) if sold <= power.whole() => (power.whole(), false),
        Whole::Pool(_) if oversold == Oversold::Scale => (sold, true),
        Whole::Pool(power) => {
            let whole = power.whole();
            return Err(EarningsError::Oversold { sold, whole });
        }
    };
    let split = split_reusing(spare, income, &weights, whole)?;
    let (shared, retained) = (split.shared(), split.retained());
    let (mut gross_sum, mut fee_sum) = (0_i64, 0_i64);
    let parts = split.into_units().zip(claims).map(|(gross, claim)| {
        // Each at most the income, and so are their sums: nothing wraps.
        let fee = claim
            .fee_rate
            .fee_of_units(gross.cast_unsigned())
            .cast_signed();
        gross_sum = gross_sum.wrapping_add(gross);
        fee_sum = fee_sum.wrapping_add(fee);
        Part { gross, fee }
    });
    let parts: Vec<Part> = parts.collect();
    let fee = Amount::from_units(fee_sum, income.coin());
    let net = shared.checked_sub(fee)?;
    let whole_again = net.checked_add(fee)?.checked_add(retained)?;
    // The arithmetic excludes it; no line is booked if it is wrong all the same.
    if gross_sum != shared.units() || whole_again != income || parts.len() != claims.len() {
        return Err(EarningsError::Money(MoneyError::OutOfRange {
            operation: format!("the split of {income} among {} orders", claims.len()),
            range: "in which its parts add up to it",
        }));
    }
    Ok(Shared {
        parts,
        net,
        fee,
        retained,
        sold,
        whole,
        scaled,
    })
}
