//! A member's statement: what it had, every change with its reason, what it has.

mod earned;
mod words;

use std::collections::BTreeMap;

use paydirt_books::{
    Account, Balance, Changed, MemberChange, MemberHistory, Settlement, SettlementNumber,
    StreamNumber, WithdrawnRow,
};
use paydirt_earnings::Vesting;
use paydirt_money::{Amount, Coefficient, Coin};
use paydirt_schedule::Day;

use crate::error::same;
use crate::{Cell, Column, Document, Fact, Kind, ReportError, Rows, Table};

/// How a settlement came to its lines.
#[derive(Clone, Debug)]
pub struct Source {
    /// The settlement.
    pub settlement: Settlement,
    /// The coefficient of orders that have none, nor their import.
    pub coefficient: Coefficient,
    /// How its lines vest.
    pub vesting: Vesting,
}

/// What a statement is made of.
#[derive(Debug)]
pub struct Statement<'s> {
    /// The pool.
    pub pool: &'s str,
    /// Its coin.
    pub coin: Coin,
    /// The member's code.
    pub member: &'s str,
    /// Its name.
    pub name: Option<&'s str>,
    /// The first and the last day.
    pub days: (Day, Day),
    /// What changed its accounts.
    pub history: &'s MemberHistory,
    /// The settlements of what was earned, by number.
    pub sources: &'s BTreeMap<SettlementNumber, Source>,
    /// Names of the streams.
    pub streams: &'s [(StreamNumber, String)],
    /// What it asked for.
    pub withdrawn: &'s [WithdrawnRow],
}

/// The buckets of a balance, as a statement has them.
pub(crate) const BUCKETS: [(Account, &str, &str); 7] = [
    (Account::Available, "available", "Available"),
    (Account::Frozen, "frozen", "Frozen"),
    (Account::Vesting, "vesting", "Vesting"),
    (Account::ToTransfer, "to_transfer", "To be transferred"),
    (Account::InFlight, "in_flight", "In flight"),
    (Account::Paid, "paid", "Paid"),
    (Account::Receivable, "receivable", "Owed by the member"),
];

/// What each bucket is.
pub(crate) const ABOUT: [&str; 7] = [
    "What may be withdrawn, or is paid above the threshold.",
    "Asked for and not on its way, or come back.",
    "Earned, and released later.",
    "Collected by a stream until it is transferred.",
    "In payments that are not final.",
    "Paid, from the beginning on.",
    "What the member owes the pool: later credits go there first.",
];

/// A balance in the order of [`BUCKETS`].
pub(crate) const fn figures(balance: &Balance) -> [i64; 7] {
    [
        balance.available,
        balance.frozen,
        balance.vesting,
        balance.to_transfer,
        balance.in_flight,
        balance.paid,
        balance.receivable,
    ]
}

impl Statement<'_> {
    pub(crate) fn stream(&self, number: StreamNumber) -> String {
        let found = self.streams.iter().find(|(other, _)| *other == number);
        found.map_or_else(|| number.to_string(), |(_, name)| name.clone())
    }

    fn source(&self, settlement: SettlementNumber) -> Option<&Source> {
        self.sources.get(&settlement)
    }

    fn shown(&self, units: i64) -> String {
        Amount::from_units(units, self.coin).to_string()
    }
}

/// A change in the order of [`BUCKETS`], as the balance's figures change.
fn moved(change: &MemberChange) -> Result<[i64; 7], ReportError> {
    let mut moved = [0_i64; 7];
    for (account, _, amount) in &change.amounts {
        let place = BUCKETS.iter().position(|(bucket, _, _)| bucket == account);
        let amount = match account {
            Account::Receivable => amount.saturating_neg(),
            _ => *amount,
        };
        if let Some(figure) = place.and_then(|place| moved.get_mut(place)) {
            *figure = added(*figure, amount)?;
        }
    }
    Ok(moved)
}

fn added(sum: i64, amount: i64) -> Result<i64, ReportError> {
    let sum = sum.checked_add(amount);
    sum.ok_or_else(|| ReportError::DoesNotAddUp {
        what: "a sum of the statement".into(),
        left: "more than 64 bits".into(),
        right: amount.to_string(),
    })
}

/// A member's statement.
///
/// # Errors
/// `DoesNotAddUp` when opening balances and changes don't come to closing balances, or all changes
/// ever to what the books keep.
pub fn document(of: &Statement<'_>) -> Result<Document, ReportError> {
    let history = of.history;
    let kept = |what: &str, left: i64, right: i64| {
        let what = || format!("member {}, {what}", of.member);
        same(what, left, right, |units| of.shown(units))
    };
    let (computed, kept_now) = (figures(&history.computed), figures(&history.kept));
    let all = BUCKETS.iter().zip(computed.iter().zip(kept_now));
    for ((_, name, _), (computed, kept_now)) in all {
        kept(
            &format!("all changes of {name}, and what the books keep"),
            *computed,
            kept_now,
        )?;
    }
    let opening = figures(&history.opening);
    let (mut after, mut sums) = (opening, [0_i64; 7]);
    let mut rows = Vec::with_capacity(history.changes.len());
    for change in &history.changes {
        let moved = moved(change)?;
        for ((after, sum), amount) in after.iter_mut().zip(&mut sums).zip(moved) {
            *after = added(*after, amount)?;
            *sum = added(*sum, amount)?;
        }
        rows.push(words::row(of, change, &moved));
    }
    let closing = figures(&history.closing);
    for ((_, name, _), (after, closing)) in BUCKETS.iter().zip(after.iter().zip(closing)) {
        kept(
            &format!("{name}: opening and changes, and closing"),
            *after,
            closing,
        )?;
    }
    let (from, to) = of.days;
    Ok(Document {
        title: format!("Statement of member {} in pool {}", of.member, of.pool),
        coin: of.coin,
        facts: vec![
            Fact::new("member", "Member", Cell::Id(of.member.to_owned())),
            Fact::new("name", "Name", Cell::text(of.name)),
            Fact::new("pool", "Pool", of.pool),
            Fact::new("coin", "Coin", of.coin.symbol()),
            Fact::new("from", "From", from),
            Fact::new("to", "To", to),
        ],
        notes: vec![
            "Opening balances, plus every change below, are the closing balances: checked when \
             this was made."
                .to_owned(),
        ],
        charts: Vec::new(),
        tables: tables(of, [opening, sums, closing], rows),
        main: "changes",
    })
}

fn tables(of: &Statement<'_>, balances: [[i64; 7]; 3], rows: Vec<Vec<Cell>>) -> Vec<Table> {
    let changes = changes(balances[1], rows);
    let mut tables = vec![standing(balances), earned::table(of), changes];
    if !of.withdrawn.is_empty() {
        tables.push(crate::month::withdrawals(of.withdrawn));
    }
    tables
}

/// Balances before and after, by bucket.
fn standing([opening, sums, closing]: [[i64; 7]; 3]) -> Table {
    let columns = vec![
        Column::new("bucket", "Bucket", Kind::Text, "Where the money stands.").narrow(),
        Column::new("opening", "Opening", Kind::Amount, "Before the first day.").narrow(),
        Column::new(
            "change",
            "Change",
            Kind::Amount,
            "The sum of all changes below.",
        )
        .narrow(),
        Column::new(
            "closing",
            "Closing",
            Kind::Amount,
            "At the end of the last day.",
        )
        .narrow(),
        Column::new("about", "What it is", Kind::Words, "What the bucket holds.").on_page(),
    ];
    let figures = opening.iter().zip(sums).zip(closing);
    let rows = BUCKETS.iter().zip(figures).zip(ABOUT);
    let rows = rows.map(|(((_, key, _), ((opening, sum), closing)), about)| {
        let amounts = [*opening, sum, closing].map(Cell::Amount);
        let [opening, sum, closing] = amounts;
        vec![(*key).into(), opening, sum, closing, about.into()]
    });
    Table {
        key: "balances",
        title: "Balances",
        about: "What the member had before, and has after.",
        columns,
        rows: Rows::kept(rows.collect()),
        totals: None,
        in_json: true,
    }
}

/// Every change, in the order of the books.
fn changes(sums: [i64; 7], rows: Vec<Vec<Cell>>) -> Table {
    let mut columns = vec![
        Column::new("day", "Day", Kind::Text, "The accounting day.").narrow(),
        Column::new(
            "posting",
            "Posting",
            Kind::Number,
            "The posting's place in the books.",
        ),
        Column::new(
            "what",
            "What",
            Kind::Text,
            "earned, released, transferred, opened (from before these books), or the posting's \
             kind.",
        )
        .narrow(),
        Column::new("stream", "Stream", Kind::Text, "The stream of income.").narrow(),
        Column::new("order", "Order", Kind::Text, "The order that earned it.").narrow(),
        Column::new(
            "earned_on",
            "Earned on",
            Kind::Text,
            "The day on which it was earned.",
        )
        .narrow(),
    ];
    for ((_, key, title), about) in BUCKETS.iter().zip(ABOUT) {
        let column = Column::new(key, title, Kind::Amount, about);
        // What changes most; the others are in each other format.
        let is_narrow = matches!(*key, "available" | "vesting" | "paid");
        columns.push(if is_narrow {
            column.narrow()
        } else {
            column.on_page()
        });
    }
    columns.push(
        Column::new(
            "tx",
            "Transaction",
            Kind::Text,
            "What paid it on the chain.",
        )
        .on_page(),
    );
    columns.push(Column::new("how", "How", Kind::Words, "What happened, in words.").on_page());
    let mut totals = vec![Cell::Nothing; 6];
    totals.extend(sums.map(Cell::Amount));
    totals.extend([Cell::Nothing, Cell::Nothing]);
    Table {
        key: "changes",
        title: "Changes",
        about: "Every change of each bucket; what leaves one stands below 0.",
        columns,
        rows: Rows::kept(rows),
        totals: Some(totals),
        in_json: true,
    }
}

/// What a change is called.
fn named(change: &Changed) -> &str {
    match change {
        Changed::Earned(_) => "earned",
        Changed::Opened { .. } => "opened",
        Changed::Released(_) => "released",
        Changed::Transferred { .. } => "transferred",
        Changed::Posted { kind, .. } => kind,
    }
}
