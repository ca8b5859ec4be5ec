//! What one part of a package holds, seen while it is unpacked and before anything reads it.

use std::io::Read;

use memchr::{memchr_iter, memmem};

const CHUNK: usize = 1 << 16;
/// So much of what was seen is seen again with what follows, so that nothing hides at a seam.
const SEAM: usize = 64;
/// An attribute by which a reader reserves memory.
const UNIQUE_COUNT: &[u8] = b"uniqueCount";

/// What was found in a part.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    /// Bytes, unpacked.
    pub(super) bytes: u64,
    /// How many `<` there are: at least as many as elements.
    pub(super) tags: u64,
    /// The most bytes between two of them: at least as many as in the longest attribute.
    pub(super) longest: u64,
    /// Whether there is a document type declaration.
    pub(super) doctype: bool,
    /// Whether there are NUL bytes, as in UTF-16.
    pub(super) nul: bool,
    /// Whether cells are merged.
    pub(super) merged: bool,
    /// The largest number of strings that it says to have; more than fits in the oddest case.
    pub(super) strings: u64,
}

/// Reads all of a part but at most one byte more than `most`.
pub(super) fn look(part: impl Read, most: u64) -> std::io::Result<Findings> {
    let mut part = part.take(most.saturating_add(1));
    let mut found = Findings::default();
    let mut since_tag = 0_u64;
    let mut window: Vec<u8> = Vec::with_capacity(CHUNK.saturating_add(SEAM));
    loop {
        let seen = window.len();
        let read = part.by_ref().take(length(CHUNK)).read_to_end(&mut window)?;
        if read == 0 {
            find_words(&window, true, &mut found);
            return Ok(found);
        }
        found.bytes = found.bytes.saturating_add(length(read));
        let new = window.get(seen..).unwrap_or_default();
        count_tags(new, &mut since_tag, &mut found);
        found.nul |= new.contains(&0);
        find_words(&window, false, &mut found);
        window.drain(..window.len().saturating_sub(SEAM));
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn count_tags(new: &[u8], since_tag: &mut u64, found: &mut Findings) {
    let mut last = 0_usize;
    for at in memchr_iter(b'<', new) {
        let gap = since_tag.saturating_add(length(at.saturating_sub(last)));
        found.longest = found.longest.max(gap);
        found.tags = found.tags.saturating_add(1);
        *since_tag = 0;
        last = at;
    }
    *since_tag = since_tag.saturating_add(length(new.len().saturating_sub(last)));
    found.longest = found.longest.max(*since_tag);
}

fn find_words(window: &[u8], is_last: bool, found: &mut Findings) {
    let behind = |at: usize, word: &[u8]| window.get(at.saturating_add(word.len())..);
    found.merged |= memmem::find(window, b"mergeCell").is_some();
    found.doctype |= memmem::find_iter(window, b"<!").any(|at| {
        let name = behind(at, b"<!").and_then(|rest| rest.get(..7));
        name.is_some_and(|name| name.eq_ignore_ascii_case(b"DOCTYPE"))
    });
    for at in memmem::find_iter(window, UNIQUE_COUNT) {
        // Where the window ends too early, the next one shows it whole.
        let rest = behind(at, UNIQUE_COUNT).unwrap_or_default();
        match rest.get(..24) {
            Some(rest) => found.strings = found.strings.max(stated(rest)),
            None if is_last => found.strings = found.strings.max(stated(rest)),
            None => {}
        }
    }
}

/// The number in `="12"`; the largest there is where it is written in another way.
fn stated(rest: &[u8]) -> u64 {
    let quoted = rest
        .strip_prefix(b"=\"")
        .or_else(|| rest.strip_prefix(b"='"));
    let digits = quoted.and_then(|text| text.split(|byte| matches!(byte, b'"' | b'\'')).next());
    let number = digits.and_then(|digits| std::str::from_utf8(digits).ok());
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(part: &str) -> Findings {
        look(part.as_bytes(), 1 << 30).unwrap()
    }

    #[test]
    fn words_are_found_wherever_a_seam_cuts_them() {
        for before in (CHUNK - 40)..(CHUNK + 3) {
            let filler = " ".repeat(before);
            let rest = "x".repeat(40);
            assert!(
                found(&format!("{filler}<!doctype html>{rest}")).doctype,
                "{before}"
            );
            assert!(
                found(&format!("{filler}<mergeCells>{rest}")).merged,
                "{before}"
            );
            let strings = found(&format!("{filler}uniqueCount=\"123\"{rest}")).strings;
            assert_eq!(strings, 123, "{before}");
            assert!(found(&format!("{filler}\0{rest}")).nul);
        }
    }

    #[test]
    fn a_count_that_is_written_oddly_counts_as_the_largest() {
        let filler = "x".repeat(40);
        for odd in [
            "=\"99999999999999999999999\"",
            " = \"1\"",
            "=\"-1\"",
            "=\"\"",
            "=1",
        ] {
            let strings = found(&format!("uniqueCount{odd}{filler}")).strings;
            assert_eq!(strings, u64::MAX, "{odd}");
        }
        assert_eq!(found(&format!("uniqueCount='7'{filler}")).strings, 7);
        assert_eq!(found("<sst uniqueCount=\"99999999\">").strings, 99_999_999);
        assert_eq!(found("uniqueCount=\"").strings, u64::MAX);
    }

    #[test]
    fn tags_and_the_longest_of_them_are_counted_across_chunks() {
        let long = format!("<a><b c=\"{}\"/></a>", "x".repeat(3 * CHUNK));
        let findings = found(&long);
        assert_eq!(findings.tags, 3);
        assert_eq!(findings.longest, u64::try_from(3 * CHUNK + 9).unwrap());
        assert_eq!(findings.bytes, u64::try_from(long.len()).unwrap());
    }

    #[test]
    fn no_more_is_unpacked_than_one_byte_above_the_limit() {
        assert_eq!(look(std::io::repeat(b'x'), 100_000).unwrap().bytes, 100_001);
    }
}
