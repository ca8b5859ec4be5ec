//! A pool's days, stream by stream.

use std::collections::BTreeMap;

use paydirt_books::DailyStatistic;
use paydirt_money::{BaseUnits, Coin, PoolPower};
use paydirt_schedule::Day;

use crate::chart::{Chart, Series};
use crate::{Cell, Column, Document, Fact, Kind, Rows, Table};

/// Which figures of a corrected day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// As it was settled first; a correction is a row of the day on which it was booked.
    #[default]
    Booked,
    /// As its newest correction has it.
    Restated,
}

impl View {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Restated => "restated",
        }
    }
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// A settled day.
    Settled,
    /// A correction of an earlier day: differences.
    Correction,
    /// A day whose turn has come, and that waits.
    Waiting,
}

impl Status {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Correction => "correction",
            Self::Waiting => "waiting",
        }
    }
}

/// A stream's day.
#[derive(Clone, Debug)]
pub struct DailyRow {
    /// The stream.
    pub stream: String,
    /// The day.
    pub day: Day,
    /// What the row is.
    pub status: Status,
    /// What it came to; `None`: it waits.
    pub figures: Option<DailyStatistic>,
    /// A loss that the pool bore, base units.
    pub loss: BaseUnits,
    /// A loss that the next days' income makes good, base units.
    pub loss_carried: BaseUnits,
}

/// What a report of days is asked for, and its rows by day and stream.
#[derive(Clone, Debug)]
pub struct Daily {
    /// The pool.
    pub pool: String,
    /// Its coin.
    pub coin: Coin,
    /// Which figures of a corrected day.
    pub view: View,
    /// The rows.
    pub rows: Vec<DailyRow>,
}

const fn of(key: &'static str, title: &'static str, kind: Kind, about: &'static str) -> Column {
    Column::new(key, title, kind, about)
}

/// The columns of a stream's day.
#[must_use]
pub fn columns() -> Vec<Column> {
    use Kind::{Amount, Number, Text};
    vec![
        of("pool", "Pool", Text, "The pool."),
        of("stream", "Stream", Text, "The stream of income.").narrow(),
        of("day", "Day", Text, "The day in the pool's time zone.").narrow(),
        of("coin", "Coin", Text, "The coin of all amounts."),
        of(
            "income",
            "Income",
            Amount,
            "What was shared: all that came in for the day, less deductions, with less than a unit \
             carried from the day before.",
        )
        .narrow(),
        of(
            "deductions",
            "Deductions",
            Amount,
            "Penalties, faults and gas that were taken off before sharing.",
        )
        .narrow(),
        of(
            "pool_power_bytes",
            "Pool's power (bytes)",
            Number,
            "The power that was the whole of the split, else the pool's raw power; at the day's \
             end.",
        ),
        of(
            "sold_power_bytes",
            "Sold power (bytes)",
            Number,
            "The power of all orders that counted, each times its coefficient.",
        ),
        of(
            "members",
            "Members",
            Number,
            "Members with an order that counted.",
        )
        .narrow(),
        of(
            "net",
            "Net",
            Amount,
            "What members earned, after the service fee.",
        )
        .narrow(),
        of("fees", "Fees", Amount, "The service fee.").narrow(),
        of(
            "retained",
            "Retained",
            Amount,
            "What nobody's power reached: it stays with the pool. Net + fees + retained = income.",
        )
        .narrow(),
        of(
            "vested",
            "Vested",
            Amount,
            "What was released on the day, of earlier days' earnings.",
        )
        .narrow(),
        of(
            "paid",
            "Paid (pool)",
            Amount,
            "What payments of the whole pool that became final on the day paid; the same for all \
             its streams: don't add it up.",
        ),
        of(
            "network_fees",
            "Network fees (pool)",
            Amount,
            "The network fees of these payments; of the whole pool, too.",
        ),
        of(
            "in_flight",
            "In flight (pool)",
            Amount,
            "What was in payments that were not final at the day's end; of the whole pool, too.",
        ),
        of(
            "owed",
            "Owed (pool)",
            Amount,
            "What members could claim at the day's end: all that is theirs and not paid, less what \
             they owe; of the whole pool, too.",
        ),
        of(
            "settlement",
            "Settlement",
            Number,
            "The number of the settlement in the books.",
        ),
        of(
            "status",
            "Status",
            Text,
            "settled; waiting: its turn has come, and something is missing; correction: the \
             difference that a correction made, on the day on which it was booked.",
        )
        .narrow(),
        of(
            "raw_power_bytes",
            "Raw power (bytes)",
            Number,
            "The pool's raw power.",
        ),
        of(
            "quality_adjusted_power_bytes",
            "Quality-adjusted power (bytes)",
            Number,
            "The pool's quality-adjusted power.",
        ),
        of(
            "income_per_pool_tib",
            "Income per pool TiB",
            Amount,
            "Income by the pool's power in TiB (1024^4 bytes), rounded down.",
        )
        .on_page(),
        of(
            "income_per_sold_tib",
            "Income per sold TiB",
            Amount,
            "Income by the sold power in TiB, rounded down.",
        )
        .on_page(),
        of(
            "mean_7",
            "Mean of 7 days",
            Amount,
            "The mean income of the 7 settled days before; none while there are fewer.",
        )
        .on_page(),
        of(
            "deviation",
            "Deviation",
            Number,
            "How far the income is off that mean, as a part of it: 0.05 is 5 % more.",
        )
        .narrow(),
        of(
            "total_income",
            "Income so far",
            Amount,
            "The stream's income up to and with the day.",
        )
        .on_page(),
        of(
            "total_net",
            "Net so far",
            Amount,
            "What its members earned up to and with the day.",
        ),
        of(
            "total_paid",
            "Paid so far (pool)",
            Amount,
            "What the whole pool paid up to and with the day, from before these books, too.",
        ),
        of(
            "loss",
            "Loss",
            Amount,
            "By how much deductions were more than the income, where the pool bore it.",
        )
        .on_page(),
        of(
            "loss_carried",
            "Loss carried",
            Amount,
            "The same, where the income of the next days makes it good.",
        )
        .on_page(),
    ]
}

fn cells(of: &Daily, row: &DailyRow) -> Vec<Cell> {
    let it = row.figures.as_ref();
    // A correction has differences of the split, and nothing else of its day.
    let whole = it.filter(|_| row.status != Status::Correction);
    let units = |get: fn(&DailyStatistic) -> i64| Cell::amount(it.map(get));
    let of_day = |get: fn(&DailyStatistic) -> i64| Cell::amount(whole.map(get));
    let maybe = |get: fn(&DailyStatistic) -> Option<i64>| Cell::amount(it.and_then(get));
    let bytes = |power: Option<PoolPower>| match power {
        Some(power) => Cell::Bytes(power.bytes()),
        None => Cell::Nothing,
    };
    let base = |units: BaseUnits| whole.map_or(Cell::Nothing, |_| Cell::Base(units));
    vec![
        of.pool.as_str().into(),
        row.stream.as_str().into(),
        row.day.into(),
        of.coin.symbol().into(),
        units(|it| it.income),
        units(|it| it.deductions),
        bytes(it.and_then(|it| it.pool_power.or(it.raw_power))),
        whole.map_or(Cell::Nothing, |it| Cell::Bytes(it.sold_power)),
        whole.map(|it| it.members).into(),
        units(|it| it.net),
        units(|it| it.fees),
        units(|it| it.retained),
        of_day(|it| it.vested),
        of_day(|it| it.paid),
        whole.map_or(Cell::Nothing, |it| Cell::Base(it.network_fees)),
        of_day(|it| it.in_flight),
        of_day(|it| it.owed),
        it.map(|it| it.settlement.get().unsigned_abs()).into(),
        row.status.name().into(),
        bytes(it.and_then(|it| it.raw_power)),
        bytes(it.and_then(|it| it.adjusted_power)),
        maybe(|it| it.per_pool_tib),
        maybe(|it| it.per_sold_tib),
        maybe(|it| it.mean_7),
        it.and_then(|it| it.deviation_ppm)
            .map_or(Cell::Nothing, Cell::Millionths),
        of_day(|it| it.total_income),
        of_day(|it| it.total_net),
        of_day(|it| it.total_paid),
        base(row.loss),
        base(row.loss_carried),
    ]
}

/// The figures of a pool's day that are not of one stream: those that were computed last.
fn of_pool(daily: &Daily) -> BTreeMap<Day, &DailyStatistic> {
    let mut days: BTreeMap<Day, &DailyStatistic> = BTreeMap::new();
    let settled = daily
        .rows
        .iter()
        .filter(|row| row.status == Status::Settled);
    for it in settled.filter_map(|row| row.figures.as_ref()) {
        let known = days.entry(it.day).or_insert(it);
        if it.computed_at > known.computed_at {
            *known = it;
        }
    }
    days
}

fn pool_table(daily: &Daily) -> Table {
    use Kind::{Amount, Text};
    let columns =
        vec![
        of("day", "Day", Text, "The day in the pool's time zone.").narrow(),
        of("paid", "Paid", Amount, "What payments that became final on the day paid.").narrow(),
        of("network_fees", "Network fees", Amount, "The network fees of these payments.").narrow(),
        of("in_flight", "In flight", Amount,
            "What was in payments that were not final at the day's end.").narrow(),
        of("owed", "Owed", Amount,
            "What members could claim at the day's end: all that is theirs and not paid, less what \
             they owe.").narrow(),
        of("total_paid", "Paid so far", Amount,
            "What the pool paid up to and with the day, from before these books, too.").narrow(),
    ];
    let row = |(day, it): (&Day, &&DailyStatistic)| {
        vec![
            Cell::Day(*day),
            Cell::Amount(it.paid),
            Cell::Base(it.network_fees),
            Cell::Amount(it.in_flight),
            Cell::Amount(it.owed),
            Cell::Amount(it.total_paid),
        ]
    };
    Table {
        key: "pool_days",
        title: "The whole pool by day",
        about: "Paid, in flight and owed are of the pool, not of a stream.",
        columns,
        rows: Rows::kept(of_pool(daily).iter().map(row).collect()),
        totals: None,
        in_json: false,
    }
}

/// The stream table of days, as this and the month's report have it.
#[must_use]
pub fn table(daily: &Daily, key: &'static str) -> Table {
    let rows = daily.rows.iter().map(|row| cells(daily, row));
    Table {
        key,
        title: "Streams by day",
        about: "One row a stream and day.",
        columns: columns(),
        rows: Rows::kept(rows.collect()),
        totals: None,
        in_json: true,
    }
}

/// A report of a pool's days.
#[must_use]
pub fn document(daily: &Daily) -> Document {
    let days = daily.rows.iter().map(|row| row.day);
    let (first, last) = (days.clone().min(), days.max());
    let fact = |title, value| Fact {
        key: None,
        title,
        value,
    };
    Document {
        title: format!("Pool {}: daily report", daily.pool),
        coin: daily.coin,
        facts: vec![
            fact("From", first.into()),
            fact("To", last.into()),
            fact("Corrected days", daily.view.name().into()),
        ],
        notes: vec![match daily.view {
            View::Booked => {
                "Days are as they were settled first; what a correction changed is a row \
                 of the day on which it was booked."
                    .to_owned()
            }
            View::Restated => "Days are as their newest corrections have them.".to_owned(),
        }],
        charts: charts(daily),
        tables: vec![table(daily, "rows"), pool_table(daily)],
        main: "rows",
    }
}

/// The charts of a pool's days.
#[must_use]
pub fn charts(daily: &Daily) -> Vec<Chart> {
    let mut streams: BTreeMap<&str, Vec<&DailyStatistic>> = BTreeMap::new();
    let settled = daily
        .rows
        .iter()
        .filter(|row| row.status == Status::Settled);
    for row in settled {
        let of_stream = streams.entry(&row.stream).or_default();
        of_stream.extend(&row.figures);
    }
    streams.retain(|_, days| !days.is_empty());
    let mut charts = Vec::new();
    for (stream, days) in &streams {
        let series = |name: &str, get: fn(&DailyStatistic) -> Option<i64>| Series {
            name: name.to_owned(),
            values: days.iter().map(|it| get(it)).collect(),
        };
        let all: Vec<Day> = days.iter().map(|it| it.day).collect();
        charts.push(Chart {
            title: format!("Income of {stream} by day ({})", daily.coin),
            days: all.clone(),
            bars: Some(series("income", |it| Some(it.income))),
            lines: vec![series("mean of the 7 days before", |it| it.mean_7)],
        });
        // Each in its scale: a pool may have sold a hundredth of its power.
        let per_tib = [
            series("per TiB of the pool", |it| it.per_pool_tib),
            series("per sold TiB", |it| it.per_sold_tib),
        ];
        charts.extend(per_tib.map(|series| Chart {
            title: format!("Income of {stream} {} ({})", series.name, daily.coin),
            days: all.clone(),
            bars: None,
            lines: vec![series],
        }));
    }
    let pool = of_pool(daily);
    if pool.is_empty() {
        return charts;
    }
    let of_pool = |title: &str, name: &str, get: fn(&DailyStatistic) -> i64, bars: bool| {
        let series = Series {
            name: name.to_owned(),
            values: pool.values().map(|it| Some(get(it))).collect(),
        };
        let (bars, lines) = match bars {
            true => (Some(series), Vec::new()),
            false => (None, vec![series]),
        };
        Chart {
            title: format!("{title} ({})", daily.coin),
            days: pool.keys().copied().collect(),
            bars,
            lines,
        }
    };
    charts.push(of_pool("Paid out by day", "paid", |it| it.paid, true));
    charts.push(of_pool(
        "Owed to members at the day's end",
        "owed",
        |it| it.owed,
        false,
    ));
    charts
}
