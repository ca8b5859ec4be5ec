//! A journal for hledger.

use std::collections::BTreeMap;
use std::io::Write;

use paydirt_money::Coin;
use paydirt_schedule::Day;

use super::{Header, Purse, Transaction, account_name, debit, hex, one_line};
use crate::ReportError;

/// Names with digits are quoted.
fn coin(coin: Coin) -> String {
    let symbol = coin.symbol();
    match symbol.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        true => symbol.to_owned(),
        false => format!("\"{symbol}\""),
    }
}

pub(super) fn begin(header: &Header, out: &mut impl Write) -> Result<(), ReportError> {
    writeln!(out, "; The ledger of pool {}.", one_line(&header.pool))?;
    writeln!(out, "commodity 1000.000000000 {}\n", coin(header.coin))?;
    Ok(())
}

pub(super) fn open(
    header: &Header,
    purse: &Purse,
    out: &mut impl Write,
) -> Result<(), ReportError> {
    write!(out, "account {}", account_name(&header.pool, purse))?;
    if let Some(member) = &purse.member {
        write!(out, "  ; member: {}", value(member))?;
    }
    writeln!(out, "\n")?;
    Ok(())
}

/// The value of a tag, which a comma would end.
fn value(text: &str) -> String {
    one_line(text).replace(',', "\u{201a}")
}

pub(super) fn transaction(
    header: &Header,
    it: &Transaction,
    out: &mut impl Write,
) -> Result<(), ReportError> {
    writeln!(
        out,
        "{} * ({}) {}: {}",
        it.day,
        it.posting,
        one_line(&it.kind),
        one_line(&it.cause)
    )?;
    writeln!(out, "    ; hash: {}", hex(&it.hash))?;
    writeln!(out, "    ; posted_at: {}", it.at)?;
    writeln!(out, "    ; posted_by: {}", value(&it.by))?;
    if let Some(stream) = &it.stream {
        writeln!(out, "    ; stream: {}", value(stream))?;
    }
    for line in &it.lines {
        let name = account_name(&header.pool, &line.purse);
        let amount = debit(line.amount, header.coin)?;
        writeln!(out, "    {name}  {amount} {}", coin(header.coin))?;
    }
    writeln!(out)?;
    Ok(())
}

/// A transaction of nothing that says what each account must have.
pub(super) fn end(
    header: &Header,
    balances: &BTreeMap<Purse, i64>,
    last: Day,
    out: &mut impl Write,
) -> Result<(), ReportError> {
    if balances.is_empty() {
        return Ok(());
    }
    writeln!(out, "{last} * What each account has at the end")?;
    for (purse, units) in balances {
        let (name, amount) = (
            account_name(&header.pool, purse),
            debit(*units, header.coin)?,
        );
        let coin = coin(header.coin);
        writeln!(out, "    {name}  0 {coin} = {amount} {coin}")?;
    }
    Ok(())
}
