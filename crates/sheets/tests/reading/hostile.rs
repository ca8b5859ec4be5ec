//! Files that mean harm: refused before they cost memory or time, and never a panic.

use std::sync::LazyLock;

use paydirt_sheets::{Limits, SheetError};
use proptest::prelude::*;

use crate::packages::{packed, parts, with};
use crate::support::{message, read_with, sheet, texts, workbook};

const ROW: &str = "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>0</v></c><c r=\"B2\"><v>7</v></c></row>";

fn too_large(content: &[u8], what: &str) {
    let error = read_with(content, &Limits::default()).unwrap_err();
    assert!(matches!(error, SheetError::TooLarge { .. }), "{error}");
    assert!(error.to_string().contains(what), "{error}");
}

#[test]
fn the_least_package_is_read() {
    let read = sheet(packed(&parts(ROW)));
    assert_eq!(
        (texts(&read, "order"), texts(&read, "member")),
        (vec!["shared".into()], vec!["7".into()])
    );
}

#[test]
fn a_zip_bomb_is_refused_by_what_it_states() {
    let bomb = vec![b' '; 8 << 20];
    let packed = packed(&with(parts(ROW), "xl/media/image1.png", bomb));
    assert!(packed.len() < 20_000);
    let limits = Limits {
        unpacked_bytes: 4 << 20,
        ..Limits::default()
    };
    let error = read_with(&packed, &limits).unwrap_err().to_string();
    assert!(
        error.contains("unpacks to more than 4194304 bytes"),
        "{error}"
    );
    too_large(&packed, "has a part that unpacks to ");
}

#[test]
fn a_zip_bomb_that_states_a_small_size_is_refused_by_what_it_unpacks_to() {
    let bomb_bytes = (8_u32 << 20) + 4_951;
    let bomb = vec![b' '; usize::try_from(bomb_bytes).unwrap()];
    let mut bytes = packed(&with(parts(ROW), "xl/media/image1.png", bomb));
    let size = bomb_bytes.to_le_bytes();
    let places: Vec<usize> = bytes
        .windows(4)
        .enumerate()
        .filter(|(_, at)| *at == size)
        .map(|(at, _)| at)
        .collect();
    assert_eq!(places.len(), 2, "in the local and in the central header");
    for at in places {
        bytes
            .get_mut(at..at + 4)
            .unwrap()
            .copy_from_slice(&100_u32.to_le_bytes());
    }
    let limits = Limits {
        unpacked_bytes: 4 << 20,
        ..Limits::default()
    };
    let error = read_with(&bytes, &limits).unwrap_err().to_string();
    assert!(
        error.contains("is larger than its declared uncompressed size"),
        "{error}"
    );
}

#[test]
fn too_many_parts_and_parts_of_one_name_are_refused() {
    let mut many = parts(ROW);
    many.extend((0..2000).map(|at| (format!("xl/media/{at}.png"), Vec::new())));
    too_large(&packed(&many), "holds 2007 parts, at most 2000 are read");
    let long = with(parts(ROW), &"x".repeat(300), "");
    assert!(message(packed(&long)).contains("a name of more than 255 bytes"));
}

#[test]
fn document_types_and_other_encodings_are_refused() {
    let laughs =
        "<!DOCTYPE lolz [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><worksheet>&b;</worksheet>";
    for name in [
        "xl/worksheets/sheet1.xml",
        "xl/styles.xml",
        "xl/sharedStrings.xml",
        "xl/workbook.xml",
    ] {
        let error = message(packed(&with(parts(ROW), name, laughs)));
        assert!(
            error.contains("is a workbook with a document type declaration"),
            "{error}"
        );
        let utf16: Vec<u8> = "<a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let error = message(packed(&with(parts(ROW), name, utf16)));
        assert!(
            error.contains("is a workbook whose parts are not in UTF-8"),
            "{error}"
        );
    }
}

#[test]
fn parts_beside_the_cells_may_be_in_utf16() {
    let utf16: Vec<u8> = "<a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(
        sheet(packed(&with(parts(ROW), "customXml/item1.xml", utf16))).len(),
        1
    );
}

#[test]
fn a_count_of_strings_that_would_reserve_all_memory_is_refused() {
    for count in ["99999999999", "999999999999999999999999"] {
        let strings = format!("<sst uniqueCount=\"{count}\"><si><t>a</t></si></sst>");
        let packed = packed(&with(parts(ROW), "xl/sharedStrings.xml", strings));
        too_large(
            &packed,
            "has more in its part \"xl/sharedstrings.xml\" than is read",
        );
    }
}

#[test]
fn styles_that_multiply_in_memory_are_refused_wherever_they_lie() {
    let name = "x".repeat(1 << 20);
    let formats = "<xf fontId=\"0\"/>".repeat(10_000);
    let styles = format!(
        "<styleSheet><fonts><font><name val=\"{name}\"/></font></fonts><cellXfs>{formats}</cellXfs>\
         </styleSheet>"
    );
    let named = with(parts(ROW), "xl/Styles.xml", styles.clone());
    let named: Vec<_> = named
        .into_iter()
        .filter(|(name, _)| name != "xl/styles.xml")
        .collect();
    too_large(
        &packed(&named),
        "has more in its part \"xl/styles.xml\" than is read",
    );
    let moved = "<Relationships><Relationship Type=\"x/relationships/officeDocument\" \
                 Target=\"/xl/worksheets/sheet&#49;.xml\"/></Relationships>";
    let moved = with(
        with(parts(ROW), "_rels/.rels", moved),
        "xl\\worksheets\\styles.xml",
        styles,
    );
    too_large(
        &packed(&moved),
        "has more in its part \"xl/worksheets/styles.xml\" than is read",
    );
}

#[test]
fn relationships_too_long_to_look_through_are_refused() {
    let long = format!("<Relationships>{}</Relationships>", "<a/>".repeat(1 << 14));
    let error = message(packed(&with(parts(ROW), "_rels/.rels", long)));
    assert!(error.contains("its _rels/.rels is too long"), "{error}");
}

#[test]
fn positions_that_no_sheet_has_are_damage_and_no_panic() {
    for cell in [
        "<c r=\"AAAAAAAAAAAAAAAA2\"><v>1</v></c>",
        "<c r=\"A99999999999999\"><v>1</v></c>",
        "<c r=\"A0\"><v>1</v></c>",
        "<c r=\"B2\"><v>1</v></c><c r=\"A2\"><v>1</v></c>",
        "<c r=\"A2\"><v>1</v></c><c r=\"A2\"><v>1</v></c>",
        "<c r=\"A2\" t=\"s\"><v>99</v></c>",
        "<c r=\"A2\" t=\"what\"><v>99</v></c>",
        "<c r=\"A2\" t=\"inlineStr\"><is><t>&nosuch;</t></is></c>",
    ] {
        let rows = format!("<row r=\"2\">{cell}</row>");
        let result = read_with(packed(&parts(&rows)), &Limits::default());
        let error = result.map(|read| read.len()).unwrap_err().to_string();
        assert!(error.contains("is damaged"), "{cell}: {error}");
    }
    let reversed = "<worksheet><dimension ref=\"D9:A1\"/><sheetData/></worksheet>";
    let error = message(packed(&with(
        parts(ROW),
        "xl/worksheets/sheet1.xml",
        reversed,
    )));
    assert!(error.contains("is damaged"), "{error}");
}

#[test]
fn other_packages_are_named() {
    for (part, called) in [
        ("xl/vbaProject.bin", "a workbook with macros (.xlsm)"),
        ("xl/workbook.bin", "a binary workbook (.xlsb)"),
        ("word/document.xml", "a text document (.docx)"),
        ("Index/Document.iwa", "a Numbers file"),
    ] {
        let error = message(packed(&with(parts(ROW), part, "x")));
        assert!(
            error.contains(called) && error.contains("save it as XLSX, or as CSV"),
            "{error}"
        );
    }
    let ods = ["mimetype", "content.xml"].map(|name| (name.to_owned(), b"x".to_vec()));
    assert!(message(packed(&ods.into())).contains("an OpenDocument file (.ods)"));
    let zip = packed(&vec![("orders.csv".to_owned(), b"order".to_vec())]);
    assert!(message(zip).contains("a ZIP archive and no workbook"));
}

static WORKBOOK: LazyLock<Vec<u8>> =
    LazyLock::new(|| workbook(|sheet| sheet.write_row(1, 0, ["o-1", "m", "1 TB", "0"])));

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        for start in [&b""[..], b"PK\x03\x04", b"order,member,power,fee_rate\n"] {
            let _ = read_with([start, bytes.as_slice()].concat(), &Limits::default());
        }
    }

    #[test]
    fn no_change_of_a_workbook_makes_it_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = WORKBOOK.clone();
        for (at, byte) in &changes {
            *at.get_mut(&mut bytes) = *byte;
        }
        let _ = read_with(&bytes, &Limits::default());
    }

    #[test]
    fn no_change_of_its_parts_makes_it_panic(
        part in any::<prop::sample::Index>(),
        changes in proptest::collection::vec(
            (any::<prop::sample::Index>(), prop_oneof![any::<u8>(), prop::sample::select(b"<>/\"=&;0199AZ".to_vec())]),
            1..6,
        ),
        cut in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
    ) {
        let mut parts = parts(ROW);
        let (_, content) = part.get_mut(&mut parts);
        for (at, byte) in &changes {
            *at.get_mut(content) = *byte;
        }
        if cuts {
            content.truncate(cut.index(content.len()));
        }
        let _ = read_with(packed(&parts), &Limits::default());
    }
}
