//! A day's split, as a function of what it is made of: the same when a day is settled and when it
//! is computed again.

use paydirt_books::{
    Account, CHUNK, Computed, Counting, CountingOrder, Credit as MemberCredit, Entry, Line,
    MemberNumber, StreamNumber, VersionNumber, VestingChunk,
};
use paydirt_earnings::{Claim, Oversold, Part, Rules, Shared, Vesting, Whole, decompose};
use paydirt_money::{Amount, BaseUnits, Coin};

use crate::SettlementError;
use crate::terms::{Credit, Losses};

/// What a day's split is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input {
    /// The rules.
    pub rules: Rules,
    /// The coin.
    pub coin: Coin,
    /// Sum of the income items, base units.
    pub items: u128,
    /// Sum of the deductions, base units.
    pub deductions: u128,
    /// Carried in from the day before: less than a ledger unit, and a loss. Base units.
    pub carried_in: u128,
    /// The loss that this day makes good, base units.
    pub loss_in: u128,
    /// What becomes of a loss.
    pub losses: Losses,
    /// The whole.
    pub whole: Whole,
    /// What happens when more was sold.
    pub oversold: Oversold,
    /// How it vests.
    pub vesting: Vesting,
}

/// A day's money before it is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Money {
    /// To be shared.
    pub(crate) income: Amount,
    pub(crate) carried_out: u128,
    pub(crate) loss: u128,
    pub(crate) loss_out: u128,
}

impl Input {
    /// What of the items is shared, and what is left over or missing.
    pub(crate) fn money(&self) -> Result<Money, SettlementError> {
        let too_much = || {
            SettlementError::refused(
                "the day's income or deductions are beyond 128 bits of base units",
                "correct its items",
            )
        };
        let plus = self
            .items
            .checked_add(self.carried_in)
            .ok_or_else(too_much)?;
        let minus = self
            .deductions
            .checked_add(self.loss_in)
            .ok_or_else(too_much)?;
        let nothing = Money {
            income: Amount::zero(self.coin),
            carried_out: 0,
            loss: 0,
            loss_out: 0,
        };
        match plus.checked_sub(minus) {
            Some(left) => {
                let (income, rest) = Amount::from_base_units(BaseUnits::new(left), self.coin)?;
                Ok(Money {
                    income,
                    carried_out: rest.get(),
                    ..nothing
                })
            }
            None => {
                let missing = minus.saturating_sub(plus);
                Ok(match self.losses {
                    Losses::Book => Money {
                        loss: missing,
                        ..nothing
                    },
                    Losses::Carry => Money {
                        loss_out: missing,
                        ..nothing
                    },
                })
            }
        }
    }
}

/// A day, computed.
#[derive(Clone, Debug)]
pub(crate) struct Day {
    /// The split, without its parts.
    pub(crate) shared: Shared,
    pub(crate) money: Money,
    /// By version.
    pub(crate) lines: Vec<Line>,
    /// By member.
    pub(crate) credits: Vec<MemberCredit>,
    /// The part of the net that doesn't vest.
    pub(crate) immediate: i64,
    /// Members with a weight above 0.
    pub(crate) members: u64,
}

/// Splits a day among the orders that count.
pub(crate) fn compute(input: &Input, counting: &Counting) -> Result<Day, SettlementError> {
    let money = input.money()?;
    let orders = counting.orders();
    let by_id = counting.by_id();
    let at = |place: &u32| {
        usize::try_from(*place)
            .ok()
            .and_then(|place| orders.get(place))
    };
    let claims: Vec<Claim> = by_id.iter().filter_map(at).map(claim).collect();
    let (whole, oversold) = (input.whole, input.oversold);
    let mut shared = input.rules.share(money.income, &claims, whole, oversold)?;
    drop(claims);
    let parts = std::mem::take(&mut shared.parts);
    let lines = by_version(orders, &by_id, &parts);
    drop(parts);
    let (credits, immediate) = credits(orders, &lines, &input.vesting)?;
    Ok(Day {
        members: weighing_members(orders),
        shared,
        money,
        lines,
        credits,
        immediate,
    })
}

fn claim(order: &CountingOrder) -> Claim {
    Claim {
        power: order.power,
        coefficient: order.coefficient,
        fee_rate: order.fee_rate,
    }
}

/// The parts, which are in the order of ids, as lines in the order of versions.
fn by_version(orders: &[CountingOrder], by_id: &[u32], parts: &[Part]) -> Vec<Line> {
    let nothing = |order: &CountingOrder| Line {
        version: order.version,
        gross: 0,
        fee: 0,
    };
    let mut lines: Vec<Line> = orders.iter().map(nothing).collect();
    for (place, part) in by_id.iter().zip(parts) {
        let line = usize::try_from(*place)
            .ok()
            .and_then(|place| lines.get_mut(place));
        if let Some(line) = line {
            (line.gross, line.fee) = (part.gross, part.fee);
        }
    }
    lines
}

fn weighing_members(orders: &[CountingOrder]) -> u64 {
    let weighing = orders.iter().filter(|order| claim(order).weight() > 0);
    let mut members: Vec<MemberNumber> = weighing.map(|order| order.member).collect();
    members.sort_unstable();
    members.dedup();
    u64::try_from(members.len()).unwrap_or(u64::MAX)
}

/// What each member gets now and what is vesting for it, and the sum of the former.
fn credits(
    orders: &[CountingOrder],
    lines: &[Line],
    vesting: &Vesting,
) -> Result<(Vec<MemberCredit>, i64), SettlementError> {
    let mut total: i64 = 0;
    let mut credits = Vec::with_capacity(orders.len());
    for (order, line) in orders.iter().zip(lines) {
        let now = vesting.immediate_of(line.net());
        total = add(total, now)?;
        credits.push(MemberCredit {
            member: order.member,
            now,
            vesting: line.net().saturating_sub(now),
        });
    }
    Ok((MemberCredit::merged(credits)?, total))
}

pub(crate) fn add(a: i64, b: i64) -> Result<i64, SettlementError> {
    a.checked_add(b).ok_or_else(|| {
        SettlementError::refused(
            format!("the sum of {a} and {b} ledger units is beyond 64 bits"),
            "correct the day's items",
        )
    })
}

/// Where a day's money went, apart from its members. Base units, and ledger units from `income` on.
pub(crate) struct Flow {
    deductions: u128,
    carried_in: u128,
    loss_in: u128,
    loss: u128,
    income: i64,
    fee: i64,
    retained: i64,
}

impl Flow {
    /// Of a settlement, as it is kept.
    pub(crate) fn of(computed: &Computed) -> Self {
        Self {
            deductions: computed.deductions.get(),
            carried_in: computed.carried_in.get(),
            loss_in: computed.loss_in.get(),
            loss: computed.loss.max(computed.loss_out).get(),
            income: computed.income,
            fee: computed.fee,
            retained: computed.retained,
        }
    }

    /// On the pool's own accounts: together the opposite of what members earned.
    pub(crate) fn entries(&self, coin: Coin) -> Result<Vec<Entry>, SettlementError> {
        let units = |base| -> Result<i64, SettlementError> {
            let (amount, _) = Amount::from_base_units(BaseUnits::new(base), coin)?;
            Ok(amount.units())
        };
        let deductions = units(self.deductions)?;
        let made_good = units(self.loss_in)?;
        // Whole ledger units are carried in where a correction made a loss of before smaller.
        let regained = units(self.carried_in)?;
        // With rounding, what was lost can't be more than what there was to lose.
        let lost = units(self.loss)?.min(add(deductions, made_good)?);
        let came_in = add(add(self.income, deductions)?, made_good)?;
        let income = add(lost, regained)?.saturating_sub(came_in);
        let losses = made_good.saturating_sub(lost).saturating_sub(regained);
        Ok(vec![
            Entry::of_pool(Account::Income, income),
            Entry::of_pool(Account::Deductions, deductions),
            Entry::of_pool(Account::Losses, losses),
            Entry::of_pool(Account::Fees, self.fee),
            Entry::of_pool(Account::Retained, self.retained),
        ])
    }
}

impl Day {
    /// The sums of the day as entries: what came in against where it went.
    pub(crate) fn entries(
        &self,
        input: &Input,
        credit: Credit,
        stream: StreamNumber,
    ) -> Result<Vec<Entry>, SettlementError> {
        let flow = Flow {
            deductions: input.deductions,
            carried_in: input.carried_in,
            loss_in: input.loss_in,
            loss: self.money.loss.max(self.money.loss_out),
            income: self.money.income.units(),
            fee: self.shared.fee.units(),
            retained: self.shared.retained.units(),
        };
        let mut entries = flow.entries(input.coin)?;
        let vesting = self.shared.net.units().saturating_sub(self.immediate);
        let (account, of) = match credit {
            Credit::Available => (Account::Available, None),
            Credit::Transfer => (Account::ToTransfer, Some(stream)),
        };
        entries.extend([
            Entry {
                stream: of,
                ..Entry::of_pool(account, self.immediate)
            },
            Entry::of_pool(Account::Vesting, vesting),
        ]);
        Ok(entries)
    }

    /// What vests of each line, in columns.
    pub(crate) fn vesting_chunks(
        &self,
        vesting: &Vesting,
    ) -> Result<Vec<VestingChunk>, SettlementError> {
        let mut chunks: Vec<VestingChunk> = Vec::new();
        if vesting.steps() == 0 {
            return Ok(chunks);
        }
        for line in &self.lines {
            let total = line.net().saturating_sub(vesting.immediate_of(line.net()));
            if total == 0 {
                continue;
            }
            let (quotient, remainder) = decompose(total, vesting.steps())?;
            let (chunk, place) = chunk_for(&mut chunks, line.version);
            chunk.remainders.resize(place, 0);
            chunk.quotients.resize(place, 0);
            chunk.remainders.push(remainder);
            chunk.quotients.push(quotient);
        }
        Ok(chunks)
    }
}

/// The chunk that ends with what comes before this version, and the version's place in it.
fn chunk_for(chunks: &mut Vec<VestingChunk>, version: VersionNumber) -> (&mut VestingChunk, usize) {
    let is_in = |chunk: &VestingChunk| chunk_of(chunk.first) == chunk_of(version);
    if !chunks.last().is_some_and(is_in) {
        chunks.push(VestingChunk {
            first: version,
            remainders: Vec::new(),
            quotients: Vec::new(),
        });
    }
    let last = chunks.len().saturating_sub(1);
    let chunk = &mut chunks[last];
    let place = version.get().saturating_sub(chunk.first.get());
    let place = usize::try_from(place).unwrap_or_default();
    (chunk, place)
}

/// Which chunk a version is in.
pub(crate) fn chunk_of(version: VersionNumber) -> i64 {
    let width = i64::try_from(CHUNK).unwrap_or(i64::MAX);
    version.get().checked_div(width).unwrap_or_default()
}
