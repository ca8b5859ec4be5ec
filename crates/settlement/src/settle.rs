//! One day of one stream.

use paydirt_books::{
    Carried, Computed, DayPower, Item, ItemKind, Job, LockedPool, NewSettlement, RunState, Session,
    Settlement, SettlementKind, SettlementNumber, StreamNumber, Vesting as KeptVestingRow,
};
use paydirt_earnings::{EarningsError, Rules, Vesting, Whole as WholeOf};
use paydirt_money::{Amount, BaseUnits};
use paydirt_schedule::{Day, Timestamp};

use crate::compute::{self, Input, compute};
use crate::release::{DueRelease, Released};
use crate::terms::{Due, PoolTerms, PowerFallback, StreamTerms, Whole};
use crate::{SettlementError, Source};

/// The name of this job in the books.
pub const JOB: &str = "settle";

/// What became of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is settled now, or, in a dry run, would be.
    Settled(Box<Summary>),
    /// It waits, for this reason.
    Waiting(String),
    /// It was settled before.
    Already,
}

/// A settled day in figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its settlement; one that is not there after a dry run.
    pub settlement: SettlementNumber,
    /// What came in, base units.
    pub items: BaseUnits,
    /// What was deducted, base units.
    pub deductions: BaseUnits,
    /// What was shared.
    pub income: Amount,
    /// What was deducted beyond what came in, base units: booked as a loss, or carried.
    pub loss: BaseUnits,
    /// What members earned.
    pub net: Amount,
    /// Service fees.
    pub fee: Amount,
    /// What the pool keeps.
    pub retained: Amount,
    /// The part of `net` that vests later.
    pub vesting: Amount,
    /// How many orders counted.
    pub orders: u64,
    /// How many members had a weight above 0.
    pub members: u64,
    /// Whether the weights were scaled down to the pool's power.
    pub scaled: bool,
    /// What vested on the same day, where that is released with it.
    pub released: Option<Released>,
}

/// Which day of which stream is settled, and who does it.
#[derive(Clone, Copy, Debug)]
pub struct DayOf<'a> {
    /// The pool.
    pub pool: &'a PoolTerms,
    /// The stream.
    pub stream: &'a StreamTerms,
    /// Its number in the books.
    pub number: StreamNumber,
    /// The day.
    pub day: Day,
    /// When it is settled.
    pub now: Timestamp,
    /// By whom.
    pub by: &'a str,
}

impl DayOf<'_> {
    /// How a job of this day went.
    pub(crate) async fn record(
        &self,
        session: &mut Session,
        locked: &LockedPool,
        job: &'static str,
        state: RunState,
        reason: Option<&str>,
    ) -> Result<(), SettlementError> {
        let job = Job {
            pool: locked.pool.number,
            stream: Some(self.number),
            job,
            day: self.day,
        };
        let (by, now) = (self.by, self.now);
        Ok(session.record_run(job, state, reason, by, now).await?)
    }
}

/// Settles one day of a stream in this session, which the caller commits, or not in a dry run; and
/// releases what vested on that day where that is next. Days come in order: any but the next waits.
///
/// # Errors
/// The books', and `Refused` for a day outside of the stream or not over yet.
pub async fn settle(
    session: &mut Session,
    locked: &mut LockedPool,
    of: &DayOf<'_>,
) -> Result<Outcome, SettlementError> {
    let last = session.last_settled(of.number).await?;
    if last.as_ref().is_some_and(|last| of.day <= last.day) {
        return Ok(Outcome::Already);
    }
    check_day(of)?;
    let last = last.as_ref();
    if let Some(reason) = comes_first(session, of, last).await? {
        return Ok(Outcome::Waiting(reason));
    }
    let prepared = match prepare(session, locked, of, last).await? {
        Ok(prepared) => prepared,
        Err(reason) => return Ok(Outcome::Waiting(reason)),
    };
    let (pool, default) = (locked.pool.number, of.pool.coefficient);
    let counting = session
        .counting(pool, &of.stream.name, of.day, default)
        .await?;
    let computed = match compute(&prepared.input, &counting) {
        Ok(computed) => computed,
        Err(SettlementError::Earnings(error @ EarningsError::Oversold { .. })) => {
            return Ok(Outcome::Waiting(error.to_string()));
        }
        Err(error) => return Err(error),
    };
    drop(counting);
    let (settlement, released) = post(session, locked, of, &prepared, &computed).await?;
    let summary = Summary {
        released,
        ..summary(settlement, &prepared, &computed)
    };
    Ok(Outcome::Settled(Box::new(summary)))
}

/// A day must be one of the stream's, and over.
fn check_day(of: &DayOf<'_>) -> Result<(), SettlementError> {
    let DayOf {
        pool,
        stream,
        day,
        now,
        ..
    } = *of;
    let first = pool.first_day_of(stream);
    if day < first || stream.until.is_some_and(|until| day > until) {
        let until = stream.until.map(|until| format!(" to {until}"));
        return Err(SettlementError::refused(
            format!("{day} is no day of stream {}", stream.name),
            format!("its days are from {first}{}", until.unwrap_or_default()),
        ));
    }
    let end = pool.zones().instants(day).end;
    if now < end {
        return Err(SettlementError::refused(
            format!("{day} is not over in pool {}: it ends at {end}", pool.id),
            "settle it then",
        ));
    }
    Ok(())
}

/// Why this day is not the next.
async fn comes_first(
    session: &mut Session,
    of: &DayOf<'_>,
    last: Option<&Settlement>,
) -> Result<Option<String>, SettlementError> {
    let next = next_day(session, of.pool, of.stream, of.number, last).await?;
    Ok(match next {
        Some(next) if next == of.day => None,
        Some(next) if next < of.day => Some(format!("{next} comes first")),
        _ => Some("no final income yet".to_owned()),
    })
}

/// The day of a stream that is settled next, over or not, after the `last` that is; `None` while
/// there is none.
///
/// # Errors
/// The books'.
pub async fn next_day(
    session: &mut Session,
    pool: &PoolTerms,
    stream: &StreamTerms,
    number: StreamNumber,
    last: Option<&Settlement>,
) -> Result<Option<Day>, SettlementError> {
    let first = match last {
        Some(last) => last.day.next()?,
        None => pool.first_day_of(stream),
    };
    let next = match stream.due {
        Due::Daily => Some(first),
        Due::WhenRecorded => session.first_day_with_items(number, first).await?,
    };
    Ok(next.filter(|next| stream.until.is_none_or(|until| *next <= until)))
}

/// What is needed for a day, once it is all there.
struct Prepared {
    items: Vec<Item>,
    power: Option<DayPower>,
    input: Input,
    begins_at: Timestamp,
    dates: Option<Vec<Day>>,
}

/// Gathers what a day is made of, or says what is missing.
async fn prepare(
    session: &mut Session,
    locked: &LockedPool,
    of: &DayOf<'_>,
    last: Option<&Settlement>,
) -> Result<Result<Prepared, String>, SettlementError> {
    let (stream, day) = (of.stream, of.day);
    let items = session.items_of_day(of.number, day).await?;
    let own = |item: &Item| item.item.kind == ItemKind::Income && item.item.earned_on == day;
    // Where each day has income, what is late or deducted says nothing of this day's.
    let is_known = match stream.due {
        Due::Daily => items.iter().any(own),
        Due::WhenRecorded => !items.is_empty(),
    };
    // A day that its zone skips has no income to wait for.
    let is_empty = of.pool.zones().instants(day).is_empty();
    if !is_empty && !is_known {
        let cure = match stream.source {
            Source::Entry => "record it, or 0, with `paydirt income record`",
            Source::Chain => "observe it with `paydirt income observe`, or record it",
        };
        return Ok(Err(format!("no final income yet: {cure}")));
    }
    let power = match power(session, locked, of).await? {
        Ok(power) => power,
        Err(reason) => return Ok(Err(reason)),
    };
    let begins_at = match last {
        Some(last) if last.day.next()? == day => last.computed.ends_at,
        _ => of.pool.zones().instants(day).start,
    };
    let vesting = match &stream.vesting {
        None => Vesting::AT_ONCE,
        Some(terms) => terms.on(day)?,
    };
    let dated = stream
        .vesting
        .as_ref()
        .filter(|terms| terms.linear_days.is_none());
    let carried = session.carried(of.number, day, None).await?;
    let input = input(of.pool, &items, carried, power.as_ref(), vesting)?;
    Ok(Ok(Prepared {
        items,
        power,
        input,
        begins_at,
        dates: dated.map(|terms| terms.dates_after(day)),
    }))
}

/// The pool's power where that is the whole, or why it is not known.
async fn power(
    session: &mut Session,
    locked: &LockedPool,
    of: &DayOf<'_>,
) -> Result<Result<Option<DayPower>, String>, SettlementError> {
    let Whole::Pool(basis) = of.pool.whole else {
        return Ok(Ok(None));
    };
    let pool = locked.pool.number;
    let mut known = session.power(pool, of.day, basis).await?;
    if known.is_none() && of.pool.power_fallback == PowerFallback::Previous {
        known = session.power_before(pool, of.day, basis).await?;
    }
    let unknown = || {
        format!(
            "the pool's {} power at the end of that day is not known: record it with \
             `paydirt pools power`",
            basis.name()
        )
    };
    Ok(known.map(Some).ok_or_else(unknown))
}

fn input(
    pool: &PoolTerms,
    items: &[Item],
    carried: Carried,
    power: Option<&DayPower>,
    vesting: Vesting,
) -> Result<Input, SettlementError> {
    let sum = |kind| {
        let of_kind = items.iter().filter(|item| item.item.kind == kind);
        of_kind
            .map(|item| item.item.amount.get())
            .try_fold(0_u128, u128::checked_add)
    };
    let too_much = || {
        SettlementError::refused(
            "the sum of the day's items is beyond 128 bits of base units",
            "correct them",
        )
    };
    Ok(Input {
        rules: Rules::CURRENT,
        coin: pool.coin,
        items: sum(ItemKind::Income).ok_or_else(too_much)?,
        deductions: sum(ItemKind::Deduction).ok_or_else(too_much)?,
        carried_in: carried.remainder.get(),
        loss_in: carried.loss.get(),
        losses: pool.losses,
        whole: power.map_or(WholeOf::Sold, |power| WholeOf::Pool(power.power)),
        oversold: pool.oversold,
        vesting,
    })
}

fn summary(settlement: SettlementNumber, prepared: &Prepared, computed: &compute::Day) -> Summary {
    let shared = &computed.shared;
    let vesting = shared.net.units().saturating_sub(computed.immediate);
    Summary {
        settlement,
        items: BaseUnits::new(prepared.input.items),
        deductions: BaseUnits::new(prepared.input.deductions),
        income: computed.money.income,
        loss: BaseUnits::new(computed.money.loss.max(computed.money.loss_out)),
        net: shared.net,
        fee: shared.fee,
        retained: shared.retained,
        vesting: Amount::from_units(vesting, prepared.input.coin),
        orders: u64::try_from(computed.lines.len()).unwrap_or(u64::MAX),
        members: computed.members,
        scaled: shared.scaled,
        released: None,
    }
}

async fn post(
    session: &mut Session,
    locked: &mut LockedPool,
    of: &DayOf<'_>,
    prepared: &Prepared,
    computed: &compute::Day,
) -> Result<(SettlementNumber, Option<Released>), SettlementError> {
    let input = &prepared.input;
    check_not_moved(session, locked, computed).await?;
    let entries = computed.entries(input, of.stream.credit, of.number)?;
    let record = record(of, prepared, computed)?;
    let new = NewSettlement {
        stream: of.number,
        day: of.day,
        computed: record,
        items: &prepared.items,
        lines: &computed.lines,
        credits: &computed.credits,
        to: of.stream.credit.to(),
        entries: &entries,
        at: of.now,
        by: of.by,
        cause: format!("{} {}", of.stream.name, of.day),
    };
    let (number, released) = match session.next_release(of.number).await? {
        Some(next) if next == of.day => {
            let due = DueRelease::compute(session, of).await?;
            let (number, amount) = session.post_day(locked, &new, &due.to_post(of)).await?;
            (number, Some(due.keep(session, locked, of, amount).await?))
        }
        _ => (session.post_settlement(locked, &new).await?, None),
    };
    let total = computed
        .shared
        .net
        .units()
        .saturating_sub(computed.immediate);
    if total > 0 {
        let vesting = KeptVestingRow {
            settlement: number,
            day: of.day,
            steps: input.vesting.steps(),
            steps_done: 0,
            dates: prepared.dates.clone(),
        };
        let chunks = computed.vesting_chunks(&input.vesting)?;
        session
            .add_vesting(of.number, &vesting, total, &chunks)
            .await?;
    }
    of.record(session, locked, JOB, RunState::Done, None)
        .await?;
    Ok((number, released))
}

/// What vests of a version whose unvested parts were given away would be released to another member
/// than it is credited to.
async fn check_not_moved(
    session: &mut Session,
    locked: &LockedPool,
    computed: &compute::Day,
) -> Result<(), SettlementError> {
    if computed.shared.net.units() == computed.immediate {
        return Ok(());
    }
    let moved = session.moved_versions(locked.pool.number).await?;
    let earns = computed
        .lines
        .iter()
        .find(|line| moved.contains(&line.version));
    match earns {
        None => Ok(()),
        Some(line) => Err(SettlementError::refused(
            format!(
                "unvested parts of order version {} were given to another member, and this day \
                 would vest for the one before",
                line.version
            ),
            "settle this day before the stream gets its `vesting`, or without",
        )),
    }
}

/// What the settlement keeps.
fn record(
    of: &DayOf<'_>,
    prepared: &Prepared,
    computed: &compute::Day,
) -> Result<Computed, SettlementError> {
    let (input, shared) = (&prepared.input, &computed.shared);
    let vests = of
        .stream
        .vesting
        .is_some()
        .then(|| (&input.vesting, prepared.dates.clone()));
    let terms = of.pool.kept(of.stream, vests);
    let terms = serde_json::to_string(&terms).map_err(|error| {
        SettlementError::refused(format!("the terms can't be kept: {error}"), "report this")
    })?;
    Ok(Computed {
        kind: SettlementKind::Day,
        begins_at: prepared.begins_at,
        ends_at: of
            .pool
            .zones()
            .instants_from(prepared.begins_at, of.day)
            .end,
        zone: of.pool.zones().zone_on(of.day).to_string(),
        rule: input.rules.version(),
        terms,
        items: BaseUnits::new(input.items),
        deductions: BaseUnits::new(input.deductions),
        carried_in: BaseUnits::new(input.carried_in),
        carried_out: BaseUnits::new(computed.money.carried_out),
        loss_in: BaseUnits::new(input.loss_in),
        loss_out: BaseUnits::new(computed.money.loss_out),
        loss: BaseUnits::new(computed.money.loss),
        income: computed.money.income.units(),
        net: shared.net.units(),
        fee: shared.fee.units(),
        retained: shared.retained.units(),
        immediate: computed.immediate,
        pool_power: prepared
            .power
            .as_ref()
            .map(|power| (power.power, power.day)),
        sold: shared.sold,
        whole: shared.whole,
        members: computed.members,
        reason: None,
    })
}
