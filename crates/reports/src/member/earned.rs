//! What a member's orders earned, line by line, and how that was computed.

use paydirt_books::{Changed, CoefficientFrom, EarnedOf};
use paydirt_earnings::Claim;
use paydirt_money::{Coefficient, share_of};

use super::{Source, Statement};
use crate::{Cell, Column, Kind, Rows, Table};

/// A line with the settlement that it is of.
struct Explained<'e> {
    source: &'e Source,
    claim: Claim,
    /// Floor of the exact share, ledger units.
    floor: Option<i64>,
}

fn explained<'e>(of: &'e Statement<'_>, it: &EarnedOf) -> Option<Explained<'e>> {
    let source = of.source(it.settlement)?;
    let own = it.coefficient.as_ref().map(|(coefficient, _)| *coefficient);
    let claim = Claim {
        power: it.power,
        coefficient: own.unwrap_or(source.coefficient),
        fee_rate: it.fee_rate,
    };
    let computed = &source.settlement.computed;
    let income = u128::try_from(computed.income).ok()?;
    let floor = share_of(income, claim.weight(), computed.whole);
    let floor = floor.and_then(|floor| i64::try_from(floor).ok());
    Some(Explained {
        source,
        claim,
        floor,
    })
}

/// Where the coefficient comes from.
fn coefficient_from(it: &EarnedOf, source: &Source) -> String {
    match &it.coefficient {
        Some((_, CoefficientFrom::Row)) => "the order's row".into(),
        Some((_, CoefficientFrom::Import(file))) => format!("import of {file}"),
        None if source.coefficient == Coefficient::ONE => "1: nothing else is said".into(),
        None => "the pool's default".into(),
    }
}

const fn of(key: &'static str, title: &'static str, kind: Kind, about: &'static str) -> Column {
    Column::new(key, title, kind, about)
}

fn columns() -> Vec<Column> {
    use Kind::{Amount, Number, Text, Words};
    vec![
        of("day", "Day", Text, "The day that was shared.").narrow(),
        of("stream", "Stream", Text, "The stream of income.").narrow(),
        of("order", "Order", Text, "The order.").narrow(),
        of(
            "income",
            "Income of the day",
            Amount,
            "What was shared among all orders.",
        )
        .on_page(),
        of(
            "power_bytes",
            "Power (bytes)",
            Number,
            "What the order held.",
        ),
        of(
            "coefficient",
            "Coefficient",
            Number,
            "What its power counts by.",
        ),
        of(
            "coefficient_from",
            "From",
            Text,
            "Where the coefficient comes from: the order's row, the import of its file, the \
             pool's default, or 1.",
        ),
        of(
            "whole_bytes",
            "Whole (bytes)",
            Number,
            "What the power was divided by: the pool's power, or all that was sold.",
        ),
        of(
            "ratio",
            "Ratio by power",
            Number,
            "Power times coefficient by the whole.",
        )
        .narrow(),
        of(
            "net_ratio",
            "Ratio with fee",
            Number,
            "That ratio times one less the fee rate.",
        ),
        of(
            "gross",
            "Gross",
            Amount,
            "Income times the ratio, before the service fee.",
        )
        .narrow(),
        of(
            "rounding",
            "Rounding",
            Amount,
            "The unit that the order got since its remainder was among the largest, or 0.",
        )
        .on_page(),
        of(
            "fee_rate",
            "Fee rate",
            Number,
            "The pool's part of the gross amount.",
        ),
        of(
            "fee",
            "Fee",
            Amount,
            "Gross times the fee rate, rounded down.",
        )
        .narrow(),
        of(
            "net",
            "Net",
            Amount,
            "Gross less fee: what the member earned.",
        )
        .narrow(),
        of(
            "vested_now",
            "At once",
            Amount,
            "What of it was free at once.",
        )
        .on_page(),
        of(
            "vesting",
            "Vests later",
            Amount,
            "What of it is released in steps.",
        )
        .on_page(),
        of(
            "steps",
            "Steps",
            Number,
            "In how many steps; 0: all at once.",
        ),
        of(
            "settlement",
            "Settlement",
            Number,
            "The number of the settlement in the books.",
        ),
        of("how", "How this was computed", Words, "The line in words.").on_page(),
    ]
}

pub(super) fn table(statement: &Statement<'_>) -> Table {
    let changes = statement.history.changes.iter();
    let earned = changes.filter_map(|change| match &change.what {
        Changed::Earned(it) => Some(it.as_ref()),
        _ => None,
    });
    let rows = earned.map(|it| row(statement, it)).collect();
    Table {
        key: "earned",
        title: "What was earned, and how it was computed",
        about: "One row an order and day. Gross is the exact share rounded down; units that are \
                missing to the sum go one each to the largest remainders.",
        columns: columns(),
        rows: Rows::kept(rows),
        totals: None,
        in_json: true,
    }
}

fn row(statement: &Statement<'_>, it: &EarnedOf) -> Vec<Cell> {
    let explained = explained(statement, it);
    let known = explained.as_ref();
    let whole = known.map(|known| known.source.settlement.computed.whole);
    let ratio = |ratio: Option<paydirt_earnings::Ratio>| ratio.map_or(Cell::Nothing, Cell::Ratio);
    let net = it.gross.saturating_sub(it.fee);
    let rounding = known.and_then(|known| known.floor);
    vec![
        it.earned_on.into(),
        statement.stream(it.stream).into(),
        Cell::Id(it.order.clone()),
        Cell::amount(known.map(|known| known.source.settlement.computed.income)),
        Cell::Bytes(it.power.bytes().into()),
        known.map_or(Cell::Nothing, |known| {
            Cell::Decimal(known.claim.coefficient.to_string())
        }),
        known.map(|known| coefficient_from(it, known.source)).into(),
        whole.map_or(Cell::Nothing, |whole| Cell::Decimal(bytes(whole))),
        ratio(whole.and_then(|whole| known?.claim.ratio(whole))),
        ratio(whole.and_then(|whole| known?.claim.net_ratio(whole))),
        Cell::Amount(it.gross),
        Cell::amount(rounding.map(|floor| it.gross.saturating_sub(floor))),
        Cell::Decimal(it.fee_rate.to_string()),
        Cell::Amount(it.fee),
        Cell::Amount(net),
        Cell::Amount(it.now),
        Cell::Amount(it.vesting),
        u64::from(it.steps).into(),
        it.settlement.get().unsigned_abs().into(),
        how(statement, it).into(),
    ]
}

/// Millionths of a byte.
fn bytes(millionths: u128) -> String {
    const MILLION: u128 = 1_000_000;
    let (whole, rest) = (millionths / MILLION, millionths % MILLION);
    let text = format!("{whole}.{rest:06}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

pub(super) fn how(statement: &Statement<'_>, it: &EarnedOf) -> String {
    let shown = |units| statement.shown(units);
    let Some(known) = explained(statement, it) else {
        return format!("Order {} earned {}", it.order, shown(it.gross));
    };
    let computed = &known.source.settlement.computed;
    let mut how = format!(
        "Order {} held {} bytes, times coefficient {} ({}), of {} bytes: {} of {}",
        it.order,
        it.power.bytes(),
        known.claim.coefficient,
        coefficient_from(it, known.source),
        bytes(computed.whole),
        known
            .claim
            .ratio(computed.whole)
            .map_or_else(|| "nothing".into(), |it| it.to_string()),
        shown(computed.income),
    );
    match known.floor.map(|floor| it.gross.saturating_sub(floor)) {
        None | Some(0) => how.push_str(&format!(" is {}, rounded down", shown(it.gross))),
        Some(more) => how.push_str(&format!(
            " is {} rounded down, and {} more since its remainder was among the largest: {}",
            shown(it.gross.saturating_sub(more)),
            shown(more),
            shown(it.gross),
        )),
    }
    let net = it.gross.saturating_sub(it.fee);
    how.push_str(&format!(
        "; less the service fee {} * {} = {}: {}",
        shown(it.gross),
        it.fee_rate,
        shown(it.fee),
        shown(net),
    ));
    match it.steps {
        0 => how.push_str(", free at once"),
        steps => how.push_str(&format!(
            "; of it {} at once ({} of it), and {} in {steps} steps",
            shown(it.now),
            known.source.vesting.immediate(),
            shown(it.vesting),
        )),
    }
    how
}
