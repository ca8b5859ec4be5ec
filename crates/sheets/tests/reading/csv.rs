//! What is read as CSV, and what is refused: every message names the row and the cure.

use paydirt_sheets::{Field, Limits, SheetError, read};

use crate::support::{LAYOUT, read_with, refused, refused_with, sheet, texts};

const HEADER: &str = "order,member,power,fee_rate";

/// The problems of these rows under a good header.
fn refused_rows(rows: &str) -> Vec<String> {
    refused(format!("{HEADER}\n{rows}\n"))
}

#[test]
fn cells_are_the_text_that_stands_there_and_rows_have_the_numbers_of_their_lines() {
    let read = sheet(
        "member,order,power,fee_rate,note\nm 1,o-1,900 TB,0.10,\n茗,o-2,1 PiB,0,\"a, \"\"b\"\"\"\n",
    );
    assert_eq!(read.len(), 2);
    assert_eq!(texts(&read, "order"), ["o-1", "o-2"]);
    assert_eq!(texts(&read, "member"), ["m 1", "茗"]);
    assert_eq!(texts(&read, "power"), ["900 TB", "1 PiB"]);
    assert_eq!(texts(&read, "fee_rate"), ["0.10", "0"]);
    assert_eq!(texts(&read, "note"), ["-", "a, \"b\""]);
    let numbers: Vec<u64> = read.rows().map(|row| row.number()).collect();
    assert_eq!(numbers, [2, 3]);
    let names: Vec<&str> = read.columns().names().collect();
    assert_eq!(names, ["member", "order", "power", "fee_rate", "note"]);
}

#[test]
fn an_absent_column_is_told_from_an_empty_cell() {
    let read = sheet("order,member,power,fee_rate,note\na,b,c,d,\na,b,c,d,\"\"\n");
    for row in read.rows() {
        assert_eq!(row.field("note"), Field::Empty);
        assert_eq!(row.field("end"), Field::Absent);
        assert_eq!(row.field("fee_rate"), Field::Value("d"));
        assert_eq!((row.cell("note"), row.cell("end")), (None, None));
    }
    assert!(read.columns().has("note") && !read.columns().has("end"));
}

#[test]
fn both_line_ends_are_fine_and_so_is_a_last_line_without_one_or_blank_ones() {
    let rows = "a,b,c,d";
    for content in [
        format!("{HEADER}\n{rows}"),
        format!("{HEADER}\n{rows}\n"),
        format!("{HEADER}\r\n{rows}\r\n"),
        format!("{HEADER}\r\n{rows}\n\n\r\n"),
        format!("{HEADER}\n{rows}\n,,,\n,\n"),
    ] {
        assert_eq!(texts(&sheet(&content), "fee_rate"), ["d"], "{content:?}");
    }
    assert!(sheet(HEADER).is_empty());
}

#[test]
fn an_empty_row_before_others_is_refused() {
    assert_eq!(
        refused_rows("a,b,c,d\n\na,b,c,d\n,,,\n\n\na,b,c,d\n"),
        [
            "row 3: it is empty, but rows follow; delete it",
            "row 5: it is empty, as all to row 7, but rows follow; delete it",
        ]
    );
}

#[test]
fn a_byte_order_mark_is_refused_beside_what_else_is_wrong() {
    assert_eq!(
        refused(format!("\u{feff}{HEADER}\na,b,c\n")),
        [
            "row 1: it begins with a byte order mark (BOM); save it as XLSX, or as UTF-8 \
             without BOM; Excel's \"CSV UTF-8\" has one",
            "row 2: it has 3 cells, row 1 has 4; add what is missing; an empty cell needs its \
             comma too",
        ]
    );
}

#[test]
fn other_encodings_are_refused() {
    let utf16 = |text: &str| {
        text.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<_>>()
    };
    let marked = [b"\xff\xfe".to_vec(), utf16(HEADER)].concat();
    for content in [marked, utf16(HEADER)] {
        let error = read_with(content, &Limits::default())
            .unwrap_err()
            .to_string();
        assert!(error.contains("is text in UTF-16"), "{error}");
        assert!(
            error.contains("save it as XLSX, or as CSV with commas"),
            "{error}"
        );
    }
    let gbk = [format!("{HEADER}\na,").as_bytes(), b"\xc8\xd5,c,d\n"].concat();
    assert_eq!(
        refused(gbk),
        [
            "row 2, member \"\u{fffd}\u{fffd}\": has characters that are not UTF-8, or were lost \
             when the file was converted; save the file as UTF-8 and correct the cell"
        ]
    );
}

#[test]
fn another_delimiter_is_named() {
    for (delimiter, called) in [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")] {
        let content = format!("{HEADER}\na,b,c,d\n").replace(',', delimiter);
        assert_eq!(
            refused(content),
            [format!(
                "row 1: its columns are separated by {called}; save the file with commas between \
                 the columns, or as XLSX"
            )]
        );
    }
}

#[test]
fn a_file_without_a_header_and_one_without_anything_are_refused() {
    assert_eq!(
        refused("o-1,m-1,900 TB,0.1\n"),
        [
            "row 1: it is no header: none of its cells names a column; name the columns in row 1: \
          order, member, power, fee_rate, coefficient, end, note"
        ]
    );
    assert_eq!(refused("\n\n").len(), 1);
    assert_eq!(
        refused(""),
        [
            "the file is empty; name the columns in row 1: order, member, power, fee_rate, \
          coefficient, end, note"
        ]
    );
}

#[test]
fn unknown_repeated_missing_and_nameless_columns_are_refused_beside_the_rows_problems() {
    let known = "order, member, power, fee_rate, coefficient, end, note";
    assert_eq!(
        refused("order,Member,feerate,order,colour,\na ,b,c,d,e,f\n"),
        [
            format!(
                "row 1, column 2 \"Member\": is no column known here; did you mean member? The \
                 columns are: {known}"
            ),
            format!(
                "row 1, column 3 \"feerate\": is no column known here; did you mean fee_rate? The \
                 columns are: {known}"
            ),
            "row 1, column 4 \"order\": names a column twice; delete one of the two".to_owned(),
            format!(
                "row 1, column 5 \"colour\": is no column known here; delete it; the columns are: \
                 {known}"
            ),
            "row 1, column 6 \"\": column 6 has no name; name it, or delete the column".to_owned(),
            format!("row 1: the column member is missing; add it; the columns are: {known}"),
            format!("row 1: the column power is missing; add it; the columns are: {known}"),
            format!("row 1: the column fee_rate is missing; add it; the columns are: {known}"),
            "row 2, order \"a \": begins or ends with a blank; delete the blanks at its ends"
                .to_owned(),
        ]
    );
}

#[test]
fn too_few_and_too_many_cells_are_refused() {
    assert_eq!(
        refused_rows("a,b,c\na,b,c,d,e\n ,b,c,d,\na,b,c,d"),
        [
            "row 2: it has 3 cells, row 1 has 4; add what is missing; an empty cell needs its \
             comma too",
            "row 3: it has 5 cells, row 1 has 4; delete what is too much; a cell with a comma in \
             it stands between quotes",
            "row 4: it has 5 cells, row 1 has 4; delete what is too much; a cell with a comma in \
             it stands between quotes",
        ]
    );
}

#[test]
fn a_quote_left_open_spoils_its_own_row_only() {
    let open = "a quote is left open; close it on the same line; a quote within a cell is written \
                twice";
    assert_eq!(
        refused_rows("\"a,b,c,d\na,b,c,\"d\na,b,c\na,\"b\"\",c,d\na,b,c,d"),
        [
            format!("row 2: {open}"),
            format!("row 3: {open}"),
            "row 4: it has 3 cells, row 1 has 4; add what is missing; an empty cell needs its \
             comma too"
                .to_owned(),
            format!("row 5: {open}"),
        ]
    );
    assert_eq!(refused("\"order,member\n"), [format!("row 1: {open}")]);
}

#[test]
fn quotes_in_the_wrong_place_are_refused() {
    assert_eq!(
        refused_rows("a\"b,b,c,d\na,\"b\"x,c,d\na,\"b\" ,c,d"),
        [
            "row 2, order \"a\\\"b\": has a quote but does not begin with one; put the cell \
             between quotes and write each quote in it twice",
            "row 3, member \"b\": is followed by \"x\" behind its closing quote; put all of the \
             cell between quotes and write each quote in it twice",
            "row 4, member \"b\": is followed by \" \" behind its closing quote; put all of the \
             cell between quotes and write each quote in it twice",
        ]
    );
}

#[test]
fn control_and_invisible_characters_and_blanks_at_the_ends_are_refused() {
    let found = refused_rows(
        "a\0,b\tb,c\u{1b},d\u{7f}\na\u{200b},b\u{feff},\u{202e}c,d\u{85}\n a,b ,\u{3000}c,d\u{a0}\na,b\rb,c,\"d\r\"",
    );
    for (found, wanted) in found.iter().zip([
        "row 2, order \"a\\0\": has the control character U+0000; delete it",
        "row 2, member \"b\\tb\": has a tab; write a blank, or delete it",
        "row 2, power \"c\\u{1b}\": has the control character U+001B; delete it",
        "row 2, fee_rate \"d\\u{7f}\": has the control character U+007F; delete it",
        "row 3, order \"a\\u{200b}\": has the invisible character U+200B",
        "row 3, member \"b\\u{feff}\": has the invisible character U+FEFF",
        "row 3, power \"\\u{202e}c\": has the invisible character U+202E",
        "row 3, fee_rate \"d\\u{85}\": has the control character U+0085",
        "row 4, order \" a\": begins or ends with a blank; delete the blanks at its ends",
        "row 4, member \"b \": begins or ends with a blank",
        "row 4, power \"\\u{3000}c\": begins or ends with a blank",
        "row 4, fee_rate \"d\\u{a0}\": begins or ends with a blank",
        "row 5, member \"b\\rb\": has a line break; write it on one line",
        "row 5, fee_rate \"d\\r\": has a line break",
    ]) {
        assert!(found.starts_with(wanted), "{found}\nis not\n{wanted}");
    }
    assert_eq!(found.len(), 14, "{found:#?}");
}

#[test]
fn lines_that_end_with_cr_alone_are_refused() {
    let found = refused("order,member,power,fee_rate\ra,b,c,d\ra,b,c,d\r");
    assert!(found[0].contains("has a line break"), "{found:#?}");
}

#[test]
fn what_is_larger_than_the_limits_is_refused() {
    let tight = Limits {
        rows: 2,
        bytes: 200,
        cell_bytes: 10,
        columns: 5,
        problems: 3,
        ..Limits::default()
    };
    let row = "a,b,c,d\n";
    assert!(read_with(format!("{HEADER}\n{}\n\n", row.repeat(2)), &tight).is_ok());
    assert_eq!(
        refused_with(format!("{HEADER}\n{}", row.repeat(4)), &tight),
        ["row 4: there are more than 2 rows; split the file, or raise the limit"]
    );
    let error = read_with(format!("{HEADER}\n{}", "x".repeat(200)), &tight).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("has 228 bytes, at most 200 are read"),
        "{error}"
    );
    assert_eq!(
        refused_with(format!("{HEADER}\n01234567890,b,c,0123456789\n"), &tight),
        ["row 2, order \"01234567890\": is 11 bytes long, at most 10 are read; shorten it"]
    );
    assert_eq!(
        refused_with(format!("{HEADER},note,end,coefficient\n"), &tight),
        ["row 1: there are more than 5 columns; delete those that are not needed"]
    );
    let long = Limits {
        bytes: 1 << 20,
        ..tight
    };
    assert_eq!(
        refused_with(format!("{HEADER}\n{}", "x".repeat(1 << 17)), &long),
        ["row 2: it is longer than 65536 bytes; check that lines end with LF or CRLF"]
    );
}

#[test]
fn problems_beyond_those_listed_are_counted() {
    let limits = Limits {
        problems: 2,
        ..Limits::default()
    };
    let error = read_with(format!("{HEADER}\n{}", "a,b,c\n".repeat(12)), &limits).unwrap_err();
    assert_eq!(error.problems().len(), 2);
    assert!(error.to_string().ends_with("\n  and 10 more"), "{error}");
}

#[test]
fn other_kinds_of_files_are_named_whatever_they_are_called() {
    for (content, called) in [
        (
            &b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"[..],
            "an old Excel file (.xls)",
        ),
        (b"<html><table>", "an HTML or XML file"),
        (b"%PDF-1.7", "a PDF file"),
        (b"\x1f\x8b\x08\0\0\0", "a gzip archive"),
        (b"PK\x05\x06\0\0", "an empty ZIP archive"),
    ] {
        let error = read_with(content, &Limits::default())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(called) && error.contains("save it as"),
            "{error}"
        );
    }
}

#[test]
fn a_file_that_is_not_there_is_an_error_of_the_system() {
    let error = read("no/such/file.csv", &LAYOUT, &Limits::default()).unwrap_err();
    assert!(matches!(error, SheetError::Read { .. }), "{error}");
}
