//! Where a member's difference goes, or is taken from.

use std::collections::BTreeMap;

use paydirt_books::{Account, Entry, MemberFigures, MemberNumber, StreamNumber};

use crate::terms::Credit;

/// What changes of a member's figures, ledger units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Effect {
    pub(super) vesting: i64,
    pub(super) to_transfer: i64,
    pub(super) available: i64,
    pub(super) receivable: i64,
}

impl Effect {
    /// What a member has takes what is beyond its unvested parts: first what the stream has
    /// collected, where it collects, then what is available; the rest it owes. What is frozen or on
    /// its way is left alone.
    pub(super) fn of((now, vesting): (i64, i64), has: MemberFigures, credit: Credit) -> Self {
        let mut effect = Self {
            vesting,
            ..Self::default()
        };
        if now >= 0 {
            match credit {
                Credit::Available => effect.available = now,
                Credit::Transfer => effect.to_transfer = now,
            }
            return effect;
        }
        let mut owed = now.saturating_neg();
        let mut take = |has: i64| {
            let taken = owed.min(has.max(0));
            owed = owed.saturating_sub(taken);
            taken.saturating_neg()
        };
        if credit == Credit::Transfer {
            effect.to_transfer = take(has.to_transfer);
        }
        effect.available = take(has.available);
        effect.receivable = owed;
        effect
    }

    fn entries(&self, member: MemberNumber, stream: StreamNumber) -> [Entry; 4] {
        let of = |account, amount| Entry::of_member(account, member, amount);
        [
            Entry {
                stream: Some(stream),
                ..of(Account::ToTransfer, self.to_transfer)
            },
            of(Account::Available, self.available),
            of(Account::Vesting, self.vesting),
            // What is owed to the pool is debited.
            of(Account::Receivable, self.receivable.saturating_neg()),
        ]
    }
}

/// The entries of members, in ascending order.
pub(super) fn entries(
    effects: &BTreeMap<MemberNumber, Effect>,
    stream: StreamNumber,
) -> Vec<Entry> {
    let entries = effects
        .iter()
        .flat_map(|(member, effect)| effect.entries(*member, stream));
    entries.filter(|entry| entry.amount != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_member_has_is_taken_in_order_and_the_rest_is_owed() {
        let has = MemberFigures {
            available: 10,
            vesting: 100,
            receivable: 1,
            to_transfer: 5,
        };
        let of = |now, credit| Effect::of((now, -7), has, credit);
        let effect = |to_transfer, available, receivable| Effect {
            vesting: -7,
            to_transfer,
            available,
            receivable,
        };
        assert_eq!(of(3, Credit::Available), effect(0, 3, 0));
        assert_eq!(of(3, Credit::Transfer), effect(3, 0, 0));
        assert_eq!(of(-8, Credit::Available), effect(0, -8, 0));
        assert_eq!(of(-12, Credit::Available), effect(0, -10, 2));
        assert_eq!(of(-4, Credit::Transfer), effect(-4, 0, 0));
        assert_eq!(of(-12, Credit::Transfer), effect(-5, -7, 0));
        assert_eq!(of(-20, Credit::Transfer), effect(-5, -10, 5));
    }
}
