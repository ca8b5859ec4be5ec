//! A settlement and its lines: what members got at once, and what is vesting for them.

use std::collections::BTreeMap;

use paydirt_earnings::{Release, Vesting, released};
use paydirt_money::Portion;
use paydirt_schedule::Day;
use serde::Deserialize;

use super::chain::{Posting, Sums};
use super::correction::{DayCorrections, Segment, Span};
use super::expected::To;
use super::load::Run;
use super::release::{Taken, holder_on, merged};
use super::remainders::Remainders;
use super::vesting::Columns;
use super::{Difference, Stop, Tell, Verifying, add, coins, differs, same, same_hash};
use crate::accounts::Account;
use crate::codec::day;
use crate::db::query;
use crate::digest::Hash;
use crate::lines::{Line, LinesHash};
use crate::numbers::{SettlementNumber, StreamNumber, VersionNumber};
use crate::settlements::{Settlement, SettlementKind, hash_of};
use crate::vesting::Vesting as KeptVesting;
use crate::{BooksError, Session, corrections};

/// Lines after which is told how far it has come.
const TELL: u64 = 65_536;

/// What the books need of a settlement's terms.
#[derive(Deserialize)]
struct Terms {
    credit: String,
    vesting: Option<VestingTerms>,
    /// Steps that were released before these books.
    #[serde(default)]
    done: u32,
}

#[derive(Deserialize)]
struct VestingTerms {
    immediate_millionths: u32,
    steps: u32,
    dates: Option<Vec<Day>>,
}

/// What comes of a settlement's lines.
struct Lines<'a> {
    of: &'a Settlement,
    name: String,
    to: To,
    /// `None`: all at once.
    vesting: Option<Vests>,
    hash: LinesHash,
    count: u64,
    gross: i64,
    fee: i64,
    immediate: i64,
    unvested: i64,
    total: i64,
    corrections: DayCorrections,
}

/// How they vest.
struct Vests {
    immediate: Portion,
    vesting: KeptVesting,
    done: u32,
    seq: i64,
    /// By span.
    groups: BTreeMap<Span, Group>,
    columns: Columns,
    /// Whether T div n is in the stream's daily rate.
    is_running: bool,
}

/// Lines that vest as they are for the same time, and what releases took of them.
struct Group {
    done: u32,
    taken: Vec<Taken>,
    remainders: Remainders,
}

impl Run {
    /// Checks a settlement, and returns its hash.
    pub(super) async fn settlement(
        &mut self,
        session: &mut Session,
        posting: &Posting,
        number: i64,
        tell: &mut Tell<'_>,
    ) -> Result<Hash, Stop> {
        self.looked.settlements = self.looked.settlements.saturating_add(1);
        let settlement = session.settlement(SettlementNumber(number)).await?;
        let name = format!(
            "settlement {number} (stream {}, {})",
            self.name(settlement.stream),
            settlement.day
        );
        self.check_posting(posting, &settlement, &name)?;
        if settlement.is_correction() {
            return self.correction(session, posting, &settlement, &name).await;
        }
        let items = session.items_of_settlement(settlement.number).await?;
        let mut lines = self.begin(session, posting, &settlement, name).await?;
        self.read_lines(session, &mut lines, tell).await?;
        self.replay_corrections(session, &mut lines).await?;
        let name = &lines.name;
        let digest = lines.hash.clone().finish();
        let of = |what: &str| format!("{name}: {what}");
        same_hash(
            || of("the hash of its lines"),
            &digest,
            &settlement.lines_digest,
        )?;
        let kept = &settlement.computed;
        let hash = hash_of(settlement.day, settlement.revision, kept, &items, &digest);
        same_hash(
            || of("the hash of all it was made of"),
            &hash,
            &settlement.hash,
        )?;
        let coin = self.pool.pool.coin;
        let net = lines.gross.saturating_sub(lines.fee);
        same(
            || of("the number of its lines"),
            lines.count,
            settlement.lines,
        )?;
        same(
            || of("the sum of its net"),
            coins(net, coin),
            coins(kept.net, coin),
        )?;
        same(
            || of("the sum of its fees"),
            coins(lines.fee, coin),
            coins(kept.fee, coin),
        )?;
        let (immediate, kept_immediate) = (lines.immediate, kept.immediate);
        same(
            || of("what was free at once"),
            coins(immediate, coin),
            coins(kept_immediate, coin),
        )?;
        check_sums(posting, &lines, coin)?;
        self.finish(session, lines).await?;
        Ok(hash)
    }

    fn check_posting(
        &self,
        posting: &Posting,
        settlement: &Settlement,
        name: &str,
    ) -> Result<(), Stop> {
        let row = &posting.row;
        let (kind, on) = match settlement.computed.kind {
            // It is booked after the day that it corrects.
            SettlementKind::Day if settlement.is_correction() => {
                let next = i64::from(settlement.day.next()?.days_since_epoch());
                (corrections::KIND, day(row.day.max(next))?)
            }
            SettlementKind::Day => ("settlement", settlement.day),
            SettlementKind::Opening => ("opening", self.pool.pool.first_day.prev()?),
        };
        same(|| format!("{name}: the posting's kind"), kind, &row.kind)?;
        same(
            || format!("{name}: the posting's stream"),
            settlement.stream.get(),
            row.stream.unwrap_or_default(),
        )?;
        same(
            || format!("{name}: the posting's day"),
            i64::from(on.days_since_epoch()),
            row.day,
        )
    }

    async fn begin<'a>(
        &self,
        session: &mut Session,
        posting: &Posting,
        settlement: &'a Settlement,
        name: String,
    ) -> Result<Lines<'a>, Stop> {
        let kept = &settlement.computed;
        let terms: Terms = serde_json::from_str(&kept.terms)
            .map_err(|error| differs(format!("{name}: its terms"), "terms", error))?;
        let to = match terms.credit.as_str() {
            "transfer" => To::Collected(settlement.stream),
            _ => To::Available,
        };
        let seq = posting.row.seq;
        let vesting = self
            .begin_vesting(session, settlement, &terms, seq, &name)
            .await?;
        Ok(Lines {
            of: settlement,
            name,
            to,
            vesting,
            hash: LinesHash::new(),
            count: 0,
            gross: 0,
            fee: 0,
            immediate: 0,
            unvested: 0,
            total: 0,
            corrections: DayCorrections::load(session, settlement).await?,
        })
    }

    async fn begin_vesting(
        &self,
        session: &mut Session,
        settlement: &Settlement,
        terms: &Terms,
        seq: i64,
        name: &str,
    ) -> Result<Option<Vests>, Stop> {
        let Some(kept) = terms.vesting.as_ref().filter(|kept| kept.steps > 0) else {
            return Ok(None);
        };
        let begins = match settlement.computed.kind {
            SettlementKind::Day => settlement.day,
            SettlementKind::Opening => {
                let done = i32::try_from(terms.done).unwrap_or(i32::MAX);
                let before = self.pool.pool.first_day.prev()?;
                before.checked_add_days(done.saturating_neg())?
            }
        };
        let vesting = KeptVesting {
            settlement: settlement.number,
            day: begins,
            steps: kept.steps,
            steps_done: 0,
            dates: kept.dates.clone(),
        };
        let columns = Columns::load(session, &vesting, settlement.stream, name).await?;
        let is_running = columns.is_running();
        Ok(Some(Vests {
            immediate: Portion::from_millionths(kept.immediate_millionths)?,
            vesting,
            done: terms.done,
            seq,
            groups: BTreeMap::new(),
            columns,
            is_running,
        }))
    }

    async fn read_lines(
        &mut self,
        session: &mut Session,
        lines: &mut Lines<'_>,
        tell: &mut Tell<'_>,
    ) -> Result<(), Stop> {
        let sql = "SELECT version, gross, fee FROM line WHERE settlement = $1 ORDER BY version";
        let asked = query(sql).bind(lines.of.number.get());
        let of = u64::try_from(self.pool.postings).unwrap_or_default();
        let each = |(version, gross, fee): (i64, i64, i64)| {
            let line = Line {
                version: VersionNumber(version),
                gross,
                fee,
            };
            self.looked.lines = self.looked.lines.saturating_add(1);
            if self.looked.lines.is_multiple_of(TELL) {
                tell(Verifying {
                    postings: self.looked.postings,
                    of,
                    lines: self.looked.lines,
                });
            }
            self.add_line(lines, &line)
        };
        asked.for_each(&mut session.connection, each).await
    }

    fn add_line(&mut self, lines: &mut Lines<'_>, line: &Line) -> Result<(), Stop> {
        lines.hash.add(line);
        lines.count = lines.count.saturating_add(1);
        add(&mut lines.gross, line.gross)?;
        add(&mut lines.fee, line.fee)?;
        let version = line.version.get();
        let member = self.members.get(version);
        if member == 0 {
            let what = format!("{}: the line of version {version}", lines.name);
            return Err(differs(what, "a version of an order of this pool", "none"));
        }
        let net = line.net();
        let is_corrected = lines.corrections.take_first(line);
        let Some(vests) = &mut lines.vesting else {
            add(&mut lines.immediate, net)?;
            return self.expected.add_to(lines.to, member, net);
        };
        let units = u64::try_from(net).unwrap_or_default();
        let immediate = i64::try_from(vests.immediate.of_units(units)).unwrap_or(net);
        add(&mut lines.immediate, immediate)?;
        self.expected.add_to(lines.to, member, immediate)?;
        let total = net.saturating_sub(immediate);
        let unvested = total.saturating_sub(released(total, vests.done, vests.vesting.steps));
        self.expected.add_vesting(member, unvested)?;
        add(&mut lines.unvested, unvested)?;
        if is_corrected {
            return Ok(());
        }
        let column = decomposed(total, vests.vesting.steps)?;
        vests.columns.check(version, column, &lines.name)?;
        add(&mut lines.total, total)?;
        let whole = Segment {
            version,
            total,
            span: Span::WHOLE,
        };
        self.vest(vests, lines.of.stream, &lines.corrections, &whole)
    }

    /// Books what was released of a line, for as long as it was as it is.
    fn vest(
        &mut self,
        vests: &mut Vests,
        stream: StreamNumber,
        corrections: &DayCorrections,
        segment: &Segment,
    ) -> Result<(), Stop> {
        let Segment {
            version,
            total,
            span,
        } = *segment;
        if total == 0 {
            return Ok(());
        }
        let steps = vests.vesting.steps;
        let (quotient, remainder) = decomposed(total, steps)?;
        let by = |k| released(total, k, steps);
        let member = self.members.get(version);
        let releases = self.releases.entry(stream).or_default();
        if vests.is_running && span.until.is_none() {
            add(releases.rates.at(version)?, quotient)?;
        }
        let (first, vesting) = ((vests.seq, vests.done), &vests.vesting);
        let group = vests.groups.entry(span).or_insert_with(|| {
            let (seq, done) = corrections.begins(span, first);
            let until = corrections.ends(span);
            Group {
                done,
                taken: releases.taken(vesting, done, seq, until),
                remainders: Remainders::new(steps),
            }
        });
        group.remainders.add(quotient, remainder);
        if let Some(last) = group.taken.last().filter(|taken| taken.is_last) {
            let amount = by(last.to).saturating_sub(by(last.from));
            releases.add_to_last(version, amount)?;
        }
        let holders = self.holders.get(&version);
        for taken in merged(&group.taken, holders.is_some()) {
            let amount = by(taken.to).saturating_sub(by(taken.from));
            let holder = holder_on(holders, taken.day).unwrap_or(member);
            self.expected.add_to(taken.to_account, holder, amount)?;
            self.expected.add_vesting(holder, amount.saturating_neg())?;
        }
        Ok(())
    }

    /// What corrections made of the day's lines: what each must have posted, and how what vests
    /// went on.
    async fn replay_corrections(
        &mut self,
        session: &mut Session,
        lines: &mut Lines<'_>,
    ) -> Result<(), Stop> {
        if lines.corrections.is_empty() {
            return Ok(());
        }
        let vesting = match &lines.vesting {
            Some(vests) => {
                let days = vests.vesting.steps;
                Vesting::new(vests.immediate, Release::Linear { days })
                    .map_err(|error| BooksError::corrupt("vesting", error.to_string()))?
            }
            None => Vesting::AT_ONCE,
        };
        let replayed = lines.corrections.replay(self, &vesting, &lines.name)?;
        lines
            .corrections
            .check_totals(session, &replayed, &lines.name)
            .await?;
        if let Some(vests) = &mut lines.vesting {
            for (version, total) in &replayed.columns {
                let column = decomposed(*total, vests.vesting.steps)?;
                vests.columns.check_any(*version, column, &lines.name)?;
                add(&mut lines.total, *total)?;
            }
            for segment in &replayed.segments {
                self.vest(vests, lines.of.stream, &lines.corrections, segment)?;
            }
        }
        self.corrections.extend(replayed.expected);
        Ok(())
    }

    async fn finish(&mut self, session: &mut Session, lines: Lines<'_>) -> Result<(), Stop> {
        let Some(vests) = lines.vesting else {
            return Columns::none(session, lines.of.number, &lines.name).await;
        };
        let releases = self.releases.entry(lines.of.stream).or_default();
        let all = releases.taken(&vests.vesting, vests.done, vests.seq, None);
        let mut by_now = all.last().map_or(vests.done, |last| last.to);
        by_now = by_now.max(lines.corrections.done());
        for group in vests.groups.values() {
            releases.add(&group.taken, &group.remainders)?;
        }
        let most = releases
            .last_day
            .map_or(by_now, |last| vests.vesting.steps_by(last).max(by_now));
        vests
            .columns
            .finish(lines.total, self.pool.pool.coin, &lines.name)?;
        let found = vests.columns.steps_done();
        // Steps that released nothing may be counted or not.
        let open = vests.groups.iter().filter(|(span, _)| span.until.is_none());
        let released = open.into_iter().all(|(_, group)| {
            let by_now = by_now.max(group.done);
            group.remainders.released(found) == group.remainders.released(by_now)
        });
        let fits = found >= by_now && found <= most && released;
        if lines.total > 0 && !fits && self.later.is_none() {
            self.later = Some(Difference {
                what: format!("{}: the steps released", lines.name),
                expected: by_now.to_string(),
                found: found.to_string(),
            });
        }
        Ok(())
    }
}

fn decomposed(total: i64, steps: u32) -> Result<(i64, u16), BooksError> {
    paydirt_earnings::decompose(total, steps)
        .map_err(|error| BooksError::corrupt("vesting", error.to_string()))
}

fn check_sums(posting: &Posting, lines: &Lines<'_>, coin: paydirt_money::Coin) -> Result<(), Stop> {
    let kept = &lines.of.computed;
    let mut sums: Sums = posting
        .sums
        .iter()
        .filter(|((account, _), _)| !account.is_of_members())
        .map(|(key, sum)| (*key, *sum))
        .collect();
    sums.insert(lines.to.key(), lines.immediate);
    sums.insert((Account::Vesting, None), lines.unvested);
    match kept.kind {
        SettlementKind::Day => {
            sums.insert((Account::Fees, None), kept.fee);
            sums.insert((Account::Retained, None), kept.retained);
        }
        SettlementKind::Opening => {
            let equity = lines.unvested.saturating_neg();
            sums.insert((Account::OpeningEquity, None), equity);
        }
    }
    posting.has_sums(&sums, coin)
}
