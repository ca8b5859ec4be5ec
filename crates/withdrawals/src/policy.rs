//! What a pool's terms allow: minimum, caps, who has to approve. From numbers to a decision.
//!
//! All caps are there, or there is no policy at all: what is missing denies. What a member asked
//! for in a day counts in sum, so that several small requests are one large one.

use paydirt_money::{Amount, MoneyError};

use crate::WithdrawalError;

/// What a pool allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The least that can be asked for, unless it closes the balance.
    pub minimum: Amount,
    /// Most of one withdrawal.
    pub withdrawal_cap: Amount,
    /// Most that a member asks for in a day.
    pub member_daily_cap: Amount,
    /// Most that goes out of the pool in a day.
    pub daily_cap: Amount,
    /// A withdrawal, or what its member asked for that day with it, above this waits for a second
    /// person; `None`: each does.
    pub approve_above: Option<Amount>,
}

/// A request, with what must be known of its member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// How much; `None`, which closes the balance: all of it.
    pub amount: Option<Amount>,
    /// Whether it closes the balance.
    pub closes: bool,
    /// What the member has available, less what it owes.
    pub free: Amount,
    /// What it asked for that day before, without what was rejected or taken back.
    pub before: Amount,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// How much it is of.
    pub amount: Amount,
    /// Whether it may be paid at once, and why, or why it waits for a second person.
    pub approval: Approval,
}

/// Who has to approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approval {
    /// Nobody, because of this.
    None(String),
    /// A second person, because of this.
    SecondPerson(String),
}

impl Policy {
    /// Whether a request is allowed, of how much it is, and who has to approve it.
    ///
    /// # Errors
    /// `Refused` with the rule that it breaks and what would be allowed; `Money`.
    pub fn decide(&self, asked: &Asked) -> Result<Allowed, WithdrawalError> {
        let amount = whole(asked)?;
        if !amount.is_positive() {
            return Err(WithdrawalError::refused(
                format!("{amount} is asked for, which is nothing"),
                "ask for more than 0, up to what is available",
            ));
        }
        if amount > asked.free {
            return Err(WithdrawalError::refused(
                format!(
                    "{amount} is asked for, and {} is available less what the member owes",
                    asked.free
                ),
                "ask for less, or wait until more is available",
            ));
        }
        if amount < self.minimum && !asked.closes {
            return Err(WithdrawalError::refused(
                format!("{amount} is below the minimum of {}", self.minimum),
                "ask for more, or for all that is available with --close",
            ));
        }
        self.check_caps(amount, asked.before)?;
        let approval = self.approval(amount, asked.before)?;
        Ok(Allowed { amount, approval })
    }

    fn check_caps(&self, amount: Amount, before: Amount) -> Result<(), WithdrawalError> {
        let (most, key) = match self.withdrawal_cap < self.daily_cap {
            true => (self.withdrawal_cap, "withdrawal_cap"),
            // It could never go out.
            false => (self.daily_cap, "daily_cap"),
        };
        if amount > most {
            return Err(WithdrawalError::refused(
                format!("{amount} is above the cap of one withdrawal, {most} ({key})"),
                "ask for less, or in parts on several days",
            ));
        }
        if before.checked_add(amount)? > self.member_daily_cap {
            let left = left(self.member_daily_cap, before)?;
            return Err(WithdrawalError::refused(
                format!(
                    "the member has asked for {before} today, and {amount} more is above its \
                     daily cap of {} (member_daily_cap)",
                    self.member_daily_cap
                ),
                format!("ask for up to {left} today, and for the rest tomorrow"),
            ));
        }
        Ok(())
    }

    fn approval(&self, amount: Amount, before: Amount) -> Result<Approval, MoneyError> {
        let Some(above) = self.approve_above else {
            let why = "approve_above is not set, so that each request needs it";
            return Ok(Approval::SecondPerson(why.into()));
        };
        if amount > above {
            let why = format!("{amount} is above {above} (approve_above)");
            return Ok(Approval::SecondPerson(why));
        }
        let sum = before.checked_add(amount)?;
        if sum > above {
            let why = format!(
                "with {before} before, that day's sum is above {above} \
                 (approve_above)"
            );
            return Ok(Approval::SecondPerson(why));
        }
        let why = format!("that day's sum of {sum} is not above {above} (approve_above)");
        Ok(Approval::None(why))
    }

    /// How much may still go out of the pool on a day on which so much did.
    ///
    /// # Errors
    /// `Coins`, `OutOfRange`.
    pub fn left_of_day(&self, gone: Amount) -> Result<Amount, MoneyError> {
        left(self.daily_cap, gone)
    }
}

/// How much is asked for.
fn whole(asked: &Asked) -> Result<Amount, WithdrawalError> {
    match asked.amount {
        None if asked.closes => Ok(asked.free),
        None => Err(WithdrawalError::refused(
            "no amount is asked for",
            "say how much with --amount, or all that is available with --close",
        )),
        Some(amount) if asked.closes && amount != asked.free => Err(WithdrawalError::refused(
            format!(
                "{amount} does not close the balance: {} is available less what the member owes",
                asked.free
            ),
            "leave the amount out, or --close",
        )),
        Some(amount) => Ok(amount),
    }
}

fn left(cap: Amount, before: Amount) -> Result<Amount, MoneyError> {
    let rest = cap.checked_sub(before)?;
    Ok(match rest.is_negative() {
        true => Amount::zero(cap.coin()),
        false => rest,
    })
}

#[cfg(test)]
mod tests {
    use paydirt_money::Coin;

    use super::*;

    fn fil(text: &str) -> Amount {
        Amount::parse(text, Coin::FIL).unwrap()
    }

    fn policy() -> Policy {
        Policy {
            minimum: fil("0.1"),
            withdrawal_cap: fil("100"),
            member_daily_cap: fil("150"),
            daily_cap: fil("1000"),
            approve_above: Some(fil("10")),
        }
    }

    fn asked(amount: &str, free: &str, before: &str) -> Asked {
        Asked {
            amount: (!amount.is_empty()).then(|| fil(amount)),
            closes: false,
            free: fil(free),
            before: fil(before),
        }
    }

    #[test]
    fn what_is_allowed_and_who_approves_it() {
        // Amount, free, asked for that day before: whether a second person is needed.
        for (amount, free, before, second) in [
            ("0.1", "0.1", "0", false),
            ("10", "10", "0", false),
            ("10.000000001", "20", "0", true),
            ("5", "20", "5", false),
            ("5", "20", "5.000000001", true),
            ("0.1", "20", "10", true),
            ("100", "100", "50", true),
        ] {
            let allowed = policy().decide(&asked(amount, free, before)).unwrap();
            assert_eq!(allowed.amount, fil(amount));
            let needs = matches!(allowed.approval, Approval::SecondPerson(_));
            assert_eq!(needs, second, "{amount} of {free} after {before}");
        }
    }

    #[test]
    fn without_a_limit_of_approval_each_request_needs_it() {
        let policy = Policy {
            approve_above: None,
            ..policy()
        };
        let allowed = policy.decide(&asked("0.1", "1", "0")).unwrap();
        assert!(matches!(allowed.approval, Approval::SecondPerson(_)));
    }

    #[test]
    fn what_breaks_a_rule_is_refused_with_the_rule_and_the_cure() {
        for (amount, free, before, what, cure) in [
            ("0", "5", "0", "which is nothing", "more than 0"),
            (
                "5.000000001",
                "5",
                "0",
                "5 FIL is available",
                "ask for less",
            ),
            ("0.099999999", "5", "0", "minimum of 0.1 FIL", "--close"),
            (
                "100.000000001",
                "200",
                "0",
                "withdrawal_cap",
                "several days",
            ),
            (
                "100",
                "200",
                "50.000000001",
                "member_daily_cap",
                "up to 99.999999999 FIL",
            ),
            ("1", "200", "150", "member_daily_cap", "up to 0 FIL"),
            ("", "200", "0", "no amount", "--amount"),
        ] {
            let refused = policy().decide(&asked(amount, free, before)).unwrap_err();
            let text = refused.to_string();
            assert!(text.contains(what) && text.contains(cure), "{text}");
            assert!(text.contains("nothing was written"), "{text}");
        }
    }

    #[test]
    fn a_balance_is_closed_below_the_minimum_whole_or_not_at_all() {
        let close = |amount: &str, free: &str| Asked {
            closes: true,
            ..asked(amount, free, "0")
        };
        for amount in ["", "0.000000001"] {
            let allowed = policy().decide(&close(amount, "0.000000001")).unwrap();
            assert_eq!(allowed.amount, fil("0.000000001"));
        }
        for (amount, free) in [("1", "2"), ("3", "2"), ("", "0"), ("0", "0")] {
            policy().decide(&close(amount, free)).unwrap_err();
        }
        // Who closes has caps too.
        policy().decide(&close("", "101")).unwrap_err();
    }

    #[test]
    fn what_could_never_go_out_in_a_day_is_refused() {
        let policy = Policy {
            daily_cap: fil("50"),
            ..policy()
        };
        let refused = policy.decide(&asked("51", "100", "0")).unwrap_err();
        assert!(refused.to_string().contains("daily_cap"), "{refused}");
        assert_eq!(policy.left_of_day(fil("49")).unwrap(), fil("1"));
        assert_eq!(policy.left_of_day(fil("51")).unwrap(), fil("0"));
    }

    #[test]
    fn a_sum_beyond_all_bounds_is_an_error_and_not_a_small_one() {
        let policy = Policy {
            member_daily_cap: Amount::from_units(i64::MAX, Coin::FIL),
            ..policy()
        };
        let asked = Asked {
            before: Amount::from_units(i64::MAX, Coin::FIL),
            ..asked("1", "2", "0")
        };
        assert!(matches!(
            policy.decide(&asked),
            Err(WithdrawalError::Money(_))
        ));
    }
}
