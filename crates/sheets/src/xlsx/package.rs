//! Whether a file is a workbook that may be read, found out before anything is made of it.
//!
//! Each part is unpacked once only to be counted: what its directory says of sizes need not be
//! true. Bounds on those parts that calamine keeps in memory keep that memory a small multiple of
//! them; the cells of a sheet are read one by one.

use std::io::{Cursor, Read as _};

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::Refusal;
use super::part::{Findings, look};
use crate::Limits;

const MAX_PARTS: usize = 2_000;
/// No part that grows to more than this may have been packed more than so many times smaller;
/// sheets of equal rows reach 30 times.
const RATIO_FROM: u64 = 4 << 20;
const MAX_RATIO: u64 = 200;
/// Of a part that is kept in memory whole, apart from the texts.
const MAX_KEPT_BYTES: u64 = 8 << 20;
/// Elements by their longest: what is made of such a part if each element repeats the longest.
const MAX_KEPT_PRODUCT: u64 = 64 << 20;
/// Texts that cells share, and the tags around them.
const MAX_STRINGS: u64 = 8_000_000;
const MAX_STRING_TAGS: u64 = 4 * MAX_STRINGS;

const SAVE: &str = "save it as XLSX, or as CSV with commas (UTF-8 without BOM)";

/// What is known of a workbook that may be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Whether cells may be merged in one of its sheets.
    pub(super) merged_cells: bool,
}

/// The parts that calamine keeps in memory, or makes something of for all the workbook.
struct Kept {
    /// Normalised names.
    names: Vec<String>,
    strings: Vec<String>,
}

type Archive<'b> = ZipArchive<Cursor<&'b [u8]>>;

/// Whether this may be read, and what there is in it.
pub(super) fn check(bytes: &[u8], limits: &Limits) -> Result<Found, Refusal> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(Refusal::damaged)?;
    if archive.len() > MAX_PARTS {
        let what = format!(
            "holds {} parts, at most {MAX_PARTS} are read",
            archive.len()
        );
        return Err(Refusal::TooLarge(what));
    }
    if archive.has_duplicate_names() {
        return Err(Refusal::damaged("two of its parts have one name"));
    }
    let names = names(&archive)?;
    if let Some(other) = other_kind(&names) {
        return Err(other);
    }
    check_stated_sizes(&mut archive, limits)?;
    let kept = Kept::of(&mut archive, &names)?;
    let mut left = limits.unpacked_bytes;
    let mut merged_cells = false;
    for (index, name) in names.iter().enumerate() {
        let part = archive.by_index(index).map_err(Refusal::damaged)?;
        let packed = part.compressed_size();
        let found = look(part, left).map_err(Refusal::damaged)?;
        left = match left.checked_sub(found.bytes) {
            Some(left) => left,
            None => return Err(too_large(limits)),
        };
        check_part(name, packed, &found, &kept)?;
        merged_cells |= found.merged;
    }
    Ok(Found { merged_cells })
}

/// The names of all parts, as a reader compares them.
fn names(archive: &Archive<'_>) -> Result<Vec<String>, Refusal> {
    let names = archive.file_names().map(|name| {
        let name = name.map_err(Refusal::damaged)?;
        match name.len() <= 255 {
            true => Ok(normalised(&name)),
            false => Err(Refusal::damaged("a part has a name of more than 255 bytes")),
        }
    });
    names.collect()
}

fn normalised(name: &str) -> String {
    name.replace('\\', "/").to_ascii_lowercase()
}

fn other_kind(names: &[String]) -> Option<Refusal> {
    let has = |name: &str| names.iter().any(|found| found == name);
    let any_ends = |end: &str| names.iter().any(|found| found.ends_with(end));
    let what = if any_ends("vbaproject.bin") {
        "a workbook with macros (.xlsm)"
    } else if has("xl/workbook.bin") {
        "a binary workbook (.xlsb)"
    } else if has("content.xml") && has("mimetype") {
        "an OpenDocument file (.ods)"
    } else if has("word/document.xml") {
        "a text document (.docx)"
    } else if any_ends(".iwa") {
        "a Numbers file"
    } else if !has("[content_types].xml") || !has("_rels/.rels") {
        "a ZIP archive and no workbook"
    } else {
        return None;
    };
    Some(Refusal::other(what, SAVE))
}

fn check_stated_sizes(archive: &mut Archive<'_>, limits: &Limits) -> Result<(), Refusal> {
    let mut stated = 0_u64;
    for index in 0..archive.len() {
        let part = archive.by_index_data(index).map_err(Refusal::damaged)?;
        if part.encrypted() {
            return Err(Refusal::other("a ZIP archive with a password", SAVE));
        }
        stated = stated.saturating_add(part.size());
    }
    match stated > limits.unpacked_bytes {
        true => Err(too_large(limits)),
        false => Ok(()),
    }
}

fn too_large(limits: &Limits) -> Refusal {
    let most = limits.unpacked_bytes;
    Refusal::TooLarge(format!(
        "unpacks to more than {most} bytes, the most that are read"
    ))
}

fn check_part(name: &str, packed: u64, found: &Findings, kept: &Kept) -> Result<(), Refusal> {
    let ratio = found.bytes.checked_div(packed).unwrap_or(found.bytes);
    if found.bytes > RATIO_FROM && ratio > MAX_RATIO {
        let what = format!("has a part that unpacks to {ratio} times its size, as no sheet does");
        return Err(Refusal::TooLarge(what));
    }
    if found.doctype && (name.ends_with(".xml") || name.ends_with(".rels") || kept.has(name)) {
        let what = "a workbook with a document type declaration";
        return Err(Refusal::other(what, SAVE));
    }
    // What other programs keep beside the cells may be in UTF-16.
    if found.nul && (name.contains("worksheets/") || kept.has(name)) {
        let what = "a workbook whose parts are not in UTF-8";
        return Err(Refusal::other(what, SAVE));
    }
    let product = found.tags.saturating_mul(found.longest);
    let too_much = if kept.strings.iter().any(|strings| strings == name) {
        found.strings > MAX_STRINGS || found.tags > MAX_STRING_TAGS
    } else {
        kept.has(name) && (found.bytes > MAX_KEPT_BYTES || product > MAX_KEPT_PRODUCT)
    };
    if too_much {
        let what = format!("has more in its part {name:?} than is read");
        return Err(Refusal::TooLarge(what));
    }
    Ok(())
}

const RELATIONSHIPS: &str = "_rels/.rels";
const MAX_RELATIONSHIPS: u64 = 1 << 16;

impl Kept {
    /// By the relationships of the package: whatever they point to may be the workbook.
    fn of(archive: &mut Archive<'_>, names: &[String]) -> Result<Kept, Refusal> {
        let mut kept = Kept {
            names: vec![RELATIONSHIPS.to_owned()],
            strings: Vec::new(),
        };
        for (index, name) in names.iter().enumerate() {
            if name != RELATIONSHIPS {
                continue;
            }
            let part = archive.by_index(index).map_err(Refusal::damaged)?;
            let mut text = String::new();
            let read = part.take(MAX_RELATIONSHIPS).read_to_string(&mut text);
            let read = read.map_err(Refusal::damaged)?;
            if u64::try_from(read).is_ok_and(|read| read == MAX_RELATIONSHIPS) {
                return Err(Refusal::damaged(format!("its {RELATIONSHIPS} is too long")));
            }
            kept.read(&text)?;
        }
        Ok(kept)
    }

    fn has(&self, name: &str) -> bool {
        let mut all = self.names.iter().chain(&self.strings);
        all.any(|kept| kept == name)
    }

    fn read(&mut self, relationships: &str) -> Result<(), Refusal> {
        let mut xml = Reader::from_str(relationships);
        loop {
            match xml.read_event().map_err(Refusal::damaged)? {
                Event::Start(element) | Event::Empty(element) => self.read_element(&element)?,
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    fn read_element(&mut self, element: &BytesStart<'_>) -> Result<(), Refusal> {
        for attribute in element.attributes() {
            let attribute = attribute.map_err(Refusal::damaged)?;
            if attribute.key.local_name().as_ref() == "Target" {
                let target = unescape(&attribute.value).map_err(Refusal::damaged)?;
                self.add_workbook(&target);
            }
        }
        Ok(())
    }

    fn add_workbook(&mut self, target: &str) {
        let target = normalised(target);
        let target = target.strip_prefix('/').unwrap_or(&target);
        let (folder, name) = match target.rsplit_once('/') {
            Some((folder, name)) => (format!("{folder}/"), name),
            None => (String::new(), target),
        };
        self.strings.push(format!("{folder}sharedstrings.xml"));
        self.names.extend([
            target.to_owned(),
            format!("{folder}_rels/{name}.rels"),
            format!("{folder}styles.xml"),
            format!("{folder}theme/theme1.xml"),
        ]);
    }
}
