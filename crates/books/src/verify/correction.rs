//! Corrections of a day, gone through in their order: what each must have posted, and for how long
//! each line vested as it was.

use std::collections::{BTreeMap, BTreeSet};

use paydirt_earnings::{LineVesting, Vesting};
use serde::Deserialize;

use super::chain::{Posting, Sums};
use super::load::Run;
use super::{Stop, add, coins, differs, same, same_hash};
use crate::Session;
use crate::accounts::Account;
use crate::corrections::CorrectionTerms;
use crate::db::query;
use crate::digest::Hash;
use crate::lines::{Line, digest_of};
use crate::numbers::SettlementNumber;
use crate::settlements::{Settlement, SettlementKind, hash_of};

/// From which revision of a day on a line is as it is, and until which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    from: usize,
    pub(super) until: Option<usize>,
}

impl Span {
    pub(super) const WHOLE: Self = Self {
        from: 0,
        until: None,
    };
}

/// T of a version's line for a span.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) version: i64,
    pub(super) total: i64,
    pub(super) span: Span,
}

/// What a correction must have posted for members.
#[derive(Default)]
pub(super) struct CorrectionExpected {
    /// At once, and to what vests, of each.
    members: BTreeMap<i64, (i64, i64)>,
    /// Those among whom unvested parts were moved: only their sum is told.
    moved: BTreeSet<i64>,
    net: i64,
    fee: i64,
}

/// What the replay of a day's corrections came to.
pub(super) struct Replayed {
    pub(super) segments: Vec<Segment>,
    /// T of each version in the day's columns.
    pub(super) columns: BTreeMap<i64, i64>,
    pub(super) expected: BTreeMap<i64, CorrectionExpected>,
    /// Totals that their terms don't give, by settlement and version.
    totals: BTreeMap<(i64, i64), i64>,
}

struct Later {
    number: SettlementNumber,
    seq: i64,
    terms: CorrectionTerms,
    lines: Vec<Line>,
}

/// The corrections of a day.
#[derive(Default)]
pub(super) struct DayCorrections {
    later: Vec<Later>,
    changed: BTreeSet<i64>,
    first: BTreeMap<i64, Line>,
}

#[derive(Clone, Copy, Default)]
struct State {
    fee: i64,
    vesting: LineVesting,
    from: usize,
}

#[derive(Deserialize)]
struct Terms {
    correction: CorrectionTerms,
}

impl DayCorrections {
    pub(super) async fn load(session: &mut Session, settlement: &Settlement) -> Result<Self, Stop> {
        let mut all = Self::default();
        if settlement.computed.kind != SettlementKind::Day {
            return Ok(all);
        }
        let revisions = session.revisions_of_day(settlement.stream, settlement.day);
        for revision in revisions.await?.into_iter().skip(1) {
            let terms: Terms = serde_json::from_str(&revision.computed.terms).map_err(|error| {
                let what = format!("settlement {}: its terms", revision.number);
                differs(what, "those of a correction", error)
            })?;
            let sql = "SELECT posting.seq FROM settlement \
                       JOIN posting ON posting.number = settlement.posting \
                       WHERE settlement.number = $1";
            let asked = query(sql).bind(revision.number.get());
            let (seq,): (i64,) = asked.fetch_one(&mut session.connection).await?;
            let lines = session.lines(revision.number).await?;
            all.changed
                .extend(lines.iter().map(|line| line.version.get()));
            all.later.push(Later {
                number: revision.number,
                seq,
                terms: terms.correction,
                lines,
            });
        }
        Ok(all)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.later.is_empty()
    }

    /// A line as it was settled, if a correction changed it.
    pub(super) fn take_first(&mut self, line: &Line) -> bool {
        let is_changed = self.changed.contains(&line.version.get());
        if is_changed {
            self.first.insert(line.version.get(), *line);
        }
        is_changed
    }

    /// How many steps were released when the last one was posted.
    pub(super) fn done(&self) -> u32 {
        self.later.last().map_or(0, |later| later.terms.done)
    }

    fn of(&self, revision: usize) -> Option<&Later> {
        revision
            .checked_sub(1)
            .and_then(|place| self.later.get(place))
    }

    /// Where in the chain a span begins, and how many steps are released by then; `first` is where
    /// the day was settled.
    pub(super) fn begins(&self, span: Span, first: (i64, u32)) -> (i64, u32) {
        let later = self.of(span.from);
        later.map_or(first, |later| (later.seq, later.terms.done))
    }

    /// Where it ends.
    pub(super) fn ends(&self, span: Span) -> Option<i64> {
        self.of(span.until?).map(|later| later.seq)
    }

    pub(super) fn replay(
        &self,
        run: &Run,
        vesting: &Vesting,
        name: &str,
    ) -> Result<Replayed, Stop> {
        let state = |line: &Line| State {
            fee: line.fee,
            vesting: LineVesting::of(line.net(), vesting),
            from: 0,
        };
        let mut states: BTreeMap<i64, State> = BTreeMap::new();
        states.extend(self.first.iter().map(|(it, line)| (*it, state(line))));
        let mut replayed = Replayed {
            segments: Vec::new(),
            columns: states
                .iter()
                .map(|(it, state)| (*it, state.vesting.total))
                .collect(),
            expected: BTreeMap::new(),
            totals: BTreeMap::new(),
        };
        for (place, later) in self.later.iter().enumerate() {
            let step = Step {
                revision: place.saturating_add(1),
                later,
                vesting,
                run,
                name,
            };
            let expected = step.replay(&mut states, &mut replayed)?;
            replayed.expected.insert(later.number.get(), expected);
        }
        let open = states.into_iter().map(|(version, state)| Segment {
            version,
            total: state.vesting.total,
            span: Span {
                from: state.from,
                until: None,
            },
        });
        replayed.segments.extend(open);
        Ok(replayed)
    }

    /// Totals that terms don't give are kept, and no others.
    pub(super) async fn check_totals(
        &self,
        session: &mut Session,
        replayed: &Replayed,
        name: &str,
    ) -> Result<(), Stop> {
        for later in &self.later {
            let number = later.number.get();
            let found = session.corrected_totals(later.number).await?;
            let kept = found.iter().map(|(version, total)| (version.get(), *total));
            let expected = replayed
                .totals
                .range((number, i64::MIN)..=(number, i64::MAX));
            let expected = expected.map(|((_, version), total)| (*version, *total));
            if !kept.clone().eq(expected.clone()) {
                let what = format!("{name}: what correction {number} has vesting of its own");
                let tell = |all: Vec<(i64, i64)>| format!("{all:?}");
                return Err(differs(
                    what,
                    tell(expected.collect()),
                    tell(kept.collect()),
                ));
            }
        }
        Ok(())
    }
}

/// One correction on the way through them.
struct Step<'a> {
    revision: usize,
    later: &'a Later,
    vesting: &'a Vesting,
    run: &'a Run,
    name: &'a str,
}

impl Step<'_> {
    fn replay(
        &self,
        states: &mut BTreeMap<i64, State>,
        replayed: &mut Replayed,
    ) -> Result<CorrectionExpected, Stop> {
        let mut expected = CorrectionExpected::default();
        let terms = &self.later.terms;
        let gone: BTreeSet<i64> = terms.replaced.iter().map(|(old, _)| *old).collect();
        let from: BTreeMap<i64, i64> = terms
            .replaced
            .iter()
            .map(|(old, new)| (*new, *old))
            .collect();
        for line in &self.later.lines {
            let version = line.version.get();
            let of_gone = gone.contains(&version);
            if of_gone && (line.gross, line.fee) != (0, 0) {
                let what = format!("{}: the line of version {version}", self.name);
                return Err(differs(what, "none: another took its place", "one"));
            }
            if !of_gone {
                let before = from.get(&version).copied();
                self.change(line, before, states, replayed, &mut expected)?;
            }
        }
        Ok(expected)
    }

    fn change(
        &self,
        line: &Line,
        replaces: Option<i64>,
        states: &mut BTreeMap<i64, State>,
        replayed: &mut Replayed,
        expected: &mut CorrectionExpected,
    ) -> Result<(), Stop> {
        let version = line.version.get();
        let members = &self.run.members;
        let member = members.get(version);
        let old = replaces.unwrap_or(version);
        if member == 0 || members.get(old) != member {
            let what = format!("{}: the line of version {version}", self.name);
            return Err(differs(what, "a version of the same member", "none"));
        }
        let (done, steps) = (self.later.terms.done, self.vesting.steps());
        let before = states.remove(&old).unwrap_or_default();
        let (after, change) = before.vesting.corrected(line.net(), self.vesting, done);
        if before.vesting.total != 0 {
            replayed.segments.push(Segment {
                version: old,
                total: before.vesting.total,
                span: Span {
                    from: before.from,
                    until: Some(self.revision),
                },
            });
        }
        if done < steps {
            replayed.columns.insert(old, 0);
            replayed.columns.insert(version, after.total);
            if after.total != LineVesting::of(line.net(), self.vesting).total {
                let key = (self.later.number.get(), version);
                replayed.totals.insert(key, after.total);
            }
        }
        states.insert(
            version,
            State {
                fee: line.fee,
                vesting: after,
                from: self.revision,
            },
        );
        add(
            &mut expected.net,
            line.net().saturating_sub(before.vesting.net),
        )?;
        add(&mut expected.fee, line.fee.saturating_sub(before.fee))?;
        let (now, unvested) = expected.members.entry(member).or_default();
        add(now, change.now)?;
        add(unvested, change.vesting)?;
        if let Some(holders) = self.run.holders.get(&version) {
            expected.moved.insert(member);
            expected
                .moved
                .extend(holders.iter().map(|(_, holder)| *holder));
        }
        Ok(())
    }
}

impl Run {
    /// Checks a correction's figures and what it posted, and returns its hash.
    pub(super) async fn correction(
        &mut self,
        session: &mut Session,
        posting: &Posting,
        settlement: &Settlement,
        name: &str,
    ) -> Result<Hash, Stop> {
        let (number, kept) = (settlement.number, &settlement.computed);
        let of = |what: &str| format!("{name}, revision {}: {what}", settlement.revision);
        let revisions = session
            .revisions_of_day(settlement.stream, settlement.day)
            .await?;
        let before = settlement.revision.saturating_sub(1);
        let before = revisions.iter().find(|it| it.revision == before);
        let expected = self.corrections.remove(&number.get());
        let (Some(before), Some(expected)) = (before, expected) else {
            return Err(differs(of("the revision that it corrects"), "one", "none"));
        };
        let lines = session.lines(number).await?;
        let count = u64::try_from(lines.len()).unwrap_or_default();
        self.looked.lines = self.looked.lines.saturating_add(count);
        let digest = digest_of(&lines);
        let what = || of("the hash of its lines");
        same_hash(what, &digest, &settlement.lines_digest)?;
        let items = session.items_of_settlement(number).await?;
        let hash = hash_of(settlement.day, settlement.revision, kept, &items, &digest);
        let what = || of("the hash of all it was made of");
        same_hash(what, &hash, &settlement.hash)?;
        let coin = self.pool.pool.coin;
        let was = &before.computed;
        let net = was.net.saturating_add(expected.net);
        same(|| of("its net"), coins(net, coin), coins(kept.net, coin))?;
        let fee = was.fee.saturating_add(expected.fee);
        same(|| of("its fees"), coins(fee, coin), coins(kept.fee, coin))?;
        let of_pool = posting.sums.iter();
        let of_pool = of_pool.filter(|((account, _), _)| !account.is_of_members());
        let mut sums: Sums = of_pool.map(|(key, sum)| (*key, *sum)).collect();
        let less = |is: i64, was: i64| is.saturating_sub(was);
        sums.insert((Account::Fees, None), less(kept.fee, was.fee));
        sums.insert((Account::Retained, None), less(kept.retained, was.retained));
        posting.has_sums(&sums, coin)?;
        expected.check(posting, coin)?;
        Ok(hash)
    }
}

impl CorrectionExpected {
    /// Each member got at once and has vesting what follows from its lines. From where it was taken
    /// depends on what it had, and is not told here.
    fn check(&self, posting: &Posting, coin: paydirt_money::Coin) -> Result<(), Stop> {
        let mut moved = ((0, 0), (0, 0));
        let members = self.members.keys().chain(posting.members.keys());
        let members: BTreeSet<i64> = members.copied().collect();
        for member in members {
            let expected = self.members.get(&member).copied().unwrap_or_default();
            let found = found(posting, member)?;
            if self.moved.contains(&member) {
                add(&mut moved.0.0, expected.0)?;
                add(&mut moved.0.1, expected.1)?;
                add(&mut moved.1.0, found.0)?;
                add(&mut moved.1.1, found.1)?;
                continue;
            }
            let of = format!("of member {member}");
            compare(posting, &of, expected, found, coin)?;
        }
        let of = "of members with parts that were given away";
        compare(posting, of, moved.0, moved.1, coin)
    }
}

fn compare(
    posting: &Posting,
    of: &str,
    expected: (i64, i64),
    found: (i64, i64),
    coin: paydirt_money::Coin,
) -> Result<(), Stop> {
    let name = posting.row.name();
    let what = || format!("{name}: what changes at once {of}");
    same(what, coins(expected.0, coin), coins(found.0, coin))?;
    let what = || format!("{name}: what is vesting {of}");
    same(what, coins(expected.1, coin), coins(found.1, coin))
}

/// What a member's entries change at once, and of what is vesting.
fn found(posting: &Posting, member: i64) -> Result<(i64, i64), Stop> {
    let mut sums = (0, 0);
    for (account, amount) in posting.members.get(&member).into_iter().flatten() {
        match account {
            Account::Vesting => add(&mut sums.1, *amount)?,
            Account::Available | Account::ToTransfer | Account::Receivable => {
                add(&mut sums.0, *amount)?;
            }
            other => {
                let what = format!("{}: the entries of member {member}", posting.row.name());
                let expected = "what it has or owes, and what is vesting";
                return Err(differs(what, expected, other));
            }
        }
    }
    Ok(sums)
}
