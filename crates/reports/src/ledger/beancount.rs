//! A file for Beancount.

use std::collections::BTreeMap;
use std::io::Write;

use paydirt_schedule::Day;

use super::{Header, Purse, Transaction, account_name, debit, hex, one_line};
use crate::ReportError;

/// A text in quotes.
fn quoted(text: &str) -> String {
    let text = one_line(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{text}\"")
}

pub(super) fn begin(header: &Header, out: &mut impl Write) -> Result<(), ReportError> {
    let (title, coin) = (format!("Pool {}", header.pool), header.coin);
    writeln!(out, "option \"title\" {}", quoted(&title))?;
    writeln!(out, "option \"operating_currency\" \"{coin}\"")?;
    writeln!(out, "\n{} commodity {coin}\n", header.opened)?;
    Ok(())
}

pub(super) fn open(
    header: &Header,
    purse: &Purse,
    out: &mut impl Write,
) -> Result<(), ReportError> {
    let name = account_name(&header.pool, purse);
    writeln!(out, "{} open {name} {}", header.opened, header.coin)?;
    if let Some(member) = &purse.member {
        writeln!(out, "  member: {}", quoted(member))?;
    }
    writeln!(out)?;
    Ok(())
}

pub(super) fn transaction(
    header: &Header,
    it: &Transaction,
    out: &mut impl Write,
) -> Result<(), ReportError> {
    writeln!(
        out,
        "{} * {} {}",
        it.day,
        quoted(&it.kind),
        quoted(&it.cause)
    )?;
    writeln!(out, "  posting: {}", it.posting)?;
    writeln!(out, "  hash: \"{}\"", hex(&it.hash))?;
    writeln!(out, "  posted_at: \"{}\"", it.at)?;
    writeln!(out, "  posted_by: {}", quoted(&it.by))?;
    if let Some(stream) = &it.stream {
        writeln!(out, "  stream: {}", quoted(stream))?;
    }
    for line in &it.lines {
        let name = account_name(&header.pool, &line.purse);
        writeln!(
            out,
            "  {name}  {} {}",
            debit(line.amount, header.coin)?,
            header.coin
        )?;
    }
    writeln!(out)?;
    Ok(())
}

/// What each account must have at the beginning of the next day, to the last unit.
pub(super) fn end(
    header: &Header,
    balances: &BTreeMap<Purse, i64>,
    last: Day,
    out: &mut impl Write,
) -> Result<(), ReportError> {
    let next = last.next()?;
    for (purse, units) in balances {
        let (name, coin) = (account_name(&header.pool, purse), header.coin);
        let amount = debit(*units, coin)?;
        writeln!(out, "{next} balance {name}  {amount} ~ 0 {coin}")?;
    }
    Ok(())
}
