//! The chain of postings.

use std::collections::BTreeMap;

use super::load::Run;
use super::{Stop, Tell, Verifying, add, differs, same, same_hash};
use crate::accounts::Account;
use crate::codec::day;
use crate::db::{Connection, query};
use crate::digest::{Hash, NOTHING};
use crate::numbers::{MemberNumber, StreamNumber};
use crate::postings::{EntriesDigest, Link};
use crate::{BooksError, Session, corrections, recovery};

/// Postings looked at together.
const PAGE: i64 = 256;

/// The sums of a posting's entries that name no member.
pub(super) type Sums = BTreeMap<(Account, Option<StreamNumber>), i64>;

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) number: i64,
    pub(super) seq: i64,
    pub(super) kind: String,
    pub(super) stream: Option<i64>,
    pub(super) day: i64,
    posted_at: i64,
    posted_by: String,
    pub(super) cause: String,
    digest: Vec<u8>,
    hash: Vec<u8>,
}

impl Row {
    pub(super) fn name(&self) -> String {
        format!("posting {} ({}: {})", self.seq, self.kind, self.cause)
    }
}

/// A posting with its entries.
pub(super) struct Posting {
    pub(super) row: Row,
    digest: EntriesDigest,
    sum: i128,
    pub(super) sums: Sums,
    /// The entries of single members, where they follow from what stands behind it.
    pub(super) members: BTreeMap<i64, BTreeMap<Account, i64>>,
}

impl Posting {
    /// Whether the sums of entries that name no member are these, apart from those of nothing.
    pub(super) fn has_sums(&self, expected: &Sums, coin: paydirt_money::Coin) -> Result<(), Stop> {
        let keys = self.sums.keys().chain(expected.keys());
        for key @ (account, _) in keys {
            let of = |sums: &Sums| sums.get(key).copied().unwrap_or_default();
            let [wanted, found] = [of(expected), of(&self.sums)];
            let what = || format!("{}: what it posts to {account}", self.row.name());
            let [wanted, found] = [wanted, found].map(|units| super::coins(units, coin));
            same(what, wanted, found)?;
        }
        Ok(())
    }
}

type EntryRow = (i64, i64, String, Option<i64>, Option<i64>, i64);

impl Run {
    /// Walks all postings in their order.
    pub(super) async fn walk(
        &mut self,
        session: &mut Session,
        tell: &mut Tell<'_>,
    ) -> Result<(), Stop> {
        let of = u64::try_from(self.pool.postings).unwrap_or_default();
        let (mut seq, mut head) = (0, NOTHING);
        loop {
            let page = self.page(&mut session.connection, seq).await?;
            if page.is_empty() {
                break;
            }
            for posting in page {
                seq = seq.saturating_add(1);
                same(|| "the place of a posting".into(), seq, posting.row.seq)?;
                self.check(session, posting, &mut head, tell).await?;
                tell(Verifying {
                    postings: self.looked.postings,
                    of,
                    lines: self.looked.lines,
                });
            }
        }
        same(
            || "the pool's number of postings".into(),
            seq,
            self.pool.postings,
        )?;
        same_hash(|| "the pool's newest hash".into(), &head, &self.pool.head)
    }

    /// Some postings after this one, with their entries.
    async fn page(
        &mut self,
        connection: &mut Connection,
        after: i64,
    ) -> Result<Vec<Posting>, Stop> {
        let sql = "SELECT number, seq, kind, stream, day, posted_at, posted_by, cause, digest, \
             hash FROM posting WHERE pool = $1 AND seq > $2 ORDER BY seq LIMIT $3";
        let pool = self.pool.pool.number.get();
        let asked = query(sql).bind(pool).bind(after).bind(PAGE);
        let rows: Vec<Row> = asked.fetch_all(connection).await?;
        let last = rows.last().map_or(after, |row| row.seq);
        let posting = |row| Posting {
            row,
            digest: EntriesDigest::new(),
            sum: 0,
            sums: Sums::new(),
            members: BTreeMap::new(),
        };
        let mut page: Vec<Posting> = rows.into_iter().map(posting).collect();
        let sql = "SELECT posting.seq, entry.place, entry.account, entry.stream, entry.member, \
             entry.amount FROM posting JOIN entry ON entry.posting = posting.number \
             WHERE posting.pool = $1 AND posting.seq > $2 AND posting.seq <= $3 \
             ORDER BY posting.seq, entry.place";
        let asked = query(sql).bind(pool).bind(after).bind(last);
        let mut postings = page.iter_mut().peekable();
        let each = |row: EntryRow| {
            while postings
                .next_if(|posting| posting.row.seq < row.0)
                .is_some()
            {}
            match postings.peek_mut() {
                Some(posting) => self.add_entry(posting, row),
                None => Err(BooksError::corrupt("place of a posting", row.0).into()),
            }
        };
        asked.for_each(connection, each).await?;
        drop(postings);
        Ok(page)
    }

    fn add_entry(&mut self, posting: &mut Posting, row: EntryRow) -> Result<(), Stop> {
        let (_, place, name, stream, member, amount) = row;
        self.looked.entries = self.looked.entries.saturating_add(1);
        let of = || format!("{}, entry {place}", posting.row.name());
        let Some(account) = Account::of_name(&name) else {
            return Err(differs(of(), "an account", name));
        };
        posting.digest.add(&name, stream, member, amount);
        posting.sum = posting.sum.saturating_add(i128::from(amount));
        let day = (posting.row.day, account, stream.unwrap_or_default());
        add(self.sums.entry(day).or_default(), amount)?;
        let stream = stream.map(StreamNumber);
        let Some(member) = member else {
            return add(posting.sums.entry((account, stream)).or_default(), amount);
        };
        if [corrections::KIND, recovery::KIND].contains(&posting.row.kind.as_str()) {
            let of_member = posting.members.entry(member).or_default();
            add(of_member.entry(account).or_default(), amount)?;
        }
        match self
            .expected
            .add(account, stream, MemberNumber(member), amount)?
        {
            true => Ok(()),
            false => Err(differs(of(), "an account of members", account)),
        }
    }

    async fn check(
        &mut self,
        session: &mut Session,
        posting: Posting,
        head: &mut Hash,
        tell: &mut Tell<'_>,
    ) -> Result<(), Stop> {
        let lines = self.check_source(session, &posting, tell).await?;
        let row = &posting.row;
        self.check_open(row)?;
        same(
            || format!("{}: the sum of its entries", row.name()),
            0,
            posting.sum,
        )?;
        let digest = posting.digest.finish(lines.as_ref());
        let what = || format!("{}: the hash of its entries", row.name());
        same_hash(what, &digest, &row.digest)?;
        let link = Link {
            pool: self.pool.pool.id.as_str(),
            seq: row.seq,
            kind: &row.kind,
            stream: row.stream,
            day: row.day,
            at: row.posted_at,
            by: &row.posted_by,
            cause: &row.cause,
            digest: &digest,
        };
        let hash = link.hash(head);
        same_hash(|| format!("{}: its hash", row.name()), &hash, &row.hash)?;
        *head = hash;
        self.looked.postings = self.looked.postings.saturating_add(1);
        Ok(())
    }

    /// A closed month has got no posting since.
    fn check_open(&self, row: &Row) -> Result<(), Stop> {
        let closed = self.closed.iter().find(|month| {
            row.seq > month.postings && row.day <= i64::from(month.last_day.days_since_epoch())
        });
        match closed {
            None => Ok(()),
            Some(month) => Err(differs(
                format!("{}: its day", row.name()),
                format!(
                    "one after {}, up to which the books are closed",
                    month.last_day
                ),
                day(row.day)?,
            )),
        }
    }
}
