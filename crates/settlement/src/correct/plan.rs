//! A correction, from its overrides to every difference.

use std::collections::BTreeMap;

use paydirt_books::{
    Account, Computed, CorrectionTerms, Entry, Item, ItemKind, Line, LockedPool, Session,
    Settlement, Vesting as KeptVestingRow,
};
use paydirt_earnings::{Rules, Whole as WholeOf};
use paydirt_money::{Amount, BaseUnits, Coefficient, Coin};
use paydirt_schedule::Day;

use super::lines::{self, Changes};
use super::members::{self, Effect};
use super::orders::{OrdersOf, Overridden};
use super::{
    Change, Correction, Counted, MemberChange, OrderChange, Overrides, Planned, PlannedVesting,
};
use crate::compute::{self, Flow, Input, compute};
use crate::settle::DayOf;
use crate::terms::{KeptTerms, KeptVesting};
use crate::{LONG, SettlementError};

/// Plans the correction of a settled day; writes nothing. The pool is locked, so that what is
/// planned can be posted.
///
/// # Errors
/// `Refused`: the day is not settled, an override names what is not there, or nothing comes out
/// otherwise; the books', and the split's.
pub async fn plan_correction(
    session: &mut Session,
    locked: &LockedPool,
    of: &DayOf<'_>,
    overrides: &Overrides,
) -> Result<Correction, SettlementError> {
    session.allow(LONG).await?;
    let revisions = session.revisions_of_day(of.number, of.day).await?;
    let (Some(first), Some(newest)) = (revisions.first(), revisions.last()) else {
        return Err(SettlementError::refused(
            format!("{} of stream {} is not settled", of.day, of.stream.name),
            "record what is otherwise, and let it settle: `paydirt settle`",
        ));
    };
    let terms = KeptTerms::of(newest)?;
    let default = Coefficient::parse(&terms.coefficient)?;
    let counted = Counted::after(&revisions)?;
    let counted = counted.load(session, first, default).await?;
    let moved = session.moved_holders(locked.pool.number).await?;
    let orders = OrdersOf {
        day: of.day,
        default,
        counting: &counted,
        moved: &moved,
    };
    let overridden = orders.overridden(session, locked, overrides).await?;
    let money = money(session, of, newest, &terms, overrides).await?;
    let input = input(locked.pool.coin, newest, &terms, &money)?;
    let computed = compute(&input, &overridden.counting)?;
    let vesting = vesting(session, of, first, &terms).await?;
    let numbers: Vec<_> = revisions.iter().map(|it| it.number).collect();
    let before = session.corrected_lines(&numbers).await?;
    let changes = lines::Day {
        before: &before,
        counted: &counted,
        after: &computed.lines,
        overridden: &overridden,
        moved: &moved,
        vesting: &input.vesting,
        done: vesting.done,
    }
    .changes()?;
    let day = Restated {
        of,
        locked,
        newest,
        terms,
        money,
        input,
        computed,
        overridden,
        vesting,
    };
    day.correction(session, first, changes).await
}

/// What came in, was deducted, and the power of the whole, as overridden.
struct Money {
    items: u128,
    deductions: u128,
    late: Vec<Item>,
    power: Option<(paydirt_money::PoolPower, Day)>,
    changes: Vec<Change>,
    income: Option<String>,
    deducted: Option<String>,
}

fn beyond() -> SettlementError {
    SettlementError::refused(
        "the sum of the day's items is beyond 128 bits of base units",
        "give the day's income itself",
    )
}

async fn money(
    session: &mut Session,
    of: &DayOf<'_>,
    newest: &Settlement,
    terms: &KeptTerms,
    overrides: &Overrides,
) -> Result<Money, SettlementError> {
    let (kept, coin) = (&newest.computed, of.pool.coin);
    let mut money = Money {
        items: kept.items.get(),
        deductions: kept.deductions.get(),
        late: Vec::new(),
        power: kept.pool_power,
        changes: Vec::new(),
        income: None,
        deducted: None,
    };
    let text = |units: u128| BaseUnits::new(units).to_coin_text(coin);
    let change = |what: &str, was: String, is: String| Change {
        what: what.to_owned(),
        was: Some(was),
        is: Some(is),
    };
    if overrides.late_items {
        if overrides.income.is_some() || overrides.deductions.is_some() {
            return Err(SettlementError::refused(
                "the day's income or deductions are given, and late items would be beside them",
                "give one of --late-items, and --income or --deductions",
            ));
        }
        money.take_late(session, of).await?;
    }
    if let Some(income) = overrides.income {
        money.income = Some(income.get().to_string());
        let (was, is) = (text(money.items), text(income.get()));
        money.changes.push(change("income", was, is));
        money.items = income.get();
    }
    if let Some(deductions) = overrides.deductions {
        money.deducted = Some(deductions.get().to_string());
        let (was, is) = (text(money.deductions), text(deductions.get()));
        money.changes.push(change("deductions", was, is));
        money.deductions = deductions.get();
    }
    if let Some(power) = overrides.pool_power {
        let Some((was, _)) = money.power.filter(|_| terms.whole == "pool") else {
            return Err(SettlementError::refused(
                "the whole of that day is what was sold, and not the pool's power",
                "leave --pool-power out",
            ));
        };
        let bytes = |power: paydirt_money::PoolPower| format!("{} bytes", power.bytes());
        let (was, is) = (bytes(was), bytes(power));
        money.changes.push(change("pool power", was, is));
        money.power = Some((power, of.day));
    }
    Ok(money)
}

impl Money {
    async fn take_late(
        &mut self,
        session: &mut Session,
        of: &DayOf<'_>,
    ) -> Result<(), SettlementError> {
        self.late = session.late_items(of.number, of.day).await?;
        if self.late.is_empty() {
            return Err(SettlementError::refused(
                format!(
                    "nothing came for {} of stream {} that is part of no settlement",
                    of.day, of.stream.name
                ),
                "record it first with `paydirt income record --late`, or give --income",
            ));
        }
        for item in &self.late {
            let amount = item.item.amount;
            let sum = match item.item.kind {
                ItemKind::Deduction => &mut self.deductions,
                _ => &mut self.items,
            };
            *sum = sum.checked_add(amount.get()).ok_or_else(beyond)?;
            self.changes.push(Change {
                what: format!("late {} {}", item.item.kind.name(), item.item.source),
                was: None,
                is: Some(amount.to_coin_text(of.pool.coin)),
            });
        }
        Ok(())
    }
}

fn input(
    coin: Coin,
    newest: &Settlement,
    terms: &KeptTerms,
    money: &Money,
) -> Result<Input, SettlementError> {
    let kept = &newest.computed;
    Ok(Input {
        rules: Rules::of_version(kept.rule)?,
        coin,
        items: money.items,
        deductions: money.deductions,
        carried_in: kept.carried_in.get(),
        loss_in: kept.loss_in.get(),
        losses: terms.losses(),
        whole: match money.power {
            Some((power, _)) => WholeOf::Pool(power),
            None => WholeOf::Sold,
        },
        oversold: terms.oversold(),
        vesting: terms.vesting()?,
    })
}

/// How far what vests of the day is released.
async fn vesting(
    session: &mut Session,
    of: &DayOf<'_>,
    first: &Settlement,
    terms: &KeptTerms,
) -> Result<PlannedVesting, SettlementError> {
    let today = of.pool.zones().day_of(of.now)?;
    let over = today.prev()?;
    let (steps, dates) = match &terms.vesting {
        Some(KeptVesting { steps, dates, .. }) => (*steps, dates.clone()),
        None => (0, None),
    };
    let through = session.released_through(of.number, over).await?;
    let mut done = 0;
    if steps > 0 {
        done = match session.vesting_of(first.number).await? {
            Some(row) => row.steps_done,
            None => KeptVestingRow {
                settlement: first.number,
                day: of.day,
                steps,
                steps_done: 0,
                dates: dates.clone(),
            }
            .steps_by(through),
        };
    }
    Ok(PlannedVesting {
        steps,
        done,
        dates,
        released_through: through,
        changes: Vec::new(),
    })
}

/// The day, computed again with what is overridden.
struct Restated<'a> {
    of: &'a DayOf<'a>,
    locked: &'a LockedPool,
    newest: &'a Settlement,
    terms: KeptTerms,
    money: Money,
    input: Input,
    computed: compute::Day,
    overridden: Overridden,
    vesting: PlannedVesting,
}

impl Restated<'_> {
    async fn correction(
        self,
        session: &mut Session,
        first: &Settlement,
        changes: Changes,
    ) -> Result<Correction, SettlementError> {
        let coin = self.locked.pool.coin;
        let restated = self.restated();
        let effects = self.effects(session, &changes).await?;
        let of_pool = pool_entries(&self.newest.computed, &restated, coin)?;
        let of_members = members::entries(&effects, self.of.number);
        let orders = orders_told(session, &changes, coin).await?;
        let figures = figures(&self.newest.computed, &restated, coin);
        if orders.is_empty() && effects.is_empty() && of_pool.is_empty() && figures.is_empty() {
            return Err(SettlementError::refused(
                format!(
                    "{} of stream {} comes to the same: nothing to correct",
                    self.of.day, self.of.stream.name
                ),
                "`paydirt settle show` has the day as it counts",
            ));
        }
        let mut overrides = self.money.changes.clone();
        overrides.extend(self.overridden.changes.iter().cloned());
        let corrects = hex(&self.newest.hash);
        let entries = [of_pool, of_members].concat();
        let planned = Planned {
            first: first.number,
            terms: CorrectionTerms {
                corrects: corrects.clone(),
                done: self.vesting.done,
                income: self.money.income.clone(),
                deductions: self.money.deducted.clone(),
                replaced: Vec::new(),
                added: Vec::new(),
                removed: Vec::new(),
            },
            computed: restated,
            items: self.money.late,
            counting: u64::try_from(self.computed.lines.len()).unwrap_or(u64::MAX),
            lines: changes.lines,
            new: self.overridden.new.clone(),
            vesting: (self.vesting.steps > 0).then_some(PlannedVesting {
                changes: changes.totals,
                ..self.vesting
            }),
            entries: entries.clone(),
        };
        let planned = planned.with(&self.overridden);
        Ok(Correction {
            day: self.of.day,
            revision: self.newest.revision.saturating_add(1),
            coin,
            corrects,
            overrides,
            figures,
            accounts: accounts(&entries, coin)?,
            orders,
            members: members_told(session, &effects, coin).await?,
            planned,
        })
    }

    /// The day's figures, as they are from now on.
    fn restated(&self) -> Computed {
        let (money, shared) = (&self.computed.money, &self.computed.shared);
        Computed {
            items: BaseUnits::new(self.input.items),
            deductions: BaseUnits::new(self.input.deductions),
            carried_out: BaseUnits::new(money.carried_out),
            loss_out: BaseUnits::new(money.loss_out),
            loss: BaseUnits::new(money.loss),
            income: money.income.units(),
            net: shared.net.units(),
            fee: shared.fee.units(),
            retained: shared.retained.units(),
            immediate: self.computed.immediate,
            pool_power: self.money.power,
            sold: shared.sold,
            whole: shared.whole,
            members: self.computed.members,
            ..self.newest.computed.clone()
        }
    }

    async fn effects(
        &self,
        session: &mut Session,
        changes: &Changes,
    ) -> Result<BTreeMap<paydirt_books::MemberNumber, Effect>, SettlementError> {
        let by_member = lines::by_member(&changes.changed)?;
        let members: Vec<_> = by_member.keys().copied().collect();
        let pool = self.locked.pool.number;
        let has = session.figures_of(pool, self.of.number, &members).await?;
        let credit = self.terms.credit();
        let effect = |(member, change)| {
            let has = has.get(&member).copied().unwrap_or_default();
            (member, Effect::of(change, has, credit))
        };
        Ok(by_member.into_iter().map(effect).collect())
    }
}

impl Planned {
    /// With what it says of its orders.
    fn with(mut self, overridden: &Overridden) -> Self {
        let replaced = overridden.replaced.iter();
        self.terms.replaced = replaced.map(|(old, new)| (old.get(), new.get())).collect();
        self.terms.added = overridden.added.iter().map(|it| it.get()).collect();
        self.terms.removed = overridden.removed.iter().map(|it| it.get()).collect();
        self
    }
}

/// The differences on the pool's own accounts.
fn pool_entries(was: &Computed, is: &Computed, coin: Coin) -> Result<Vec<Entry>, SettlementError> {
    let was = Flow::of(was).entries(coin)?;
    let is = Flow::of(is).entries(coin)?;
    let less = |(was, is): (Entry, Entry)| Entry {
        amount: is.amount.saturating_sub(was.amount),
        ..is
    };
    let entries = was.into_iter().zip(is).map(less);
    Ok(entries.filter(|entry| entry.amount != 0).collect())
}

fn accounts(entries: &[Entry], coin: Coin) -> Result<Vec<(Account, Amount)>, SettlementError> {
    let mut sums: BTreeMap<Account, i64> = BTreeMap::new();
    for entry in entries {
        let sum = sums.entry(entry.account).or_default();
        *sum = compute::add(*sum, entry.amount)?;
    }
    let amount = |(account, sum)| (account, Amount::from_units(sum, coin));
    Ok(sums.into_iter().map(amount).collect())
}

/// The day's figures that change.
fn figures(was: &Computed, is: &Computed, coin: Coin) -> Vec<Change> {
    let units = |units: i64| Amount::from_units(units, coin).to_string();
    let base = |units: BaseUnits| units.to_coin_text(coin);
    let of = |it: &Computed| {
        [
            ("items", base(it.items)),
            ("deductions", base(it.deductions)),
            ("shared", units(it.income)),
            ("net", units(it.net)),
            ("fees", units(it.fee)),
            ("retained", units(it.retained)),
            ("carried out", base(it.carried_out)),
            ("loss", base(it.loss)),
            ("loss carried out", base(it.loss_out)),
        ]
    };
    let both = of(was).into_iter().zip(of(is));
    let change = |((what, was), (_, is)): ((&str, String), (_, String))| Change {
        what: what.to_owned(),
        was: Some(was),
        is: Some(is),
    };
    let changes = both.map(change);
    changes.filter(|change| change.was != change.is).collect()
}

/// Lines of orders whose amounts change, by id.
async fn orders_told(
    session: &mut Session,
    changes: &Changes,
    coin: Coin,
) -> Result<Vec<OrderChange>, SettlementError> {
    let differs =
        |line: &&lines::Changed| (line.was.gross, line.was.fee) != (line.is.gross, line.is.fee);
    let changed: Vec<&lines::Changed> = changes.changed.iter().filter(differs).collect();
    let codes = session.codes_of(changed.iter().map(|it| it.member)).await?;
    let both = |of: fn(&Line) -> i64, line: &lines::Changed| {
        let amount = |line| Amount::from_units(of(line), coin);
        (amount(&line.was), amount(&line.is))
    };
    let mut told = Vec::with_capacity(changed.len());
    for line in changed {
        let code = codes.get(&line.member).cloned();
        told.push(OrderChange {
            order: String::from_utf8_lossy(&line.order).into_owned(),
            member: code.unwrap_or_else(|| paydirt_ledger::MemberId::new(line.member.to_string())),
            gross: both(|line| line.gross, line),
            fee: both(|line| line.fee, line),
            net: both(Line::net, line),
        });
    }
    told.sort_by(|a, b| (&a.order, &a.member).cmp(&(&b.order, &b.member)));
    Ok(told)
}

async fn members_told(
    session: &mut Session,
    effects: &BTreeMap<paydirt_books::MemberNumber, Effect>,
    coin: Coin,
) -> Result<Vec<MemberChange>, SettlementError> {
    let codes = session.codes_of(effects.keys().copied()).await?;
    let amount = |units| Amount::from_units(units, coin);
    let told = |(member, effect): (&paydirt_books::MemberNumber, &Effect)| {
        let code = codes.get(member).cloned();
        MemberChange {
            member: code.unwrap_or_else(|| paydirt_ledger::MemberId::new(member.to_string())),
            vesting: amount(effect.vesting),
            to_transfer: amount(effect.to_transfer),
            available: amount(effect.available),
            receivable: amount(effect.receivable),
        }
    };
    let mut told: Vec<MemberChange> = effects.iter().map(told).collect();
    told.sort_by(|a, b| a.member.cmp(&b.member));
    Ok(told)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
