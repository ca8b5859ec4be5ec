//! What stands behind postings, apart from settlements: releases, transfers, the treasury.

use paydirt_money::{Amount, BaseUnits};

use super::chain::{Posting, Sums};
use super::expected::To;
use super::load::{Moved, Run, Source};
use super::{Stop, Tell, add, coins, differs, same, same_hash};
use crate::accounts::Account;
use crate::db::query;
use crate::digest::Hash;
use crate::numbers::{StreamNumber, TransferNumber};
use crate::transfers::LinesDigest;
use crate::{BooksError, Session, openings, recovery};

impl Run {
    /// Checks what stands behind a posting, and returns the hash of its lines, where it has some.
    pub(super) async fn check_source(
        &mut self,
        session: &mut Session,
        posting: &Posting,
        tell: &mut Tell<'_>,
    ) -> Result<Option<Hash>, Stop> {
        let source = self.sources.remove(&posting.row.number);
        match source {
            Some(Source::Settlement(number)) => {
                let hash = self.settlement(session, posting, number, tell).await?;
                Ok(Some(hash))
            }
            Some(Source::Release(stream, place)) => self.release(posting, stream, place).map(Some),
            Some(Source::Transfer(number)) => {
                let number = TransferNumber(number);
                Ok(Some(self.transfer(session, posting, number).await?))
            }
            Some(Source::Movement(number)) => self.movement(posting, number).map(|()| None),
            None => {
                check_recovery(posting)?;
                self.without_lines(posting).map(|()| None)
            }
        }
    }

    /// A posting of single members and of the pool.
    fn without_lines(&self, posting: &Posting) -> Result<(), Stop> {
        let of_many = posting
            .sums
            .keys()
            .find(|(account, _)| account.is_of_members());
        let kind = posting.row.kind.as_str();
        let lacks = match kind {
            openings::KIND => self.opening != Some(posting.row.number),
            _ => [
                "settlement",
                "release",
                "transfer",
                "treasury",
                "correction",
            ]
            .contains(&kind),
        };
        let what = format!("{}: what stands behind it", posting.row.name());
        match of_many {
            Some((account, _)) => {
                let expected = format!("lines of what it posts to {account}");
                Err(differs(what, expected, "none"))
            }
            None if lacks => Err(differs(what, format!("its {kind}"), "none")),
            None => Ok(()),
        }
    }

    fn release(
        &mut self,
        posting: &Posting,
        stream: StreamNumber,
        place: usize,
    ) -> Result<Hash, Stop> {
        self.looked.releases = self.looked.releases.saturating_add(1);
        let coin = self.pool.pool.coin;
        let name = self.name(stream).to_owned();
        let releases = self.releases.get_mut(&stream);
        let releases = releases.ok_or_else(|| BooksError::corrupt("release", stream))?;
        let is_last = releases.posted.len() == place.saturating_add(1);
        let posted = releases.posted.get(place);
        let posted = posted.ok_or_else(|| BooksError::corrupt("release", stream))?;
        let of = || format!("the release of {} of stream {name}", posted.day);
        let row = &posting.row;
        same(|| format!("{}: its kind", row.name()), "release", &row.kind)?;
        same(
            || format!("{}: the posting's stream", of()),
            stream.get(),
            row.stream.unwrap_or_default(),
        )?;
        same(
            || format!("{}: the posting's day", of()),
            i64::from(posted.day.days_since_epoch()),
            row.day,
        )?;
        let expected = i64::try_from(posted.expected)
            .map_err(|_| BooksError::corrupt("sum of a release", posted.expected))?;
        let amount = posted.amount;
        same(
            || format!("{}: its amount", of()),
            coins(expected, coin),
            coins(amount, coin),
        )?;
        let vesting = (Account::Vesting, None);
        let sums = Sums::from([
            (vesting, amount.saturating_neg()),
            (posted.to.key(), amount),
        ]);
        posting.has_sums(&sums, coin)?;
        let digest = Hash::try_from(posted.digest.as_slice())
            .map_err(|_| BooksError::corrupt("digest", &posted.digest))?;
        if is_last {
            let parts = releases.digest_of_last();
            same_hash(
                || format!("{}: the hash of its parts", of()),
                &parts,
                &digest,
            )?;
        }
        Ok(digest)
    }

    async fn transfer(
        &mut self,
        session: &mut Session,
        posting: &Posting,
        number: TransferNumber,
    ) -> Result<Hash, Stop> {
        self.looked.transfers = self.looked.transfers.saturating_add(1);
        let sql = "SELECT stream, amount, members FROM transfer WHERE number = $1";
        let asked = query(sql).bind(number.get());
        let row: (i64, i64, i64) = asked.fetch_one(&mut session.connection).await?;
        let (stream, amount, members) = row;
        let of = || format!("transfer {number}");
        let stream = StreamNumber(stream);
        let mut digest = LinesDigest::new();
        let (mut sum, mut count) = (0_i64, 0_i64);
        let sql = "SELECT member, amount, available_before, available_after FROM transfer_line \
             WHERE transfer = $1 ORDER BY member";
        let asked = query(sql).bind(number.get());
        let each = |(member, amount, before, after): (i64, i64, i64, i64)| {
            digest.add(member, amount, before, after);
            count = count.saturating_add(1);
            add(&mut sum, amount)?;
            self.expected.add_to(To::Available, member, amount)?;
            let less = amount.saturating_neg();
            self.expected.add_to(To::Collected(stream), member, less)
        };
        asked.for_each(&mut session.connection, each).await?;
        let lines = u64::try_from(count).unwrap_or_default();
        self.looked.transfer_lines = self.looked.transfer_lines.saturating_add(lines);
        let coin = self.pool.pool.coin;
        same(|| format!("{}: its members", of()), count, members)?;
        same(
            || format!("{}: its amount", of()),
            coins(sum, coin),
            coins(amount, coin),
        )?;
        let sums = Sums::from([
            (To::Collected(stream).key(), sum.saturating_neg()),
            (To::Available.key(), sum),
        ]);
        posting.has_sums(&sums, coin)?;
        Ok(digest.finish())
    }

    fn movement(&mut self, posting: &Posting, number: i64) -> Result<(), Stop> {
        let Some(moved) = self.movements.get(&number) else {
            return Err(BooksError::corrupt("movement", number).into());
        };
        let sums = moved.sums(self.pool.pool.coin)?;
        posting.has_sums(&sums, self.pool.pool.coin)
    }

    /// Movements that have no posting must have nothing to post; no source may be left over.
    pub(super) fn compare_movements(&mut self) -> Result<(), Stop> {
        for moved in self.movements.values() {
            self.looked.movements = self.looked.movements.saturating_add(1);
            let posts = !moved.sums(self.pool.pool.coin)?.is_empty();
            let what = || {
                format!(
                    "the movement of transaction {}: whether it is posted",
                    moved.tx
                )
            };
            same(what, posts, moved.posting.is_some())?;
        }
        let Some((posting, source)) = self.sources.first_key_value() else {
            return Ok(());
        };
        let what = self.of_source(source);
        let found = format!("number {posting}, which is none of this pool's");
        Err(differs(format!("the posting of {what}"), "its own", found))
    }
}

/// What is recovered was available, and is owed no more.
fn check_recovery(posting: &Posting) -> Result<(), Stop> {
    if posting.row.kind != recovery::KIND {
        return Ok(());
    }
    for (member, entries) in &posting.members {
        let of = |account| entries.get(&account).copied().unwrap_or_default();
        let (available, owed) = (of(Account::Available), of(Account::Receivable));
        let moves = available < 0 && owed == available.saturating_neg() && entries.len() == 2;
        if !moves {
            let what = format!("{}: the entries of member {member}", posting.row.name());
            return Err(differs(
                what,
                "what was available against what it owes",
                "other",
            ));
        }
    }
    Ok(())
}

impl Moved {
    /// What it posts.
    fn sums(&self, coin: paydirt_money::Coin) -> Result<Sums, Stop> {
        let (units, _) = Amount::from_base_units(BaseUnits::new(self.amount), coin)?;
        let entries = self.kind.entries(units.units());
        let entries = entries.into_iter().filter(|entry| entry.amount != 0);
        Ok(entries
            .map(|entry| ((entry.account, entry.stream), entry.amount))
            .collect())
    }
}
