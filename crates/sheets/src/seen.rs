//! Which ids a file has had already.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher};

/// Ids in one text, found again by a hash: some 40 bytes an id beside its text.
#[derive(Default)]
pub(crate) struct Seen {
    text: String,
    /// Where each id ends in `text`, and its row.
    places: Vec<(usize, u64)>,
    /// The place of the first id of a hash.
    by_hash: HashMap<u64, u32, BuildHasherDefault<IsHash>>,
    /// Those whose hash another id had.
    others: HashMap<Box<str>, u64>,
    hashing: RandomState,
}

/// The key is a hash already, by a key of its own that no file can know.
#[derive(Default)]
struct IsHash(u64);

impl Hasher for IsHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|&byte| self.0 = self.0.rotate_left(8) ^ u64::from(byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl Seen {
    /// The row that had this id already; otherwise this is the row that has it.
    pub(crate) fn before(&mut self, id: &str, row: u64) -> Option<u64> {
        let hash = self.hashing.hash_one(id);
        self.with_hash(hash, id, row)
    }

    fn with_hash(&mut self, hash: u64, id: &str, row: u64) -> Option<u64> {
        let found = match self.by_hash.entry(hash) {
            Entry::Occupied(entry) => Some(*entry.get()),
            Entry::Vacant(entry) => match u32::try_from(self.places.len()) {
                Ok(place) => {
                    entry.insert(place);
                    None
                }
                // After 2^32 ids the others are held apart.
                Err(_) => Some(u32::MAX),
            },
        };
        let Some(place) = found else {
            self.text.push_str(id);
            self.places.push((self.text.len(), row));
            return None;
        };
        if let Some((same, row)) = self.at(place)
            && same == id
        {
            return Some(row);
        }
        match self.others.entry(id.into()) {
            Entry::Occupied(entry) => Some(*entry.get()),
            Entry::Vacant(entry) => {
                entry.insert(row);
                None
            }
        }
    }

    fn at(&self, place: u32) -> Option<(&str, u64)> {
        let place = usize::try_from(place).ok()?;
        let (end, row) = *self.places.get(place)?;
        let before = place
            .checked_sub(1)
            .and_then(|before| self.places.get(before));
        let start = before.map_or(0, |(end, _)| *end);
        Some((self.text.get(start..end)?, row))
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
