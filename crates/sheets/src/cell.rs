//! What the text of a cell may be.

use crate::problem::excerpt;

/// What is wrong with one cell, before it is known whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) what: String,
    pub(crate) cure: String,
}

impl Fault {
    pub(crate) fn new(what: impl Into<String>, cure: impl Into<String>) -> Fault {
        Fault {
            what: what.into(),
            cure: cure.into(),
        }
    }
}

/// A cell as it was cut out of its row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cut<'a> {
    /// Its text, empty where nothing stands.
    Text(&'a str),
    /// It can't be taken; what is shown of it, and why.
    Bad(&'a str, Fault),
}

/// What is wrong with the text of a cell, if anything.
pub(crate) fn fault_of(text: &str, most_bytes: u16) -> Option<Fault> {
    let plain = text.bytes().all(|byte| (b' '..0x7f).contains(&byte));
    let blank = |c: char| c.is_whitespace();
    if text.len() > usize::from(most_bytes) {
        let what = format!(
            "is {} bytes long, at most {most_bytes} are read",
            text.len()
        );
        return Some(Fault::new(what, "shorten it"));
    }
    if !plain && let Some(fault) = text.chars().find_map(unwanted) {
        return Some(fault);
    }
    if text.starts_with(blank) || text.ends_with(blank) {
        let what = "begins or ends with a blank";
        return Some(Fault::new(what, "delete the blanks at its ends"));
    }
    None
}

/// A text as it was before it was exported: where a spreadsheet would take it for a formula, it has
/// an apostrophe more there.
pub(crate) fn undefused(text: &str) -> &str {
    let plain = text.trim_start_matches('\'');
    match text.strip_prefix('\'') {
        Some(rest) if plain.starts_with(['=', '+', '-', '@']) => rest,
        _ => text,
    }
}

fn unwanted(c: char) -> Option<Fault> {
    let code = u32::from(c);
    match c {
        '\u{fffd}' => Some(Fault::new(
            "has characters that are not UTF-8, or were lost when the file was converted",
            "save the file as UTF-8 and correct the cell",
        )),
        '\n' | '\r' => Some(Fault::new(
            "has a line break",
            "write it on one line; lines end with LF or CRLF",
        )),
        '\t' => Some(Fault::new("has a tab", "write a blank, or delete it")),
        _ if c.is_control() => {
            let what = format!("has the control character U+{code:04X}");
            Some(Fault::new(what, "delete it"))
        }
        _ if is_invisible(c) => {
            let what = format!("has the invisible character U+{code:04X}");
            Some(Fault::new(what, "delete it, or write the cell anew"))
        }
        _ => None,
    }
}

/// Characters that make two texts differ which look alike: zero-width ones, and those that change
/// the direction of writing. The joiners that some scripts need between letters are none of them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A cell's text with what is wrong with it, for messages about the header.
pub(crate) fn shown(text: &str) -> String {
    excerpt(text)
}
