//! What kind of file it is, by its first bytes.

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Csv,
    Zip,
}

/// Another kind of file, and how to make one that is read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Other {
    pub(crate) what: &'static str,
    pub(crate) cure: &'static str,
}

const SAVE_AS: &str = "save it as XLSX, or as CSV with commas (UTF-8 without BOM)";

/// How many bytes are needed.
pub(crate) const HEAD: usize = 8;

/// The kind of a file that begins so.
pub(crate) fn of(head: &[u8]) -> Result<Kind, Other> {
    let other = |what| {
        Err(Other {
            what,
            cure: SAVE_AS,
        })
    };
    match head {
        [b'P', b'K', 3, 4, ..] => Ok(Kind::Zip),
        [b'P', b'K', 5, 6, ..] => other("an empty ZIP archive"),
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1] => Err(Other {
            what: "an old Excel file (.xls) or one with a password",
            cure: "save it as XLSX without a password, or as CSV with commas",
        }),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => other("text in UTF-16"),
        [0x1f, 0x8b, ..] => other("a gzip archive"),
        [b'%', b'P', b'D', b'F', ..] => other("a PDF file"),
        [b'<', ..] => other("an HTML or XML file, whatever its name"),
        _ if head.contains(&0) => other("text in UTF-16, or no text at all"),
        _ => Ok(Kind::Csv),
    }
}
