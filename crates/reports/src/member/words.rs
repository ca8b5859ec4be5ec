//! A change as a row, with what happened in words.

use paydirt_books::{Changed, MemberChange, ReleasedOf};

use super::{Statement, named};
use crate::Cell;

pub(super) fn row(of: &Statement<'_>, change: &MemberChange, moved: &[i64; 7]) -> Vec<Cell> {
    let what = &change.what;
    let (stream, order, earned_on) = match what {
        Changed::Earned(it) => (Some(it.stream), Some(it.order.as_str()), Some(it.earned_on)),
        Changed::Opened {
            stream, earned_on, ..
        } => (Some(*stream), None, Some(*earned_on)),
        Changed::Released(it) => (Some(it.stream), Some(it.order.as_str()), Some(it.earned_on)),
        Changed::Transferred { stream, .. } => (Some(*stream), None, None),
        Changed::Posted { .. } => (None, None, None),
    };
    let mut row = vec![
        change.day.into(),
        change.posting.unsigned_abs().into(),
        named(what).into(),
        stream.map(|stream| of.stream(stream)).into(),
        order.map_or(Cell::Nothing, |order| Cell::Id(order.to_owned())),
        earned_on.into(),
    ];
    row.extend(moved.map(|units| match units {
        0 => Cell::Nothing,
        units => Cell::Amount(units),
    }));
    row.push(tx(what));
    row.push(how(of, change).into());
    row
}

fn tx(what: &Changed) -> Cell {
    let Changed::Posted { legs, .. } = what else {
        return Cell::Nothing;
    };
    let all: Vec<&str> = legs.iter().filter_map(|leg| leg.tx.as_deref()).collect();
    match all.is_empty() {
        true => Cell::Nothing,
        false => Cell::Id(all.join(" ")),
    }
}

fn how(of: &Statement<'_>, change: &MemberChange) -> String {
    match &change.what {
        Changed::Earned(it) => format!(
            "Order {} earned {} of {}: {} at once, {} in {} steps; how is in the table above",
            it.order,
            of.shown(it.gross.saturating_sub(it.fee)),
            it.earned_on,
            of.shown(it.now),
            of.shown(it.vesting),
            it.steps,
        ),
        Changed::Opened {
            earned_on, total, ..
        } => format!(
            "{} was earned on {earned_on}, before these books, and goes on vesting",
            of.shown(*total)
        ),
        Changed::Released(it) => released(of, it),
        Changed::Transferred {
            available_before,
            available_after,
            ..
        } => format!(
            "All that the stream had collected became available: {} before, {} after",
            of.shown(*available_before),
            of.shown(*available_after)
        ),
        Changed::Posted { kind, cause, legs } => {
            let mut how = format!("{kind}: {cause}");
            for leg in legs {
                how.push_str(&format!("; {} to {}", of.shown(leg.amount), leg.address));
            }
            how
        }
    }
}

fn released(of: &Statement<'_>, it: &ReleasedOf) -> String {
    let ReleasedOf {
        earned_on,
        total,
        from,
        to,
        of: steps,
        ..
    } = it;
    let total = of.shown(*total);
    let which = match to.saturating_sub(*from) {
        1 => format!("Step {to}"),
        _ => format!("Steps {} to {to}", from.saturating_add(1)),
    };
    format!(
        "{which} of {steps} of what was earned on {earned_on}: floor({total} * {to} / {steps}) \
         less floor({total} * {from} / {steps})"
    )
}
