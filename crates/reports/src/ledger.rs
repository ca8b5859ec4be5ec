//! Exports of a pool's ledger: every posting a transaction, for programs of bookkeepers.
//!
//! Books here credit above 0; these programs debit above 0, so each amount changes its sign. What
//! members are owed is a liability; income and what the pool paid and has are assets; fees and what
//! nobody's power reached are income; losses are expenses.
//!
//! Names become parts of accounts that these programs read, and no two names the same: of a
//! member's code letters and digits stay, all else is `-` and two hexadecimal digits a byte.

mod beancount;
mod csv;
mod hledger;

use std::collections::BTreeMap;
use std::io::Write;

use paydirt_books::Account;
use paydirt_money::{Amount, Coin};
use paydirt_schedule::{Day, Timestamp};

use crate::ReportError;

pub use csv::{Compared, Comparison, Rows as ExportedRows};

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Rows, which can be compared with the books again.
    Csv,
    /// hledger, and what else reads its journals.
    Hledger,
    /// Beancount.
    Beancount,
}

/// A posting, with names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Its place in the pool's chain; 0: balances from before what is exported.
    pub posting: u64,
    /// The accounting day.
    pub day: Day,
    /// When it was posted.
    pub at: Timestamp,
    /// What kind of thing caused it.
    pub kind: String,
    /// The stream that it is of.
    pub stream: Option<String>,
    /// What caused it.
    pub cause: String,
    /// By whom it was posted.
    pub by: String,
    /// Its hash.
    pub hash: [u8; 32],
    /// What it changes; these sum to 0.
    pub lines: Vec<Line>,
}

/// A change of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which.
    pub purse: Purse,
    /// Ledger units; above 0 credits.
    pub amount: i64,
}

/// An account: of a stream and of a member, where it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Purse {
    /// The account.
    pub account: Account,
    /// The stream.
    pub stream: Option<String>,
    /// The member's code.
    pub member: Option<String>,
}

/// What an export is of.
#[derive(Clone, Debug)]
pub struct Header {
    /// The pool.
    pub pool: String,
    /// Its coin.
    pub coin: Coin,
    /// A day before which there is no posting.
    pub opened: Day,
}

/// A file in the making.
pub struct Export<W: Write> {
    format: Format,
    header: Header,
    out: W,
    balances: BTreeMap<Purse, i64>,
    last: Day,
}

impl<W: Write> Export<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// `Write`.
    pub fn begin(format: Format, header: Header, mut out: W) -> Result<Self, ReportError> {
        match format {
            Format::Csv => csv::begin(&mut out)?,
            Format::Hledger => hledger::begin(&header, &mut out)?,
            Format::Beancount => beancount::begin(&header, &mut out)?,
        }
        Ok(Self {
            format,
            last: header.opened,
            header,
            out,
            balances: BTreeMap::new(),
        })
    }

    /// Adds a transaction.
    ///
    /// # Errors
    /// `Write`; `DoesNotAddUp` for one that doesn't sum to 0.
    pub fn add(&mut self, transaction: &Transaction) -> Result<(), ReportError> {
        let sum: i128 = transaction
            .lines
            .iter()
            .map(|line| i128::from(line.amount))
            .sum();
        let what = || format!("posting {}: the sum of its entries", transaction.posting);
        crate::error::same(what, 0, sum, |units| format!("{units} ledger units"))?;
        self.last = self.last.max(transaction.day);
        for line in &transaction.lines {
            self.opens(&line.purse)?;
            let balance = self.balances.entry(line.purse.clone()).or_default();
            let after = balance.checked_add(line.amount);
            *balance = after.ok_or_else(|| ReportError::DoesNotAddUp {
                what: format!("the balance of account {}", line.purse.account),
                left: "more than 64 bits".into(),
                right: line.amount.to_string(),
            })?;
        }
        let (header, out) = (&self.header, &mut self.out);
        match self.format {
            Format::Csv => csv::transaction(header, transaction, out),
            Format::Hledger => hledger::transaction(header, transaction, out),
            Format::Beancount => beancount::transaction(header, transaction, out),
        }
    }

    fn opens(&mut self, purse: &Purse) -> Result<(), ReportError> {
        if self.balances.contains_key(purse) {
            return Ok(());
        }
        match self.format {
            Format::Csv => Ok(()),
            Format::Hledger => hledger::open(&self.header, purse, &mut self.out),
            Format::Beancount => beancount::open(&self.header, purse, &mut self.out),
        }
    }

    /// Ends it with what each account must come to, and returns that: ledger units, credits above
    /// 0.
    ///
    /// # Errors
    /// `Write`.
    pub fn end(mut self) -> Result<(W, BTreeMap<Purse, i64>), ReportError> {
        let (header, balances) = (&self.header, &self.balances);
        match self.format {
            Format::Csv => {}
            Format::Hledger => hledger::end(header, balances, self.last, &mut self.out)?,
            Format::Beancount => beancount::end(header, balances, self.last, &mut self.out)?,
        }
        self.out.flush()?;
        Ok((self.out, self.balances))
    }
}

/// Where an account stands in a bookkeeper's tree.
const fn root(account: Account) -> (&'static str, &'static str) {
    match account {
        Account::Available => ("Liabilities", "Available"),
        Account::Frozen => ("Liabilities", "Frozen"),
        Account::Vesting => ("Liabilities", "Vesting"),
        Account::ToTransfer => ("Liabilities", "To-Transfer"),
        Account::InFlight => ("Liabilities", "In-Flight"),
        Account::Receivable => ("Assets", "Receivable"),
        Account::Paid => ("Assets", "Paid-Out"),
        Account::Income => ("Assets", "Income-Received"),
        Account::Deductions => ("Assets", "Deducted"),
        Account::Wallet => ("Assets", "Wallet"),
        Account::Fees => ("Income", "Fees"),
        Account::Retained => ("Income", "Retained"),
        Account::NetworkFeeRecovery => ("Income", "Network-Fee-Recovery"),
        Account::Losses => ("Expenses", "Losses"),
        Account::OpeningEquity => ("Equity", "Opening"),
        Account::Deposits => ("Equity", "Deposits"),
        Account::Draws => ("Equity", "Draws"),
    }
}

/// The full name of an account, which both programs read.
#[must_use]
pub fn account_name(pool: &str, purse: &Purse) -> String {
    let (root, name) = root(purse.account);
    let mut full = format!("{root}:{}:{name}", titled(pool));
    if let Some(stream) = &purse.stream {
        full.push(':');
        full.push_str(&titled(stream));
    }
    if let Some(member) = &purse.member {
        full.push(':');
        full.push_str(&part("M", member));
    }
    full
}

/// A pool's or stream's name as a part of an account: with a capital, as Beancount has it.
fn titled(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let mut letters = name.chars();
    match letters.next() {
        Some(first) if first != '_' && name.bytes().all(plain) => {
            let rest = letters.as_str().replace('_', "-");
            format!("{}{rest}", first.to_ascii_uppercase())
        }
        _ => part("X", name),
    }
}

/// A name as a part of an account, behind a letter that says what it names: no two names are alike.
fn part(kind: &str, name: &str) -> String {
    let mut part = format!("{kind}-");
    for byte in name.bytes() {
        match byte.is_ascii_alphanumeric() {
            true => part.push(char::from(byte)),
            false => part.push_str(&format!("-{byte:02X}")),
        }
    }
    part
}

/// An amount with a debit above 0.
fn debit(units: i64, coin: Coin) -> Result<String, ReportError> {
    Ok(Amount::from_units(units, coin).checked_neg()?.to_fixed())
}

fn hex(hash: &[u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A text on one line, without what would end it or begin a comment.
fn one_line(text: &str) -> String {
    let plain = |c: char| match c {
        _ if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => ' ',
        ';' | '|' => ',',
        c => c,
    };
    let plain: String = text.chars().map(plain).collect();
    plain.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purse(member: &str) -> Purse {
        Purse {
            account: Account::Available,
            stream: None,
            member: Some(member.to_owned()),
        }
    }

    #[test]
    fn no_two_members_have_one_account() {
        let codes = [
            "u1", "U1", "u-1", "u_1", "u 1", "u:1", "u-2D1", "张三", "张", "=1", "", "u1\n",
        ];
        let mut names: Vec<String> = codes
            .iter()
            .map(|it| account_name("space", &purse(it)))
            .collect();
        assert_eq!(names[0], "Liabilities:Space:Available:M-u1");
        assert_eq!(names[4], "Liabilities:Space:Available:M-u-201");
        let safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == ':';
        assert!(names.iter().all(|name| name.chars().all(safe)), "{names:?}");
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), codes.len());
    }

    #[test]
    fn what_would_end_a_line_or_begin_a_comment_is_taken_out() {
        assert_eq!(one_line(" a\nb ; c | d\u{2028}\"e\" "), "a b , c , d \"e\"");
    }
}
