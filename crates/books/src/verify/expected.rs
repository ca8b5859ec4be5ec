//! What balances must be, as far as it was computed: a number in reach for each member or version.

use std::collections::BTreeMap;

use crate::numbers::{MemberNumber, StreamNumber};
use crate::{Account, BooksError};

use super::{Stop, add};

/// Numbers that share a page.
const PAGE: usize = 4096;

/// Values by the books' numbers, which mostly follow each other.
pub(super) struct Paged<T>(BTreeMap<i64, Vec<T>>);

impl<T: Clone + Default> Paged<T> {
    pub(super) fn new() -> Self {
        Self(BTreeMap::new())
    }

    fn place(number: i64) -> (i64, usize) {
        let width = i64::try_from(PAGE).unwrap_or(i64::MAX);
        let place = number.checked_rem_euclid(width).unwrap_or_default();
        let page = number.checked_div_euclid(width).unwrap_or_default();
        (page, usize::try_from(place).unwrap_or_default())
    }

    pub(super) fn get(&self, number: i64) -> T {
        let (page, place) = Self::place(number);
        let value = self.0.get(&page).and_then(|page| page.get(place));
        value.cloned().unwrap_or_default()
    }

    /// The value of a number, made if it is new.
    pub(super) fn at(&mut self, number: i64) -> Result<&mut T, Stop> {
        let (page, place) = Self::place(number);
        let page = self
            .0
            .entry(page)
            .or_insert_with(|| vec![T::default(); PAGE]);
        let value = page.get_mut(place);
        Ok(value.ok_or_else(|| BooksError::corrupt("number", number))?)
    }

    /// Takes the value of a number out, so that what is left was not asked for.
    pub(super) fn take(&mut self, number: i64) -> T {
        let (page, place) = Self::place(number);
        let value = self.0.get_mut(&page).and_then(|page| page.get_mut(place));
        value.map(std::mem::take).unwrap_or_default()
    }

    /// Numbers and values, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, &T)> {
        let width = i64::try_from(PAGE).unwrap_or(i64::MAX);
        self.0.iter().flat_map(move |(page, values)| {
            let first = page.saturating_mul(width);
            (first..).zip(values)
        })
    }
}

/// The buckets of a balance, in the order of the columns of `member_balance`.
pub(super) const BUCKETS: [Account; 6] = [
    Account::Available,
    Account::Frozen,
    Account::Vesting,
    Account::InFlight,
    Account::Paid,
    Account::Receivable,
];

/// Where a bucket stands among them.
const fn place_of(account: Account) -> Option<usize> {
    Some(match account {
        Account::Available => 0,
        Account::Frozen => 1,
        Account::Vesting => 2,
        Account::InFlight => 3,
        Account::Paid => 4,
        Account::Receivable => 5,
        _ => return None,
    })
}

/// Where what is no longer vesting goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    Available,
    Collected(StreamNumber),
}

impl To {
    pub(super) fn key(self) -> (Account, Option<StreamNumber>) {
        match self {
            Self::Available => (Account::Available, None),
            Self::Collected(stream) => (Account::ToTransfer, Some(stream)),
        }
    }
}

/// What members must have.
pub(super) struct Expected {
    pub(super) buckets: Paged<[i64; 6]>,
    pub(super) collected: BTreeMap<StreamNumber, Paged<i64>>,
}

impl Expected {
    pub(super) fn new() -> Self {
        Self {
            buckets: Paged::new(),
            collected: BTreeMap::new(),
        }
    }

    /// Adds an entry of a member; `false` when its account is none of members'.
    pub(super) fn add(
        &mut self,
        account: Account,
        stream: Option<StreamNumber>,
        member: MemberNumber,
        amount: i64,
    ) -> Result<bool, Stop> {
        if let (Account::ToTransfer, Some(stream)) = (account, stream) {
            let of_stream = self.collected.entry(stream).or_insert_with(Paged::new);
            add(of_stream.at(member.get())?, amount)?;
            return Ok(true);
        }
        let Some(place) = place_of(account) else {
            return Ok(false);
        };
        // What is owed to the pool is counted upwards, and debited.
        let amount = match account {
            Account::Receivable => amount.saturating_neg(),
            _ => amount,
        };
        let buckets = self.buckets.at(member.get())?;
        if let Some(bucket) = buckets.get_mut(place) {
            add(bucket, amount)?;
        }
        Ok(true)
    }

    /// Adds what was vesting and is not any more, or never was.
    pub(super) fn add_to(&mut self, to: To, member: i64, amount: i64) -> Result<(), Stop> {
        if amount == 0 {
            return Ok(());
        }
        match to {
            To::Available => add(&mut self.buckets.at(member)?[0], amount),
            To::Collected(stream) => {
                let of_stream = self.collected.entry(stream).or_insert_with(Paged::new);
                add(of_stream.at(member)?, amount)
            }
        }
    }

    pub(super) fn add_vesting(&mut self, member: i64, amount: i64) -> Result<(), Stop> {
        match amount {
            0 => Ok(()),
            _ => add(&mut self.buckets.at(member)?[2], amount),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_keep_numbers_apart() {
        let mut paged: Paged<i64> = Paged::new();
        for number in [0, 1, 4095, 4096, 1_000_000] {
            let Ok(value) = paged.at(number) else {
                panic!("{number}")
            };
            *value = number + 7;
        }
        assert_eq!(paged.get(4096), 4103);
        assert_eq!(paged.get(2), 0);
        assert_eq!(paged.take(4095), 4102);
        let left: Vec<(i64, i64)> = paged
            .iter()
            .filter(|(_, value)| **value != 0)
            .map(|(number, value)| (number, *value))
            .collect();
        assert_eq!(left, [(0, 7), (1, 8), (4096, 4103), (1_000_000, 1_000_007)]);
    }
}
