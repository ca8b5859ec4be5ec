//! Settled days, computed again from what they keep.

use std::collections::BTreeSet;

use paydirt_books::{
    Counting, ItemKind, Line, Pool, Session, Settlement, StreamNumber, hash_of, lines_digest,
};
use paydirt_earnings::{Rules, Whole};
use paydirt_money::Coefficient;
use paydirt_schedule::Day;

use crate::compute::{Input, compute};
use crate::correct::Counted;
use crate::terms::KeptTerms;
use crate::{LONG, SettlementError};

/// What was computed again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Settlements.
    pub settlements: u64,
    /// Their lines.
    pub lines: u64,
}

/// Computes a pool's settled days from `from` to `to` again, each of their revisions: each line,
/// each sum, each hash, what is carried from day to day, and that days tile. `each` hears of every
/// settlement before it.
///
/// # Errors
/// `Differs` with the first difference; the books'.
pub async fn verify(
    session: &mut Session,
    pool: &Pool,
    from: Day,
    to: Day,
    mut each: impl FnMut(&Settlement),
) -> Result<Checked, SettlementError> {
    session.allow(LONG).await?;
    let streams = session.streams(pool.number).await?;
    let mut checked = Checked::default();
    let mut settlements = session.settlements(pool.number, from, to).await?;
    settlements.sort_by_key(|it| (it.stream, it.day, it.revision));
    let mut previous: Option<Settlement> = None;
    for day in settlements.chunk_by(|a, b| (a.stream, a.day) == (b.stream, b.day)) {
        let is_of = |(_, number): &(&String, &StreamNumber)| **number == day[0].stream;
        let name = streams
            .iter()
            .find(is_of)
            .map_or("?", |(name, _)| name.as_str());
        for (place, settlement) in day.iter().enumerate() {
            each(settlement);
            let one = One {
                stream: name,
                settlement,
                revisions: &day[..=place],
            };
            match place.checked_sub(1).and_then(|before| day.get(before)) {
                Some(before) => one.corrects(before)?,
                None => one.follows(session, previous.as_ref()).await?,
            }
            one.check(session, pool).await?;
            checked.settlements = checked.settlements.saturating_add(1);
            checked.lines = checked.lines.saturating_add(settlement.lines);
        }
        previous = day.last().cloned();
    }
    Ok(checked)
}

struct One<'a> {
    stream: &'a str,
    settlement: &'a Settlement,
    /// Of its day, up to and with this one.
    revisions: &'a [Settlement],
}

impl One<'_> {
    fn same<T: PartialEq + std::fmt::Debug>(
        &self,
        what: impl Into<String>,
        found: T,
        expected: T,
    ) -> Result<(), SettlementError> {
        if found == expected {
            return Ok(());
        }
        Err(SettlementError::Differs {
            stream: self.stream.to_owned(),
            day: self.settlement.day,
            what: what.into(),
            expected: format!("{expected:?}"),
            found: format!("{found:?}"),
        })
    }

    /// What is carried, and where the day begins.
    async fn follows(
        &self,
        session: &mut Session,
        before: Option<&Settlement>,
    ) -> Result<(), SettlementError> {
        let Settlement {
            stream,
            day,
            number,
            computed: this,
            ..
        } = self.settlement;
        let carried = session.carried(*stream, *day, Some(*number)).await?;
        self.same(
            "the remainder carried in",
            this.carried_in,
            carried.remainder,
        )?;
        self.same("the loss carried in", this.loss_in, carried.loss)?;
        let before = before.filter(|before| before.stream == *stream);
        if let Some(before) = before.filter(|it| it.day.next().is_ok_and(|next| next == *day)) {
            let ended = before.computed.ends_at;
            self.same("the beginning of the day", this.begins_at, ended)?;
        }
        Ok(())
    }

    /// What a correction must have of the revision before.
    fn corrects(&self, before: &Settlement) -> Result<(), SettlementError> {
        let (this, was) = (&self.settlement.computed, &before.computed);
        let next = before.revision.saturating_add(1);
        self.same("the revision", self.settlement.revision, next)?;
        let terms = KeptTerms::of(self.settlement)?;
        let kept = KeptTerms {
            correction: None,
            ..KeptTerms::of(before)?
        };
        let corrects = terms.correction.as_ref().map(|it| it.corrects.clone());
        let hash: String = before.hash.iter().map(|it| format!("{it:02x}")).collect();
        self.same("what it corrects", corrects, Some(hash))?;
        let own = KeptTerms {
            correction: None,
            ..terms
        };
        self.same("the terms", own, kept)?;
        self.same("the rules", this.rule, was.rule)?;
        self.same("the remainder carried in", this.carried_in, was.carried_in)?;
        self.same("the loss carried in", this.loss_in, was.loss_in)?;
        self.same("the beginning of the day", this.begins_at, was.begins_at)?;
        self.same("the end of the day", this.ends_at, was.ends_at)
    }

    async fn check(&self, session: &mut Session, pool: &Pool) -> Result<(), SettlementError> {
        let (settlement, kept) = (self.settlement, &self.settlement.computed);
        let terms = KeptTerms::of(settlement)?;
        let items = session.items_of_settlement(settlement.number).await?;
        let digest = lines_digest(&session.lines(settlement.number).await?);
        self.same("the hash of the lines", settlement.lines_digest, digest)?;
        let hash = hash_of(settlement.day, settlement.revision, kept, &items, &digest);
        self.same("the hash of the settlement", settlement.hash, hash)?;
        let input = self.input(session, pool, &terms).await?;
        self.same("the sum of the items", kept.items.get(), input.items)?;
        self.same(
            "the sum of the deductions",
            kept.deductions.get(),
            input.deductions,
        )?;
        let default = Coefficient::parse(&terms.coefficient)?;
        let counted = match self.revisions {
            [first] => {
                let counted = session.counted(first.number, default).await?;
                self.same_orders(session, pool, &counted, default).await?;
                counted
            }
            [first, ..] => {
                let counted = Counted::after(self.revisions)?;
                counted.load(session, first, default).await?
            }
            [] => Counting::default(),
        };
        let day = compute(&input, &counted)?;
        let lines = self.lines(session, &counted).await?;
        self.same("the number of lines", lines.len(), day.lines.len())?;
        let orders = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        self.same("the number of orders", settlement.lines, orders)?;
        for (found, expected) in lines.iter().zip(&day.lines) {
            self.same(
                format!("the line of version {}", found.version),
                found,
                expected,
            )?;
        }
        self.same("the income shared", kept.income, day.money.income.units())?;
        self.same("the net", kept.net, day.shared.net.units())?;
        self.same("the fees", kept.fee, day.shared.fee.units())?;
        self.same(
            "what is retained",
            kept.retained,
            day.shared.retained.units(),
        )?;
        self.same("what is free at once", kept.immediate, day.immediate)?;
        self.same(
            "the remainder carried out",
            kept.carried_out.get(),
            day.money.carried_out,
        )?;
        self.same("the loss", kept.loss.get(), day.money.loss)?;
        self.same(
            "the loss carried out",
            kept.loss_out.get(),
            day.money.loss_out,
        )?;
        self.same("the sum of the weights", kept.sold, day.shared.sold)?;
        self.same("the whole", kept.whole, day.shared.whole)?;
        self.same("the number of members", kept.members, day.members)
    }

    /// As settled, the orders are those that counted on the day.
    async fn same_orders(
        &self,
        session: &mut Session,
        pool: &Pool,
        counted: &Counting,
        default: Coefficient,
    ) -> Result<(), SettlementError> {
        let (of, on) = (pool.number, self.settlement.day);
        let counting = session.counting(of, self.stream, on, default).await?;
        let versions =
            |it: &Counting| -> Vec<_> { it.orders().iter().map(|o| o.version).collect() };
        let (found, expected) = (versions(counted), versions(&counting));
        let other = found.iter().zip(&expected).find(|(a, b)| a != b);
        self.same(
            "an order that counts",
            other.map(|it| it.0),
            other.map(|it| it.1),
        )?;
        self.same("the number of orders", found.len(), expected.len())
    }

    /// The newest line of each order that counts.
    async fn lines(
        &self,
        session: &mut Session,
        counted: &Counting,
    ) -> Result<Vec<Line>, SettlementError> {
        let numbers: Vec<_> = self.revisions.iter().map(|it| it.number).collect();
        let all = session.corrected_lines(&numbers).await?;
        let mut lines: Vec<Line> = all.into_iter().map(|it| it.line).collect();
        if numbers.len() > 1 {
            let counts: BTreeSet<_> = counted.orders().iter().map(|o| o.version).collect();
            lines.retain(|line| counts.contains(&line.version));
        }
        Ok(lines)
    }

    async fn input(
        &self,
        session: &mut Session,
        pool: &Pool,
        terms: &KeptTerms,
    ) -> Result<Input, SettlementError> {
        let kept = &self.settlement.computed;
        let (mut items, mut deductions) = (0, 0);
        for revision in self.revisions {
            let all = session.items_of_settlement(revision.number).await?;
            let sum = |kind| {
                let of_kind = all.iter().filter(|item| item.item.kind == kind);
                of_kind
                    .map(|item| item.item.amount.get())
                    .fold(0_u128, u128::saturating_add)
            };
            let terms = KeptTerms::of(revision)?.correction.unwrap_or_default();
            items = overridden(items, sum(ItemKind::Income), terms.income.as_deref())?;
            let stated = terms.deductions.as_deref();
            deductions = overridden(deductions, sum(ItemKind::Deduction), stated)?;
        }
        Ok(Input {
            rules: Rules::of_version(kept.rule)?,
            coin: pool.coin,
            items,
            deductions,
            carried_in: kept.carried_in.get(),
            loss_in: kept.loss_in.get(),
            losses: terms.losses(),
            whole: match kept.pool_power {
                Some((power, _)) => Whole::Pool(power),
                None => Whole::Sold,
            },
            oversold: terms.oversold(),
            vesting: terms.vesting()?,
        })
    }
}

/// The sum after a revision: what it states, or what it adds.
fn overridden(before: u128, added: u128, stated: Option<&str>) -> Result<u128, SettlementError> {
    match stated {
        None => Ok(before.saturating_add(added)),
        Some(units) => units.parse().map_err(|_| {
            SettlementError::refused(
                format!("{units:?} is no number of base units"),
                "run `paydirt ledger verify`, and restore a backup if it fails",
            )
        }),
    }
}
