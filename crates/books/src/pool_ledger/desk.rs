//! What a move does to legs and balances, decided in memory: the books are asked before, and
//! written after, in a few statements for any number of legs.

use std::collections::{BTreeMap, HashMap};

use paydirt_ledger::{
    HoldOutcome, HoldState, LedgerError, Leg, LegId, LegVerdict, MemberId, PaymentId, Reapply,
    ReapplyOutcome, ReapplyTo, ReleaseOutcome, SettleOutcome, Settlement, VoidOutcome,
};
use paydirt_money::{Amount, Coin, MoneyError};

use super::legs::{Changed, End, Mark, Paid, bucket_of};
use super::withdrawals::{Wanted, Withdrawals};
use crate::accounts::Account;

/// What a member has, as far as legs move it; ledger units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Purse {
    pub(super) available: i64,
    pub(super) frozen: i64,
    pub(super) receivable: i64,
}

/// Everything that a move works on.
pub(super) struct Desk<'a> {
    coin: Coin,
    marks: HashMap<LegId, Mark>,
    purses: HashMap<MemberId, Purse>,
    pub(super) withdrawals: Withdrawals,
    /// Changes of members' accounts, above 0 credits.
    pub(super) entries: Vec<(Account, &'a MemberId, i64)>,
    pub(super) changed: BTreeMap<LegId, Changed<'a>>,
}

type Moving<T> = Result<T, LedgerError>;

impl<'a> Desk<'a> {
    pub(super) fn new(
        coin: Coin,
        marks: HashMap<LegId, Mark>,
        purses: HashMap<MemberId, Purse>,
        withdrawals: Withdrawals,
    ) -> Self {
        Self {
            coin,
            marks,
            purses,
            withdrawals,
            entries: Vec::new(),
            changed: BTreeMap::new(),
        }
    }

    fn amount(&self, units: i64) -> Amount {
        Amount::from_units(units, self.coin)
    }

    fn look(&self, leg: &LegId) -> HoldState {
        self.marks
            .get(leg)
            .map_or(HoldState::Absent, |mark| mark.end.state())
    }

    /// All legs of a payment, or none: they are validated first.
    pub(super) fn hold(&mut self, payment: PaymentId, legs: &'a [Leg]) -> Moving<HoldOutcome> {
        let mut wanted = BTreeMap::new();
        let mut asked = Wanted::default();
        let mut new: Vec<&'a Leg> = Vec::new();
        for leg in legs {
            let refused = match self.marks.get(&leg.id) {
                None if new.iter().any(|other| other.id == leg.id) => {
                    Some("it stands twice in this payment".to_owned())
                }
                None => match self.withdrawals.refuses(leg, &mut asked) {
                    Some(reason) => Some(reason),
                    None => self.lacks(leg, &mut wanted)?,
                },
                Some(mark) => match mark.end {
                    End::Held if mark.is_of(leg) => continue,
                    End::Held => Some("it is held for another member or amount".into()),
                    End::Settled(_) => Some("it is settled".into()),
                    End::Released => Some("it was given back".into()),
                    End::Void => Some("it is void".into()),
                },
            };
            if let Some(reason) = refused {
                let leg = leg.id;
                return Ok(HoldOutcome::Refused { leg, reason });
            }
            new.push(leg);
        }
        for leg in new {
            self.enter(bucket_of(leg), leg, negative(leg.amount.units())?)?;
            self.enter(Account::InFlight, leg, leg.amount.units())?;
            self.mark(leg, Some(payment), End::Held, true);
            self.withdrawals.hold(leg, payment);
        }
        Ok(HoldOutcome::Held)
    }

    /// Why what a member has is too little for this leg beside those before it.
    fn lacks(
        &self,
        leg: &'a Leg,
        wanted: &mut BTreeMap<(&'a MemberId, Account), i64>,
    ) -> Moving<Option<String>> {
        let bucket = bucket_of(leg);
        let sum = wanted.entry((&leg.member, bucket)).or_default();
        *sum = fit(sum.checked_add(leg.amount.units()))?;
        let purse = self.purses.get(&leg.member).copied().unwrap_or_default();
        let (has, what) = match bucket {
            Account::Frozen => (purse.frozen, "what is set aside"),
            // What the member owes is held back.
            _ => {
                let free = purse.available.checked_sub(purse.receivable);
                (fit(free)?, "the balance")
            }
        };
        if has >= *sum {
            return Ok(None);
        }
        let (has, sum) = (self.amount(has), self.amount(*sum));
        Ok(Some(format!("{what} is {has}, below {sum}")))
    }

    pub(super) fn settle(&mut self, item: &'a Settlement) -> Moving<SettleOutcome> {
        let leg = &item.leg;
        let units = leg.amount.units();
        let outcome = match self.look(&leg.id) {
            HoldState::Settled => return Ok(SettleOutcome::Already),
            HoldState::Held => {
                self.check_same(leg)?;
                self.enter(Account::InFlight, leg, negative(units)?)?;
                SettleOutcome::Settled
            }
            _ => {
                let rest = self.debit(leg)?;
                let debited = fit(units.checked_sub(rest))?;
                SettleOutcome::WithoutHold {
                    debited: self.amount(debited),
                    receivable: self.amount(rest),
                }
            }
        };
        self.enter(Account::Paid, leg, units)?;
        self.withdrawals.settle(item, self.payment_of(leg));
        self.mark(leg, None, settled(item), true);
        Ok(outcome)
    }

    fn payment_of(&self, leg: &Leg) -> Option<PaymentId> {
        self.marks.get(&leg.id).and_then(|mark| mark.payment)
    }

    pub(super) fn release(&mut self, leg: &'a Leg) -> Moving<ReleaseOutcome> {
        match self.look(&leg.id) {
            HoldState::Released | HoldState::Void => Ok(ReleaseOutcome::Already),
            HoldState::Settled => Ok(ReleaseOutcome::IsSettled),
            HoldState::Held => {
                self.give_back(leg, leg.verdict.as_ref())?;
                self.mark(leg, None, End::Released, true);
                Ok(ReleaseOutcome::Released)
            }
            HoldState::Absent | HoldState::RolledBack => {
                self.mark(leg, None, End::Void, false);
                Ok(ReleaseOutcome::NothingHeld)
            }
        }
    }

    pub(super) fn void(&mut self, leg: &'a Leg) -> Moving<VoidOutcome> {
        match self.look(&leg.id) {
            HoldState::Released | HoldState::Void => Ok(VoidOutcome::Already),
            HoldState::Settled => Ok(VoidOutcome::IsSettled),
            HoldState::Held => {
                self.give_back(leg, None)?;
                self.mark(leg, None, End::Void, true);
                Ok(VoidOutcome::GivenBack)
            }
            HoldState::Absent | HoldState::RolledBack => {
                self.mark(leg, None, End::Void, false);
                Ok(VoidOutcome::Voided)
            }
        }
    }

    /// Undoes what the ledger did with a leg, then does what the journal says.
    pub(super) fn reapply(&mut self, item: &'a Reapply) -> Moving<ReapplyOutcome> {
        let (leg, from) = (&item.leg, self.look(&item.leg.id));
        let same = matches!(
            (&item.to, from),
            (ReapplyTo::Gone, HoldState::Void | HoldState::Released)
                | (ReapplyTo::Held, HoldState::Held)
                | (ReapplyTo::Settled(_), HoldState::Settled)
        );
        if same {
            return Ok(ReapplyOutcome::Unchanged);
        }
        self.withdrawals.check_not_paid(leg)?;
        let units = leg.amount.units();
        let had = match from {
            HoldState::Held => Some(Account::InFlight),
            HoldState::Settled => Some(Account::Paid),
            _ => None,
        };
        if let Some(account) = had {
            self.check_same(leg)?;
            self.enter(account, leg, negative(units)?)?;
        }
        let mut lacking = 0;
        match &item.to {
            ReapplyTo::Gone if had.is_some() => self.enter(bucket_of(leg), leg, units)?,
            ReapplyTo::Held | ReapplyTo::Settled(_) if had.is_none() => {
                lacking = self.debit(leg)?
            }
            _ => {}
        }
        let end = match &item.to {
            ReapplyTo::Held => End::Held,
            ReapplyTo::Settled(settlement) => settled(settlement),
            ReapplyTo::Gone => End::Void,
        };
        match &item.to {
            ReapplyTo::Held => {
                self.enter(Account::InFlight, leg, units)?;
                self.withdrawals.hold(leg, item.payment);
            }
            ReapplyTo::Settled(settlement) => {
                self.enter(Account::Paid, leg, units)?;
                self.withdrawals.settle(settlement, Some(item.payment));
            }
            ReapplyTo::Gone => {
                let verdict = leg.verdict.as_ref();
                self.withdrawals.give_back(leg, verdict, Some(item.payment));
            }
        }
        let posted = had.is_some() || end != End::Void;
        self.mark(leg, Some(item.payment), end, posted);
        Ok(ReapplyOutcome::Applied {
            from,
            receivable: self.amount(lacking),
        })
    }

    fn give_back(&mut self, leg: &'a Leg, verdict: Option<&LegVerdict>) -> Moving<()> {
        self.check_same(leg)?;
        let payment = self.payment_of(leg);
        self.withdrawals.give_back(leg, verdict, payment);
        let units = leg.amount.units();
        self.enter(Account::InFlight, leg, negative(units)?)?;
        self.enter(bucket_of(leg), leg, units)
    }

    /// Takes what is there, first what is set aside for the leg's own withdrawals, and books the
    /// rest as a receivable. Returns the rest.
    fn debit(&mut self, leg: &'a Leg) -> Moving<i64> {
        let mut rest = leg.amount.units();
        let aside = self.withdrawals.aside_for(leg);
        let buckets = match bucket_of(leg) {
            Account::Frozen => [Account::Frozen, Account::Available].as_slice(),
            _ => &[Account::Available],
        };
        for bucket in buckets {
            let purse = self.purses.get(&leg.member).copied().unwrap_or_default();
            let has = match bucket {
                Account::Frozen => purse.frozen.min(aside),
                _ => purse.available,
            };
            let taken = has.clamp(0, rest);
            rest = fit(rest.checked_sub(taken))?;
            self.enter(*bucket, leg, negative(taken)?)?;
        }
        // A receivable is the member's debt: a debit of its account.
        self.enter(Account::Receivable, leg, negative(rest)?)?;
        Ok(rest)
    }

    /// What is held or paid for a leg must be what is settled or given back.
    fn check_same(&self, leg: &Leg) -> Moving<()> {
        match self.marks.get(&leg.id) {
            Some(mark) if !mark.is_of(leg) => Err(LedgerError::BadEntry {
                entry: format!("for leg {}", leg.id),
                found: format!(
                    "{} of {}",
                    self.amount(mark.amount),
                    mark.member.as_ref().map_or("nobody", MemberId::as_str)
                ),
            }),
            _ => Ok(()),
        }
    }

    fn enter(&mut self, account: Account, leg: &'a Leg, units: i64) -> Moving<()> {
        let purse = self.purses.entry(leg.member.clone()).or_default();
        let (figure, change) = match account {
            Account::Available => (&mut purse.available, units),
            Account::Frozen => (&mut purse.frozen, units),
            Account::Receivable => (&mut purse.receivable, negative(units)?),
            _ => {
                self.entries.push((account, &leg.member, units));
                return Ok(());
            }
        };
        *figure = fit(figure.checked_add(change))?;
        self.entries.push((account, &leg.member, units));
        Ok(())
    }

    fn mark(&mut self, leg: &'a Leg, payment: Option<PaymentId>, end: End, posted: bool) {
        let known = self.marks.get(&leg.id).and_then(|mark| mark.payment);
        let mark = Mark {
            payment: payment.or(known),
            member: Some(leg.member.clone()),
            amount: leg.amount.units(),
            bucket: bucket_of(leg),
            end,
        };
        self.marks.insert(leg.id, mark.clone());
        let before = self.changed.get(&leg.id);
        let posted = posted || before.is_some_and(|before| before.posted);
        let place = self.changed.len();
        self.changed.insert(
            leg.id,
            Changed {
                place,
                leg,
                mark,
                posted,
            },
        );
    }
}

fn settled(item: &Settlement) -> End {
    End::Settled(Some(Paid {
        transaction: item.transaction.clone(),
        block: item.block,
        fee: item.fee,
    }))
}

fn negative(units: i64) -> Moving<i64> {
    fit(units.checked_neg())
}

/// A sum that left 64 bits.
fn fit(units: Option<i64>) -> Moving<i64> {
    units.ok_or_else(|| {
        LedgerError::Money(MoneyError::OutOfRange {
            operation: "a member's sum".into(),
            range: "64 bits of ledger units",
        })
    })
}
