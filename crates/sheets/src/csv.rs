//! CSV as RFC 4180 has it, with two things less: a cell has no line break, so that a quote left
//! open spoils one row and not the rest of the file, and a row's number is that of its line.
//!
//! The usual crate reads what must be refused here (a quote left open, text behind a closing one)
//! and does not say so. Its answers for what is read here are the test of this.

use std::io::{self, BufRead, Read as _};

use crate::Problem;
use crate::cell::{Cut, Fault};
use crate::intake::{Intake, Next};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Reads all lines.
pub(crate) fn read(mut file: impl BufRead, intake: &mut Intake<'_>) -> io::Result<()> {
    let most = longest_line(intake);
    let mut line = Vec::new();
    let mut scratch = String::new();
    for number in 1_u64.. {
        line.clear();
        let read = file
            .by_ref()
            .take(most.saturating_add(1))
            .read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        if line.last() != Some(&b'\n') && u64::try_from(read).is_ok_and(|read| read > most) {
            let what = format!("it is longer than {most} bytes");
            intake.problem(Problem::of_row(
                number,
                what,
                "check that lines end with LF or CRLF",
            ));
            break;
        }
        let mut content = without_its_end(&line);
        if number == 1
            && let Some(rest) = content.strip_prefix(BOM)
        {
            content = rest;
            let what = "it begins with a byte order mark (BOM)";
            let cure = "save it as XLSX, or as UTF-8 without BOM; Excel's \"CSV UTF-8\" has one";
            intake.problem(Problem::of_row(1, what, cure));
        }
        if take_line(number, content, &mut scratch, intake) == Next::Stop {
            break;
        }
    }
    Ok(())
}

/// No line of cells within the limits is longer: each byte may be a doubled quote.
fn longest_line(intake: &Intake<'_>) -> u64 {
    let limits = intake.limits();
    let cell = u64::from(limits.cell_bytes)
        .saturating_mul(2)
        .saturating_add(3);
    cell.saturating_mul(u64::from(limits.columns)).max(1 << 16)
}

fn without_its_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn take_line(number: u64, line: &[u8], scratch: &mut String, intake: &mut Intake<'_>) -> Next {
    intake.begin(number);
    match std::str::from_utf8(line) {
        Ok(line) => cut(line, scratch, intake),
        // What is not UTF-8 becomes U+FFFD, which no cell may have.
        Err(_) => cut(&String::from_utf8_lossy(line), scratch, intake),
    }
    intake.end()
}

/// Cuts a line into its cells.
fn cut(line: &str, scratch: &mut String, intake: &mut Intake<'_>) {
    if memchr::memchr(b'"', line.as_bytes()).is_none() {
        for cell in line.split(',') {
            intake.cell(Cut::Text(cell));
        }
        return;
    }
    let mut rest = Some(line);
    while let Some(from) = rest {
        rest = match from.strip_prefix('"') {
            Some(quoted) => cut_quoted(quoted, scratch, intake),
            None => cut_plain(from, intake),
        };
    }
}

fn cut_plain<'l>(from: &'l str, intake: &mut Intake<'_>) -> Option<&'l str> {
    let (cell, rest) = split_at_comma(from);
    intake.cell(match cell.contains('"') {
        false => Cut::Text(cell),
        true => Cut::Bad(
            cell,
            Fault::new(
                "has a quote but does not begin with one",
                "put the cell between quotes and write each quote in it twice",
            ),
        ),
    });
    rest
}

/// Cuts the cell that begins behind a quote.
fn cut_quoted<'l>(from: &'l str, scratch: &mut String, intake: &mut Intake<'_>) -> Option<&'l str> {
    scratch.clear();
    let mut behind = from;
    while let Some((within, after)) = behind.split_once('"') {
        scratch.push_str(within);
        match after.strip_prefix('"') {
            Some(more) => {
                scratch.push('"');
                behind = more;
            }
            None => return close(after, scratch, intake),
        }
    }
    intake.spoil(Fault::new(
        "a quote is left open",
        "close it on the same line; a quote within a cell is written twice",
    ));
    None
}

/// The cell in `scratch` is closed: what is behind must be a comma or the end.
fn close<'l>(after: &'l str, scratch: &str, intake: &mut Intake<'_>) -> Option<&'l str> {
    let (extra, rest) = split_at_comma(after);
    intake.cell(match extra.is_empty() {
        true => Cut::Text(scratch),
        false => Cut::Bad(
            scratch,
            Fault::new(
                format!(
                    "is followed by {:?} behind its closing quote",
                    crate::cell::shown(extra)
                ),
                "put all of the cell between quotes and write each quote in it twice",
            ),
        ),
    });
    rest
}

fn split_at_comma(text: &str) -> (&str, Option<&str>) {
    match text.split_once(',') {
        Some((cell, rest)) => (cell, Some(rest)),
        None => (text, None),
    }
}
