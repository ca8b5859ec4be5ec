//! Orders and members: what is refused in a file of them, each with its row and the cure.

use paydirt_sheets::orders::{self, OrderRow};
use paydirt_sheets::{Field, Limits, SheetError, members};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use crate::support::{file, shown};

const HEADER: &str = "order,member,power,fee_rate,coefficient,start,end,streams,valid_from,note";

fn read(content: impl AsRef<[u8]>) -> Result<Vec<OrderRow<Box<str>>>, SheetError> {
    orders::read(file(content).path(), &Limits::default())
}

fn read_rows(rows: &str) -> Result<Vec<OrderRow<Box<str>>>, SheetError> {
    read(format!("{HEADER}\n{rows}\n"))
}

fn refused_rows(rows: &str) -> Vec<String> {
    shown(&read_rows(rows).unwrap_err())
}

fn refused_members(content: &str) -> Vec<String> {
    shown(&members::read(file(content).path(), &Limits::default()).unwrap_err())
}

#[test]
fn an_order_is_read_to_exact_values() {
    let found = read_rows(
        "o-1,m-1,138.85 TB,0.15,0.8,2026-01-01,2027-01-01,mainnet|spacerace,2026-02-01,\"a, b\"\n\
         茗-2,张三 2,100 TiB,0,,2026-01-01,,,,",
    )
    .unwrap();
    let [first, second] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(
        (first.row, &*first.order, &*first.member),
        (2, "o-1", "m-1")
    );
    assert_eq!(first.power.bytes(), 138_850_000_000_000);
    assert_eq!(first.fee_rate.millionths(), 150_000);
    assert_eq!(
        first.coefficient.value().map(|rate| rate.millionths()),
        Some(800_000)
    );
    assert_eq!(first.start.to_string(), "2026-01-01");
    assert_eq!(first.end.value().unwrap().to_string(), "2027-01-01");
    assert_eq!(
        first.streams,
        Field::Value(vec!["mainnet".into(), "spacerace".into()])
    );
    assert_eq!(first.valid_from.value().unwrap().to_string(), "2026-02-01");
    assert_eq!(first.note, Field::Value("a, b".into()));

    assert_eq!(
        (second.row, &*second.order, &*second.member),
        (3, "茗-2", "张三 2")
    );
    assert_eq!(second.power.bytes(), 100 << 40);
    assert_eq!(
        (second.coefficient, second.end),
        (Field::Empty, Field::Empty)
    );
    assert_eq!(
        (&second.streams, &second.note),
        (&Field::Empty, &Field::Empty)
    );
}

#[test]
fn absent_columns_are_told_from_empty_cells() {
    let found = read("start,fee_rate,power,member,order\n2026-01-01,0.1,1 B,m,o\n").unwrap();
    let [order] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(
        (order.coefficient, order.end),
        (Field::Absent, Field::Absent)
    );
    assert_eq!(
        (&order.streams, &order.note),
        (&Field::Absent, &Field::Absent)
    );
    assert_eq!(order.valid_from, Field::Absent);
}

/// One bad cell each, and how the problem with it is shown.
const BAD: [(&str, &str); 20] = [
    (
        "o,m,1e3 TB,0,,2026-01-01",
        "power \"1e3 TB\": it has an exponent; write a number and its unit, as 900 TB (1000^4) or \
         900 TiB (1024^4)",
    ),
    (
        "o,m,９00 TB,0,,2026-01-01",
        "power \"９00 TB\": '９' is no digit 0-9; write a number",
    ),
    (
        "o,m,-1 TB,0,,2026-01-01",
        "power \"-1 TB\": it has the sign '-' where none belongs; write",
    ),
    (
        "o,m,900,0,,2026-01-01",
        "power \"900\": its unit is missing; write a number and its unit",
    ),
    (
        "o,m,1 tb,0,,2026-01-01",
        "power \"1 tb\": \"tb\" is no unit known here; write a number",
    ),
    (
        "o,m,8 EiB,0,,2026-01-01",
        "power \"8 EiB\": it is out of range, 0 to 2^63 - 1 bytes; write",
    ),
    (
        "o,m,1 TB,1.5,,2026-01-01",
        "fee_rate \"1.5\": it is out of range, 0 to 1; write 0 to 1 with at most 6 decimals, as \
         0.15",
    ),
    (
        "o,m,1 TB,0.1000000000,,2026-01-01",
        "fee_rate \"0.1000000000\": it has more than 6 decimals",
    ),
    (
        "o,m,1 TB,15%,,2026-01-01",
        "fee_rate \"15%\": \"%\" follows the number; write 0 to 1",
    ),
    (
        "o,m,1 TB,\"0,15\",,2026-01-01",
        "fee_rate \"0,15\": it has the separator ','; write 0 to 1",
    ),
    ("o,m,1 TB,,,2026-01-01", "fee_rate \"\": is empty; fill it"),
    (
        "o,m,1 TB,0,-1,2026-01-01",
        "coefficient \"-1\": it has the sign '-' where none belongs",
    ),
    (
        "o,m,1 TB,0,,2026-02-29",
        "start \"2026-02-29\": there is no such day; write YYYY-MM-DD",
    ),
    (
        "o,m,1 TB,0,,2026/01/01",
        "start \"2026/01/01\": it has another form; write YYYY-MM-DD, as",
    ),
    (
        "o,m,1 TB,0,,2026-01-02,2026-01-01",
        "end \"2026-01-01\": is not after its start, 2026-01-02; write the first day that it does \
         not count on, or nothing while it is open",
    ),
    (
        "o,m,1 TB,0,,2026-01-01,2026-01-01",
        "end \"2026-01-01\": is not after its start, 2026-01-01",
    ),
    (
        "o,m,1 TB,0,,2026-01-01,,a|a",
        "streams \"a|a\": names a twice; delete one of the two",
    ),
    (
        "o,m,1 TB,0,,2026-01-01,,|",
        "streams \"|\": names 0 streams, 1 to 64 are read; write names",
    ),
    (
        "o,m,1 TB,0,,2026-01-01,,Main",
        "streams \"Main\": has \"Main\", which is no name of a stream",
    ),
    (
        "o,m,1 TB,0,,2026-01-01,,,soon",
        "valid_from \"soon\": it has another form; write YYYY-MM-DD",
    ),
];

fn full(row: &str) -> String {
    // A quoted comma is in one row only, which has no end.
    let cells = row.replace("\"0,15\"", "q").split(',').count();
    format!("{row}{}", ",".repeat(10 - cells))
}

#[test]
fn each_bad_cell_is_named_with_its_row_and_the_cure() {
    for (row, wanted) in BAD {
        let found = refused_rows(&full(row));
        let wanted = format!("row 2, {wanted}");
        assert!(
            found[0].starts_with(&wanted),
            "{}\nis not\n{wanted}",
            found[0]
        );
        assert_eq!(found.len(), 1, "{found:?}");
    }
}

#[test]
fn every_problem_of_every_row_is_listed() {
    let rows = "o-1,,x,1.5,y,never,ever,Z,later,\n\
                o-2 ,m,1 TB,2,,2026-01-01,,,,\n\
                o-3,m,1 TB,0,,2026-01-01,,,,\n\
                o-4,m,1 TB\n\
                o-5,m,1 TB,0,,,,,,";
    let found = refused_rows(rows);
    let starts = [
        "row 2, member \"\"",
        "row 2, power \"x\"",
        "row 2, fee_rate \"1.5\"",
        "row 2, coefficient \"y\"",
        "row 2, start \"never\"",
        "row 2, end \"ever\"",
        "row 2, streams \"Z\"",
        "row 2, valid_from \"later\"",
        "row 3, order \"o-2 \": begins or ends with a blank",
        "row 3, fee_rate \"2\"",
        "row 5: it has 3 cells, row 1 has 10",
        "row 6, start \"\": is empty",
    ];
    for (found, wanted) in found.iter().zip(starts) {
        assert!(found.starts_with(wanted), "{found}\nis not\n{wanted}");
    }
    assert_eq!(found.len(), starts.len(), "{found:#?}");
}

#[test]
fn a_missing_column_is_named_once_and_not_in_each_row() {
    let found =
        shown(&read("order,member,power,start\no,m,1 TB,2026-01-01\n,m,1 TB,x\n").unwrap_err());
    assert!(
        found[0].starts_with("row 1: the column fee_rate is missing"),
        "{found:?}"
    );
    assert!(
        found[1].starts_with("row 3, order \"\": is empty"),
        "{found:?}"
    );
    assert!(found[2].starts_with("row 3, start \"x\""), "{found:?}");
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn an_order_id_in_two_rows_is_refused_naming_both() {
    let rest = ",m,1 TB,0,,2026-01-01,,,,";
    assert_eq!(
        refused_rows(&format!(
            "o-1{rest}\no-2{rest}\no-1{rest}\nO-1{rest}\no-1{rest}"
        )),
        [
            "row 4, order \"o-1\": stands in row 2 already; keep one of the two rows",
            "row 6, order \"o-1\": stands in row 2 already; keep one of the two rows",
        ]
    );
}

#[test]
fn ids_are_of_1_to_64_characters_without_blanks_that_look_alike() {
    let rest = ",m,1 TB,0,,2026-01-01,,,,";
    let longest = "茗".repeat(64);
    assert!(read_rows(&format!("{longest}{rest}\na b{rest}\n１{rest}")).is_ok());
    let found = refused_rows(&format!(
        "{longest}x{rest}\na  b{rest}\na\u{a0}b{rest}\na\u{200d}b{rest}"
    ));
    for (found, wanted) in found.iter().zip([
        "has 65 characters, at most 64 are kept; shorten it",
        "has two blanks side by side; write the id with one or none",
        "has the character U+00A0, which looks like another; write the id without it",
        "has the character U+200D, which looks like another",
    ]) {
        assert!(found.contains(wanted), "{found}\nlacks\n{wanted}");
    }
    assert_eq!(found.len(), 4, "{found:#?}");
}

#[test]
fn orders_of_a_workbook_are_those_of_the_same_csv() {
    let mut book = Workbook::new();
    let days = Format::new().set_num_format("yyyy-mm-dd");
    let orders = book.add_worksheet();
    orders.write_row(0, 0, HEADER.split(',')).unwrap();
    orders.write_row(1, 0, ["o-1", "m-1", "138.85 TB"]).unwrap();
    orders.write(1, 3, 0.15).unwrap();
    orders.write(1, 4, 0.8).unwrap();
    let start = ExcelDateTime::from_ymd(2026, 1, 1).unwrap();
    orders.write_with_format(1, 5, start, &days).unwrap();
    orders.write(1, 6, "2027-01-01").unwrap();
    orders.write(1, 7, "mainnet").unwrap();
    orders.write(2, 0, 20_261_120_000_001_i64).unwrap();
    orders
        .write_row(2, 1, ["m-1", "1 TB", "1", "", "2026-01-01"])
        .unwrap();
    let csv = "o-1,m-1,138.85 TB,0.15,0.8,2026-01-01,2027-01-01,mainnet,,\n\
               20261120000001,m-1,1 TB,1,,2026-01-01,,,,";
    assert_eq!(
        read(book.save_to_buffer().unwrap()).unwrap(),
        read_rows(csv).unwrap()
    );
}

#[test]
fn members_are_read_with_what_is_known_of_them() {
    let content = "member,phone,name\nm-1,+86 138 0013 8000,张三\nm-2,,\n";
    let found = members::read(file(content).path(), &Limits::default()).unwrap();
    let shown: Vec<_> = found
        .iter()
        .map(|row| {
            (
                row.row,
                &*row.member,
                row.name.as_ref(),
                row.phone.as_ref(),
                row.address.as_ref(),
            )
        })
        .collect();
    let (name, phone) = ("张三".into(), "+86 138 0013 8000".into());
    assert_eq!(
        shown,
        [
            (
                2,
                "m-1",
                Field::Value(&name),
                Field::Value(&phone),
                Field::Absent
            ),
            (3, "m-2", Field::Empty, Field::Empty, Field::Absent),
        ]
    );
}

#[test]
fn bad_members_are_refused_each_with_its_row() {
    let found = refused_members(
        "member,name,phone,address\n\
         m-1,,n/a,f1 abc\n\
         ,,１38,ｆ1abc\n\
         m-1,,+-,\n",
    );
    let starts = [
        "row 2, phone \"n/a\": has 'n', which is in no phone number; write digits 0-9",
        "row 2, address \"f1 abc\": has ' ', which is in no address; copy the address anew",
        "row 3, member \"\": is empty; fill it",
        "row 3, phone \"１38\": has '１', which is in no phone number",
        "row 3, address \"ｆ1abc\": has 'ｆ', which is in no address",
        "row 4, member \"m-1\": stands in row 2 already; keep one of the two rows",
        "row 4, phone \"+-\": has no digit; write the number, or nothing",
    ];
    for (found, wanted) in found.iter().zip(starts) {
        assert!(found.starts_with(wanted), "{found}\nis not\n{wanted}");
    }
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    let long = format!(
        "member,name,phone,address\nm,{},{},{}\n",
        "n".repeat(101),
        "1".repeat(33),
        "a".repeat(129)
    );
    assert_eq!(refused_members(&long).len(), 3);
}

#[test]
fn one_bad_row_among_very_many_is_found() {
    let is_long = std::env::var_os("PAYDIRT_LONG").is_some();
    let count = if is_long { 1_000_000_u64 } else { 100_000 };
    let mut content = HEADER.to_owned() + "\n";
    for number in 0..count {
        let fee_rate = if number == 77_777 { "1.5" } else { "0.1" };
        content.push_str(&format!("o-{number},m,1 TB,{fee_rate},,2026-01-01,,,,\n"));
    }
    let content = file(content);
    let mut seen = 0_u64;
    let read = orders::for_each(content.path(), &Limits::default(), |_| seen += 1);
    let found = shown(&read.unwrap_err());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("row 77779, fee_rate \"1.5\""),
        "{found:?}"
    );
    assert_eq!(seen, count - 1);
}
