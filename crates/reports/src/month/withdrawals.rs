//! Withdrawals, as a month's and a member's report have them.

use paydirt_books::WithdrawnRow;

use super::of;
use crate::{Cell, Kind, Rows, Table};

/// Withdrawals as this and a member's report have them.
pub(crate) fn withdrawals(withdrawn: &[WithdrawnRow]) -> Table {
    use Kind::{Amount, Text};
    let columns = vec![
        of("id", "Id", Text, "The withdrawal.").narrow(),
        of("member", "Member", Text, "The member's code.").narrow(),
        of("amount", "Amount", Amount, "What was asked for.").narrow(),
        of("state", "State", Text, "How far it has come by now.").narrow(),
        of(
            "requested_on",
            "Requested",
            Text,
            "The day on which it was asked for.",
        )
        .narrow(),
        of("requested_by", "By", Text, "Who asked for it.").on_page(),
        of(
            "decided_by",
            "Decided by",
            Text,
            "Who approved or rejected it.",
        )
        .on_page(),
        of(
            "held_on",
            "Went out",
            Text,
            "The day on which it went out first.",
        )
        .narrow(),
        of("address", "Address", Text, "Where it goes.").on_page(),
        of("tx", "Transaction", Text, "What paid it on the chain.").on_page(),
        of("reason", "Reason", Text, "Why it is in this state.").on_page(),
    ];
    let id = |text: &str| Cell::Id(text.to_owned());
    let row = |it: &WithdrawnRow| {
        vec![
            id(&it.number.to_string()),
            id(&it.member),
            Cell::Amount(it.amount),
            it.state.name().into(),
            it.requested_on.into(),
            it.requested_by.as_str().into(),
            Cell::text(it.decided_by.as_deref()),
            it.held_on.into(),
            id(&it.address),
            it.tx.as_deref().map_or(Cell::Nothing, id),
            Cell::text(it.reason.as_deref()),
        ]
    };
    Table {
        key: "withdrawals",
        title: "Withdrawals",
        about: "What was asked for or went out on these days.",
        columns,
        rows: Rows::kept(withdrawn.iter().map(row).collect()),
        totals: None,
        in_json: true,
    }
}
