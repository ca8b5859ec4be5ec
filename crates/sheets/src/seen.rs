//! Which ids a file has had already.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::BuildHasher as _;

/// Ids in one text, found again by a hash: some 50 bytes an id beside its text.
#[derive(Default)]
pub(crate) struct Seen {
    text: String,
    /// By the hash of an id, where it ends in `text`, its length and its row.
    by_hash: HashMap<u64, Place>,
    /// Those whose hash another id had.
    others: HashMap<Box<str>, u64>,
    hashing: RandomState,
}

struct Place {
    end: usize,
    length: u16,
    row: u64,
}

impl Seen {
    /// The row that had this id already; otherwise this is the row that has it.
    pub(crate) fn before(&mut self, id: &str, row: u64) -> Option<u64> {
        let hash = self.hashing.hash_one(id);
        self.with_hash(hash, id, row)
    }

    fn with_hash(&mut self, hash: u64, id: &str, row: u64) -> Option<u64> {
        let length = u16::try_from(id.len());
        match (self.by_hash.entry(hash), length) {
            (Entry::Vacant(entry), Ok(length)) => {
                self.text.push_str(id);
                let end = self.text.len();
                entry.insert(Place { end, length, row });
                None
            }
            (Entry::Occupied(entry), _) if entry.get().is_in(&self.text, id) => {
                Some(entry.get().row)
            }
            _ => match self.others.entry(id.into()) {
                Entry::Occupied(entry) => Some(*entry.get()),
                Entry::Vacant(entry) => {
                    entry.insert(row);
                    None
                }
            },
        }
    }
}

impl Place {
    fn is_in(&self, text: &str, id: &str) -> bool {
        let start = self.end.saturating_sub(usize::from(self.length));
        text.get(start..self.end) == Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_again_and_no_other_even_of_the_same_hash() {
        let mut seen = Seen::default();
        assert_eq!(seen.before("a", 2), None);
        assert_eq!(seen.before("b", 3), None);
        assert_eq!(seen.before("a", 4), Some(2));
        assert_eq!(seen.before("a", 5), Some(2));
        for (row, id) in (10..).zip(["x", "y", "z"]) {
            assert_eq!(seen.with_hash(7, id, row), None);
        }
        for (row, id) in (10..).zip(["x", "y", "z"]) {
            assert_eq!(seen.with_hash(7, id, 99), Some(row));
        }
        let long = "x".repeat(70_000);
        assert_eq!(
            (seen.before(&long, 20), seen.before(&long, 21)),
            (None, Some(20))
        );
    }
}
