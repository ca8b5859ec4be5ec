//! Settled days, computed again from what they keep.

use paydirt_books::{Counting, Pool, Session, Settlement, StreamNumber, hash_of, lines_digest};
use paydirt_earnings::{Oversold, Rules, Whole};
use paydirt_money::Coefficient;
use paydirt_schedule::Day;

use crate::compute::{Input, compute};
use crate::terms::{KeptTerms, Losses};
use crate::{LONG, SettlementError};

/// What was computed again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Settlements.
    pub settlements: u64,
    /// Their lines.
    pub lines: u64,
}

/// Computes a pool's settled days from `from` to `to` again: each line, each sum, each hash, what
/// is carried from day to day, and that days tile. `each` hears of every settlement before it.
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
    settlements.sort_by_key(|settlement| (settlement.stream, settlement.day));
    let mut previous: Option<Settlement> = None;
    for settlement in settlements {
        let is_of = |(_, number): &(&String, &StreamNumber)| **number == settlement.stream;
        let name = streams
            .iter()
            .find(is_of)
            .map_or("?", |(name, _)| name.as_str());
        each(&settlement);
        let before = previous
            .take()
            .filter(|before| before.stream == settlement.stream);
        let one = One {
            stream: name,
            settlement: &settlement,
        };
        if let Some(before) = before {
            one.follows(&before)?;
        }
        one.check(session, pool).await?;
        checked.settlements = checked.settlements.saturating_add(1);
        checked.lines = checked.lines.saturating_add(settlement.lines);
        previous = Some(settlement);
    }
    Ok(checked)
}

struct One<'a> {
    stream: &'a str,
    settlement: &'a Settlement,
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
    fn follows(&self, before: &Settlement) -> Result<(), SettlementError> {
        let (this, before_) = (&self.settlement.computed, &before.computed);
        self.same(
            "the remainder carried in",
            this.carried_in,
            before_.carried_out,
        )?;
        self.same("the loss carried in", this.loss_in, before_.loss_out)?;
        if before
            .day
            .next()
            .is_ok_and(|next| next == self.settlement.day)
        {
            self.same("the beginning of the day", this.begins_at, before_.ends_at)?;
        }
        Ok(())
    }

    async fn check(&self, session: &mut Session, pool: &Pool) -> Result<(), SettlementError> {
        let (settlement, kept) = (self.settlement, &self.settlement.computed);
        let terms = KeptTerms::of(settlement)?;
        let items = session.items_of_settlement(settlement.number).await?;
        let lines = session.lines(settlement.number).await?;
        let digest = lines_digest(&lines);
        self.same("the hash of the lines", settlement.lines_digest, digest)?;
        let hash = hash_of(settlement.day, settlement.revision, kept, &items, &digest);
        self.same("the hash of the settlement", settlement.hash, hash)?;
        let input = self.input(pool, &terms, &items)?;
        self.same("the sum of the items", kept.items.get(), input.items)?;
        self.same(
            "the sum of the deductions",
            kept.deductions.get(),
            input.deductions,
        )?;
        let default = Coefficient::parse(&terms.coefficient)?;
        let counted = session.counted(settlement.number, default).await?;
        let (of, on) = (pool.number, settlement.day);
        let counting = session.counting(of, self.stream, on, default).await?;
        let versions =
            |it: &Counting| -> Vec<_> { it.orders().iter().map(|o| o.version).collect() };
        let (found, expected) = (versions(&counted), versions(&counting));
        let other = found.iter().zip(&expected).find(|(a, b)| a != b);
        self.same(
            "an order that counts",
            other.map(|it| it.0),
            other.map(|it| it.1),
        )?;
        self.same("the number of orders", found.len(), expected.len())?;
        let day = compute(&input, &counted)?;
        self.same("the number of lines", lines.len(), day.lines.len())?;
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

    fn input(
        &self,
        pool: &Pool,
        terms: &KeptTerms,
        items: &[paydirt_books::Item],
    ) -> Result<Input, SettlementError> {
        let kept = &self.settlement.computed;
        let sum = |kind| {
            let of_kind = items.iter().filter(|item| item.item.kind == kind);
            of_kind
                .map(|item| item.item.amount.get())
                .fold(0_u128, u128::saturating_add)
        };
        let vesting = terms.vesting()?;
        Ok(Input {
            rules: Rules::of_version(kept.rule)?,
            coin: pool.coin,
            items: sum(paydirt_books::ItemKind::Income),
            deductions: sum(paydirt_books::ItemKind::Deduction),
            carried_in: kept.carried_in.get(),
            loss_in: kept.loss_in.get(),
            losses: match terms.losses.as_str() {
                "carry" => Losses::Carry,
                _ => Losses::Book,
            },
            whole: match kept.pool_power {
                Some((power, _)) => Whole::Pool(power),
                None => Whole::Sold,
            },
            oversold: match terms.oversold.as_str() {
                "scale" => Oversold::Scale,
                _ => Oversold::Refuse,
            },
            vesting,
        })
    }
}
