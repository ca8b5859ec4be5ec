//! Which rules a settlement was computed by. Rules that were ever used stay here, each in its file.

mod v1;

use paydirt_money::Amount;

use crate::{Claim, EarningsError, Oversold, Part, Shared, Whole};

/// The version of [`Rules::CURRENT`], which new settlements store.
pub const RULE_VERSION: u32 = 1;

/// The rules of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rules {
    /// The largest remainders, ties by order id; fees floored a line.
    V1,
}

impl Rules {
    /// What new settlements are computed by.
    pub const CURRENT: Rules = Rules::V1;

    /// The rules that a settlement stored.
    ///
    /// # Errors
    /// [`EarningsError::UnknownRules`].
    pub fn of_version(version: u32) -> Result<Rules, EarningsError> {
        match version {
            1 => Ok(Rules::V1),
            _ => Err(EarningsError::UnknownRules {
                version,
                known: RULE_VERSION,
            }),
        }
    }

    /// What a settlement stores.
    #[must_use]
    pub const fn version(self) -> u32 {
        match self {
            Rules::V1 => 1,
        }
    }

    /// Shares `income` among `claims`, which stand in the order that settles ties: that of their
    /// order ids' bytes.
    ///
    /// # Errors
    /// [`EarningsError::Oversold`], unless that is to be scaled; [`EarningsError::Money`] for an
    /// income below zero, and for weights whose sum is beyond 128 bits (never below 2^25 claims).
    pub fn share(
        self,
        income: Amount,
        claims: &[Claim],
        whole: Whole,
        oversold: Oversold,
    ) -> Result<Shared, EarningsError> {
        self.share_reusing(Vec::new(), income, claims, whole, oversold)
    }

    /// The same in the memory of `spare`, whose content is lost: the parts of the day before, where
    /// many days are settled.
    ///
    /// # Errors
    /// Those of [`Rules::share`].
    pub fn share_reusing(
        self,
        spare: Vec<Part>,
        income: Amount,
        claims: &[Claim],
        whole: Whole,
        oversold: Oversold,
    ) -> Result<Shared, EarningsError> {
        match self {
            Rules::V1 => v1::share(spare, income, claims, whole, oversold),
        }
    }
}

/// [`Rules::share`] by the current rules.
///
/// # Errors
/// Its errors.
pub fn share(
    income: Amount,
    claims: &[Claim],
    whole: Whole,
    oversold: Oversold,
) -> Result<Shared, EarningsError> {
    Rules::CURRENT.share(income, claims, whole, oversold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_found_again_by_the_version_that_was_stored() {
        assert_eq!(Rules::CURRENT.version(), RULE_VERSION);
        for version in 1..=RULE_VERSION {
            assert_eq!(Rules::of_version(version).unwrap().version(), version);
        }
        for version in [0, RULE_VERSION + 1] {
            let refused = Rules::of_version(version).unwrap_err();
            assert!(
                refused
                    .to_string()
                    .contains("use a version of Paydirt that has them")
            );
        }
    }
}
