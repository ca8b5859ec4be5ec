//! A pool's settlements and releases in the order of their postings, and which steps of which
//! settlement each release gave.

use std::collections::BTreeMap;

use paydirt_earnings::released;
use paydirt_money::Portion;
use paydirt_schedule::Day;
use serde::Deserialize;

use crate::codec::{day, from_json};
use crate::db::{Connection, query};
use crate::numbers::{MemberNumber, PoolNumber, SettlementNumber, StreamNumber, VersionNumber};
use crate::vesting::Vesting;
use crate::{Account, BooksError};

/// An account of a member: to which stream it belongs, where it is one of a stream.
pub(super) type Purse = (Account, Option<StreamNumber>);

/// A settlement, as far as members' accounts need it.
pub(super) struct Settled {
    pub(super) number: SettlementNumber,
    pub(super) stream: StreamNumber,
    /// The day that it shares.
    pub(super) earned_on: Day,
    /// Its posting's place in the chain, and accounting day.
    pub(super) seq: i64,
    pub(super) posted_on: Day,
    pub(super) posting: i64,
    /// Of what was vesting before these books.
    pub(super) is_opening: bool,
    /// A correction: its entries name its members, and its lines say what they come to.
    pub(super) is_correction: bool,
    /// Where what is free at once goes.
    pub(super) to: Purse,
    pub(super) vests: Option<Vests>,
}

/// How its lines vest.
pub(super) struct Vests {
    immediate: Portion,
    vesting: Vesting,
    /// Steps that were released before these books, or before the correction.
    done: u32,
}

/// What a line comes to, ledger units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Free {
    /// At once.
    pub(super) now: i64,
    /// T: what vests in steps.
    pub(super) total: i64,
    /// What of T is posted as vesting.
    pub(super) unvested: i64,
}

/// A release that gave something.
pub(super) struct Given {
    pub(super) seq: i64,
    pub(super) day: Day,
    pub(super) posting: i64,
    pub(super) to: Purse,
}

/// The steps of a settlement that a release gave: those after `from`, up to `to`, of `of`.
#[derive(Clone, Copy)]
pub(super) struct Step<'t> {
    pub(super) release: &'t Given,
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) of: u32,
}

impl Step<'_> {
    /// What these steps give of a total.
    pub(super) fn amount(&self, total: i64) -> i64 {
        // Both are from 0 to the total, the first the larger.
        released(total, self.to, self.of).saturating_sub(released(total, self.from, self.of))
    }
}

impl Settled {
    /// What a line of this net amount comes to.
    pub(super) fn free(&self, net: i64) -> Free {
        let Some(vests) = &self.vests else {
            return Free {
                now: net,
                ..Free::default()
            };
        };
        let units = u64::try_from(net).unwrap_or_default();
        let now = i64::try_from(vests.immediate.of_units(units)).unwrap_or(net);
        let total = net.saturating_sub(now);
        let by_now = released(total, vests.done, vests.vesting.steps);
        Free {
            now,
            total,
            unvested: total.saturating_sub(by_now),
        }
    }

    /// How many steps its lines vest in; 0: all at once.
    pub(super) fn steps(&self) -> u32 {
        self.vests.as_ref().map_or(0, |vests| vests.vesting.steps)
    }
}

/// A pool's settlements and releases.
pub(super) struct Timeline {
    /// By posting.
    pub(super) settled: Vec<Settled>,
    releases: BTreeMap<StreamNumber, Vec<Given>>,
    /// Who has the unvested parts of a version since a transfer with them: from when on, who.
    holders: BTreeMap<VersionNumber, Vec<(Day, MemberNumber)>>,
    /// The corrections that changed a version's line of a day, by their postings' places.
    changed: BTreeMap<(StreamNumber, Day, VersionNumber), Vec<i64>>,
    /// T of corrected lines whose terms don't give it.
    totals: BTreeMap<(SettlementNumber, VersionNumber), i64>,
}

#[derive(Deserialize)]
struct Terms {
    credit: String,
    vesting: Option<VestingTerms>,
    #[serde(default)]
    done: u32,
    correction: Option<CorrectionTerms>,
}

#[derive(Deserialize)]
struct CorrectionTerms {
    done: u32,
}

#[derive(Deserialize)]
struct VestingTerms {
    immediate_millionths: u32,
    steps: u32,
    dates: Option<Vec<Day>>,
}

#[derive(sqlx::FromRow)]
struct SettledRow {
    number: i64,
    stream: i64,
    day: i64,
    revision: i64,
    kind: String,
    terms: String,
    seq: i64,
    posted_on: i64,
    posting: i64,
}

const SETTLED: &str = "SELECT settled.number, settled.stream, settled.day, settled.revision, \
     settled.kind, settled.terms, posting.seq, posting.day AS posted_on, \
     posting.number AS posting FROM settlement AS settled \
     JOIN posting ON posting.number = settled.posting \
     WHERE settled.pool = $1 ORDER BY posting.seq";

const RELEASES: &str = "SELECT release.stream, release.day, posting.seq, posting.number, \
     (SELECT account FROM entry WHERE entry.posting = release.posting AND entry.amount > 0 \
     LIMIT 1) AS account FROM release JOIN posting ON posting.number = release.posting \
     WHERE release.pool = $1 ORDER BY release.stream, release.day";

const CHANGED: &str = "SELECT settled.stream, settled.day, line.version, posting.seq \
     FROM settlement AS settled JOIN posting ON posting.number = settled.posting \
     JOIN line ON line.settlement = settled.number \
     WHERE settled.pool = $1 AND settled.kind = 'day' AND settled.revision > 0 \
     ORDER BY posting.seq";

const TOTALS: &str = "SELECT vests.settlement, vests.version, vests.total \
     FROM corrected_vesting AS vests JOIN settlement ON settlement.number = vests.settlement \
     WHERE settlement.pool = $1";

const HOLDERS: &str = "SELECT holder.version, holder.from_day, holder.member \
     FROM vesting_holder AS holder JOIN order_version AS version \
     ON version.number = holder.version \
     JOIN pool_order ON pool_order.number = version.of_order \
     WHERE pool_order.pool = $1 ORDER BY holder.version, holder.from_day";

impl Timeline {
    pub(super) async fn load(
        connection: &mut Connection,
        pool: PoolNumber,
    ) -> Result<Self, BooksError> {
        let first = query("SELECT first_day FROM pool WHERE number = $1").bind(pool.get());
        let (first,): (i64,) = first.fetch_one(connection).await?;
        let first = day(first)?;
        let rows: Vec<SettledRow> = query(SETTLED)
            .bind(pool.get())
            .fetch_all(connection)
            .await?;
        let settled = rows.into_iter().map(|row| row.settled(first));
        let mut timeline = Self {
            settled: settled.collect::<Result<_, _>>()?,
            releases: BTreeMap::new(),
            holders: BTreeMap::new(),
            changed: BTreeMap::new(),
            totals: BTreeMap::new(),
        };
        let rows: Vec<(i64, i64, i64, i64, String)> = query(RELEASES)
            .bind(pool.get())
            .fetch_all(connection)
            .await?;
        for (stream, on, seq, posting, account) in rows {
            let given = Given {
                seq,
                day: day(on)?,
                posting,
                to: purse(&account, StreamNumber(stream)),
            };
            let of_stream = timeline.releases.entry(StreamNumber(stream)).or_default();
            of_stream.push(given);
        }
        let rows: Vec<(i64, i64, i64)> = query(HOLDERS)
            .bind(pool.get())
            .fetch_all(connection)
            .await?;
        for (version, from, member) in rows {
            let of_version = timeline.holders.entry(VersionNumber(version)).or_default();
            of_version.push((day(from)?, MemberNumber(member)));
        }
        timeline.load_corrections(connection, pool).await?;
        Ok(timeline)
    }

    async fn load_corrections(
        &mut self,
        connection: &mut Connection,
        pool: PoolNumber,
    ) -> Result<(), BooksError> {
        let rows: Vec<(i64, i64, i64, i64)> = query(CHANGED)
            .bind(pool.get())
            .fetch_all(connection)
            .await?;
        for (stream, on, version, seq) in rows {
            let line = (StreamNumber(stream), day(on)?, VersionNumber(version));
            self.changed.entry(line).or_default().push(seq);
        }
        let rows: Vec<(i64, i64, i64)> =
            query(TOTALS).bind(pool.get()).fetch_all(connection).await?;
        for (settlement, version, total) in rows {
            let line = (SettlementNumber(settlement), VersionNumber(version));
            self.totals.insert(line, total);
        }
        Ok(())
    }

    /// T of a line of this net amount.
    pub(super) fn total(&self, of: &Settled, version: VersionNumber, net: i64) -> i64 {
        let total = self.totals.get(&(of.number, version)).copied();
        total.unwrap_or_else(|| of.free(net).total)
    }

    /// Where in the chain a correction follows that changes this line; what is released from there
    /// on is by that one's line.
    pub(super) fn ends(&self, of: &Settled, version: VersionNumber) -> Option<i64> {
        let later = self.changed.get(&(of.stream, of.earned_on, version))?;
        later.iter().copied().find(|seq| *seq > of.seq)
    }

    /// Of these steps of its settlement those that a line gives.
    pub(super) fn of_line<'s, 't>(
        &self,
        of: &Settled,
        version: VersionNumber,
        steps: &'s [Step<'t>],
    ) -> &'s [Step<'t>] {
        let Some(ends) = self.ends(of, version) else {
            return steps;
        };
        let given = steps.iter().take_while(|step| step.release.seq < ends);
        steps.get(..given.count()).unwrap_or_default()
    }

    /// Which steps of a settlement each release gave, in their order. One that was posted before
    /// the settlement gave none, nor did one that gave nothing: the next has its steps too.
    pub(super) fn steps(&self, of: &Settled) -> Vec<Step<'_>> {
        let mut steps = Vec::new();
        let Some(vests) = &of.vests else { return steps };
        let mut from = vests.done;
        let releases = self.releases.get(&of.stream);
        for release in releases.into_iter().flatten() {
            if from >= vests.vesting.steps {
                break;
            }
            if release.seq < of.seq || release.day <= vests.vesting.day {
                continue;
            }
            let to = vests.vesting.steps_by(release.day).max(from);
            if to > from {
                steps.push(Step {
                    release,
                    from,
                    to,
                    of: vests.vesting.steps,
                });
            }
            from = to;
        }
        steps
    }

    /// Whether unvested parts of a version went to another member.
    pub(super) fn has_moved(&self, version: VersionNumber) -> bool {
        self.holders.contains_key(&version)
    }

    /// Who gets what is released of a version on a day, its own member being `own`.
    pub(super) fn holder(
        &self,
        version: VersionNumber,
        own: MemberNumber,
        on: Day,
    ) -> MemberNumber {
        let holders = self.holders.get(&version).into_iter().flatten();
        let last = holders.take_while(|(from, _)| *from <= on).last();
        last.map_or(own, |(_, member)| *member)
    }

    /// The release of this posting, with its stream.
    pub(super) fn release(&self, posting: i64) -> Option<(StreamNumber, &Given)> {
        let all = self.releases.iter();
        let mut all = all.flat_map(|(stream, given)| given.iter().map(|one| (*stream, one)));
        all.find(|(_, given)| given.posting == posting)
    }
}

fn purse(account: &str, stream: StreamNumber) -> Purse {
    match Account::of_name(account) {
        Some(Account::ToTransfer) => (Account::ToTransfer, Some(stream)),
        _ => (Account::Available, None),
    }
}

impl SettledRow {
    /// `first` is the pool's first day.
    fn settled(self, first: Day) -> Result<Settled, BooksError> {
        let terms: Terms = from_json("terms", &self.terms)?;
        let stream = StreamNumber(self.stream);
        let earned_on = day(self.day)?;
        let is_opening = self.kind == "opening";
        let begins = match is_opening {
            false => earned_on,
            true => {
                let done = i32::try_from(terms.done).unwrap_or(i32::MAX);
                first.prev()?.checked_add_days(done.saturating_neg())?
            }
        };
        let number = SettlementNumber(self.number);
        let done = terms.correction.map_or(terms.done, |it| it.done);
        let vests = terms.vesting.filter(|vesting| vesting.steps > 0);
        let vests = vests.map(|kept| -> Result<Vests, BooksError> {
            Ok(Vests {
                immediate: Portion::from_millionths(kept.immediate_millionths)?,
                vesting: Vesting {
                    settlement: number,
                    day: begins,
                    steps: kept.steps,
                    steps_done: 0,
                    dates: kept.dates,
                },
                done,
            })
        });
        Ok(Settled {
            number,
            stream,
            earned_on,
            seq: self.seq,
            posted_on: day(self.posted_on)?,
            posting: self.posting,
            is_opening,
            is_correction: !is_opening && self.revision > 0,
            to: match terms.credit.as_str() {
                "transfer" => (Account::ToTransfer, Some(stream)),
                _ => (Account::Available, None),
            },
            vests: vests.transpose()?,
        })
    }
}
