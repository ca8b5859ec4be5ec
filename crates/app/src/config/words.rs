//! Words, names and digits.

use super::fault::{Fault, nearest};

/// The value of one of these words, or which there are.
pub(super) fn one_of<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, Fault> {
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let cure = match nearest(text, known.iter().copied()) {
            Some(near) => format!("did you mean {near}? It is one of: {}", known.join(", ")),
            None => format!("write one of: {}", known.join(", ")),
        };
        Fault::new(format!("is {:?}", excerpt(text)), cure)
    })
}

/// The name of a section `[kind.NAME]` that must exist.
pub(super) fn existing(name: &str, kind: &str, names: &[String]) -> Result<String, Fault> {
    if names.iter().any(|known| known == name) {
        return Ok(name.to_owned());
    }
    let cure = match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("add a section [{kind}.NAME], or name one that exists"),
    };
    Err(Fault::new(
        format!("there is no [{kind}.{}]", excerpt(name)),
        cure,
    ))
}

/// A whole number in plain digits.
pub(super) fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// Whether it may name a section.
pub(super) fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=40).contains(&text.len()) && text.bytes().all(plain)
}

/// As much of a text as belongs into a message.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(60).collect()
}
