//! A member of the ledger's model, and what another program may do to it.

use paydirt_money::Amount;

use crate::{LedgerError, MemberId};

/// A member's figures, in ledger units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) balance: i64,
    pub(super) pending: i64,
    pub(super) paid: i64,
    pub(super) receivable: i64,
    pub(super) threshold: Option<Amount>,
    pub(super) address: Option<String>,
    /// A balance that can't be read, as it stands.
    pub(super) unreadable: Option<String>,
}

impl Member {
    /// What may be held: the balance less what the member owes.
    pub(super) fn available(&self) -> Result<i64, LedgerError> {
        fit(self.balance.checked_sub(self.receivable))
    }

    /// Takes from the balance what is there, and books the rest as a receivable. Returns both.
    pub(super) fn debit(&mut self, units: i64) -> Result<(i64, i64), LedgerError> {
        let debited = self.balance.clamp(0, units);
        let rest = fit(units.checked_sub(debited))?;
        self.balance = fit(self.balance.checked_sub(debited))?;
        self.receivable = fit(self.receivable.checked_add(rest))?;
        Ok((debited, rest))
    }

    pub(super) fn credit(&mut self, units: i64) -> Result<(), LedgerError> {
        self.balance = fit(self.balance.checked_add(units))?;
        Ok(())
    }

    /// What the member owes is taken from the balance, as far as that goes.
    pub(super) fn recover(&mut self) {
        let taken = self.balance.clamp(0, self.receivable.max(0));
        self.balance = self.balance.saturating_sub(taken);
        self.receivable = self.receivable.saturating_sub(taken);
    }

    pub(super) fn pend(&mut self, units: i64) -> Result<(), LedgerError> {
        self.pending = fit(self.pending.checked_add(units))?;
        Ok(())
    }

    pub(super) fn unpend(&mut self, units: i64) -> Result<(), LedgerError> {
        self.pending = fit(self.pending.checked_sub(units))?;
        Ok(())
    }

    pub(super) fn pay(&mut self, units: i64) -> Result<(), LedgerError> {
        self.paid = fit(self.paid.checked_add(units))?;
        Ok(())
    }

    pub(super) fn unpay(&mut self, units: i64) -> Result<(), LedgerError> {
        self.paid = fit(self.paid.checked_sub(units))?;
        Ok(())
    }

    /// Refuses a balance that is no number.
    pub(super) fn check(&self, member: &MemberId) -> Result<(), LedgerError> {
        match &self.unreadable {
            None => Ok(()),
            Some(found) => Err(LedgerError::BadEntry {
                entry: format!("balance of {member}"),
                found: found.clone(),
            }),
        }
    }
}

/// A sum that left 64 bits.
pub(super) fn fit(units: Option<i64>) -> Result<i64, LedgerError> {
    units.ok_or_else(|| {
        paydirt_money::MoneyError::OutOfRange {
            operation: "a member's sum".into(),
            range: "64 bits of ledger units",
        }
        .into()
    })
}
