//! Exports of a pool's ledger, and what was exported compared with it.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use paydirt_books::{MemberNumber, Parts, Pool, Posted, Session, StreamNumber};
use paydirt_reports::ReportError;
use paydirt_reports::ledger::{
    Compared, Export, ExportedRows, Format, Header, Line, Purse, Transaction,
};
use paydirt_schedule::{Day, Timestamp};

use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::{OfPool, in_order, known, named, stream_names};

/// Postings read together.
const PAGE: u32 = 256;

/// Which part of a pool's ledger.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// The pool.
    pub pool: String,
    /// From this accounting day on; what was before is one transaction.
    pub from: Option<Day>,
    /// Up to and with this one.
    pub to: Option<Day>,
    /// With an account for each member, instead of their sums.
    pub members: bool,
}

/// Writes a pool's ledger to a file for a bookkeeper's program, which must come to the pool's own
/// balances.
///
/// # Errors
/// `Usage`; `Report` when it doesn't, or can't be written; the books'.
pub async fn export(
    settings: &Settings,
    asked: &ExportRequest,
    format: Format,
    out: impl Write + Send,
) -> Result<(), AppError> {
    let mut reading = Reading::open(settings, asked).await?;
    let mut export = Export::begin(format, reading.header.clone(), out)?;
    reading
        .each(|transaction| Ok(export.add(transaction)?))
        .await?;
    let (_, balances) = export.end()?;
    reading.check(&balances).await
}

/// Compares a file that was exported as CSV with the books.
///
/// # Errors
/// `Usage`; `Report` for a file that is none; the books'.
pub async fn compare(
    settings: &Settings,
    asked: &ExportRequest,
    file: impl Read,
) -> Result<Compared, AppError> {
    let mut rows = ExportedRows::read(file)?;
    let mut reading = Reading::open(settings, asked).await?;
    let header = reading.header.clone();
    reading
        .each(|transaction| {
            rows.compare(&header, transaction);
            Ok(())
        })
        .await?;
    Ok(rows.end())
}

/// A pool's postings on their way to transactions.
struct Reading {
    session: Session,
    pool: Pool,
    header: Header,
    from: Day,
    to: Day,
    parts: Option<Parts>,
    streams: Vec<(StreamNumber, String)>,
    codes: BTreeMap<MemberNumber, String>,
    members: bool,
}

impl Reading {
    async fn open(settings: &Settings, asked: &ExportRequest) -> Result<Self, AppError> {
        let of = OfPool::open(settings, &asked.pool).await?;
        let (from, to) = (
            asked.from.unwrap_or(Day::FIRST),
            asked.to.unwrap_or(Day::LAST),
        );
        in_order(from, to)?;
        let mut session = of.books.look().await?;
        let pool = known(&mut session, &of.terms).await?.ok_or_else(|| {
            AppError::usage(
                format!("the books have nothing of pool {} yet", asked.pool),
                "there is nothing to export",
            )
        })?;
        let first = session.first_posted_day(pool.number).await?;
        let parts = match asked.members {
            true => Some(session.parts(pool.number).await?),
            false => None,
        };
        Ok(Self {
            header: Header {
                pool: asked.pool.clone(),
                coin: pool.coin,
                opened: first.unwrap_or(pool.first_day),
            },
            from,
            to,
            streams: stream_names(&mut session, &pool).await?,
            codes: BTreeMap::new(),
            members: asked.members,
            session,
            pool,
            parts,
        })
    }

    /// Hands on each transaction: balances from before, then postings in their order.
    async fn each(
        &mut self,
        mut each: impl FnMut(&Transaction) -> Result<(), AppError> + Send,
    ) -> Result<(), AppError> {
        if self.from > self.header.opened {
            let before = self.before().await?;
            if !before.lines.is_empty() {
                each(&before)?;
            }
        }
        let days = (self.from, self.to);
        self.postings(days, &mut each).await
    }

    async fn postings(
        &mut self,
        days: (Day, Day),
        each: &mut (impl FnMut(&Transaction) -> Result<(), AppError> + Send),
    ) -> Result<(), AppError> {
        let mut after = 0;
        loop {
            let pool = self.pool.number;
            let page = self.session.postings_after(pool, days, after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.seq;
            for mut posted in page {
                if let Some(parts) = &self.parts {
                    self.session.expand(parts, &mut posted).await?;
                }
                let transaction = self.named(posted).await?;
                each(&transaction)?;
            }
        }
    }

    /// What each account had before the first day, as one transaction.
    async fn before(&mut self) -> Result<Transaction, AppError> {
        let mut sums: BTreeMap<Purse, i64> = BTreeMap::new();
        let until = self.from.prev()?;
        let mut add = |transaction: &Transaction| -> Result<(), AppError> {
            for line in &transaction.lines {
                let sum = sums.entry(line.purse.clone()).or_default();
                let added = sum.checked_add(line.amount);
                *sum = added.ok_or_else(|| ReportError::DoesNotAddUp {
                    what: format!("account {} before {}", line.purse.account, transaction.day),
                    left: "more than 64 bits".into(),
                    right: line.amount.to_string(),
                })?;
            }
            Ok(())
        };
        self.postings((Day::FIRST, until), &mut add).await?;
        sums.retain(|_, amount| *amount != 0);
        let lines = sums.into_iter();
        Ok(Transaction {
            posting: 0,
            day: self.from,
            at: Timestamp::EPOCH,
            kind: "balances".into(),
            stream: None,
            cause: format!("of all that was before {}", self.from),
            by: "paydirt".into(),
            hash: [0; 32],
            lines: lines
                .map(|(purse, amount)| Line { purse, amount })
                .collect(),
        })
    }

    /// A posting with names instead of numbers.
    async fn named(&mut self, posted: Posted) -> Result<Transaction, AppError> {
        let members = posted.entries.iter().filter_map(|entry| entry.member);
        let unknown = members.filter(|member| self.members && !self.codes.contains_key(member));
        let unknown: Vec<MemberNumber> = unknown.collect();
        if !unknown.is_empty() {
            let codes = self.session.codes_of(unknown).await?;
            let codes = codes
                .into_iter()
                .map(|(number, code)| (number, code.to_string()));
            self.codes.extend(codes);
        }
        let mut lines: Vec<Line> = Vec::with_capacity(posted.entries.len());
        let mut sums: BTreeMap<Purse, i64> = BTreeMap::new();
        for entry in &posted.entries {
            let member = entry.member.filter(|_| self.members);
            let purse = Purse {
                account: entry.account,
                stream: entry.stream.map(|stream| named(&self.streams, stream)),
                member: member.and_then(|member| self.codes.get(&member).cloned()),
            };
            match self.members {
                true => lines.push(Line {
                    purse,
                    amount: entry.amount,
                }),
                // Without members, an account is a line once.
                false => {
                    let sum = sums.entry(purse).or_default();
                    let added = sum.checked_add(entry.amount);
                    *sum = added.ok_or_else(|| ReportError::DoesNotAddUp {
                        what: format!("posting {}", posted.seq),
                        left: "more than 64 bits".into(),
                        right: entry.amount.to_string(),
                    })?;
                }
            }
        }
        lines.extend(
            sums.into_iter()
                .map(|(purse, amount)| Line { purse, amount }),
        );
        lines.retain(|line| line.amount != 0);
        Ok(Transaction {
            posting: posted.seq.unsigned_abs(),
            day: posted.day,
            at: posted.at,
            kind: posted.kind,
            stream: posted.stream.map(|stream| named(&self.streams, stream)),
            cause: posted.cause,
            by: posted.by,
            hash: posted.hash,
            lines,
        })
    }

    /// Whether what was written comes to what the books keep by account.
    async fn check(mut self, balances: &BTreeMap<Purse, i64>) -> Result<(), AppError> {
        let pool = self.pool.number;
        let kept = self
            .session
            .accounts_moved(pool, self.from, self.to)
            .await?;
        let mut sums: BTreeMap<(paydirt_books::Account, Option<String>), i128> = BTreeMap::new();
        for (purse, amount) in balances {
            let sum = sums
                .entry((purse.account, purse.stream.clone()))
                .or_default();
            *sum = sum.saturating_add((*amount).into());
        }
        for ((account, stream), moved) in kept {
            let stream = stream.map(|stream| named(&self.streams, stream));
            let found = sums.remove(&(account, stream)).unwrap_or_default();
            if found != i128::from(moved.closing) {
                return Err(not_the_books(account.name(), found, moved.closing.into()));
            }
        }
        let more = sums.into_iter().find(|(_, sum)| *sum != 0);
        if let Some(((account, _), found)) = more {
            return Err(not_the_books(account.name(), found, 0));
        }
        Ok(self.session.end().await?)
    }
}

fn not_the_books(account: &str, found: i128, kept: i128) -> AppError {
    let units = |units: i128| format!("{units} ledger units");
    AppError::Report(ReportError::DoesNotAddUp {
        what: format!("account {account}: its entries, and what the books keep by day"),
        left: units(found),
        right: units(kept),
    })
}
