//! Hashes over what was written, so that a later change of it shows.
//!
//! SHA-256 over fields, each told apart from its neighbours: numbers as 8 bytes, big-endian; texts
//! and bytes after their length; what is absent as a mark of its own.

use sha2::{Digest as _, Sha256};

/// 32 bytes of SHA-256.
pub(crate) type Hash = [u8; 32];

/// The head of a chain without links.
pub(crate) const NOTHING: Hash = [0; 32];

/// A hash in the making.
#[derive(Clone, Default)]
pub(crate) struct Digest(Sha256);

impl Digest {
    /// Of things of this kind: those of another kind never hash alike.
    pub(crate) fn of(kind: &str) -> Self {
        Self::default().text(kind)
    }

    pub(crate) fn number(mut self, number: i64) -> Self {
        self.0.update([1]);
        self.0.update(number.to_be_bytes());
        self
    }

    pub(crate) fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update([2]);
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.0.update(length.to_be_bytes());
        self.0.update(bytes);
        self
    }

    pub(crate) fn maybe_number(mut self, number: Option<i64>) -> Self {
        match number {
            Some(number) => self.number(number),
            None => {
                self.0.update([0]);
                self
            }
        }
    }

    pub(crate) fn maybe_bytes(mut self, bytes: Option<&[u8]>) -> Self {
        match bytes {
            Some(bytes) => self.bytes(bytes),
            None => {
                self.0.update([0]);
                self
            }
        }
    }

    /// Rows of equal width, without marks: for many of them.
    pub(crate) fn row(&mut self, numbers: &[i64]) {
        for number in numbers {
            self.0.update(number.to_be_bytes());
        }
    }

    pub(crate) fn finish(self) -> Hash {
        self.0.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_never_run_into_each_other() {
        let one = Digest::of("a").text("bc").finish();
        assert_ne!(one, Digest::of("ab").text("c").finish());
        let absent = Digest::of("a").maybe_number(None).finish();
        assert_ne!(absent, Digest::of("a").number(0).finish());
        assert_ne!(absent, Digest::of("a").finish());
        let (number, bytes) = (Digest::of("a").number(5), Digest::of("a"));
        assert_ne!(number.finish(), bytes.bytes(&5_i64.to_be_bytes()).finish());
    }
}
