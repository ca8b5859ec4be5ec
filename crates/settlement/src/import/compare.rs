//! What a row of a file of orders says, and what that changes.

use std::collections::BTreeMap;

use paydirt_books::{Holding, Member, MemberNumber, Version};
use paydirt_money::Coefficient;
use paydirt_schedule::Day;
use paydirt_sheets::Field;

use super::FieldChange;
use super::orders::{OrdersImport, Row};
use super::timeline::Segment;

/// A member that is to be created, and has no number yet.
pub(super) const NOBODY: MemberNumber = MemberNumber::new(0);

/// What a row says, with the code of its member: it may have no number yet.
#[derive(Clone)]
pub(super) struct Said {
    pub(super) member: String,
    pub(super) holding: Holding,
    pub(super) note: Option<String>,
}

/// The file's coefficient, where an order without one of its own goes by another so far.
pub(super) fn batch_coefficient(
    import: &OrdersImport<'_>,
    segment: &Segment<'_>,
) -> Option<Coefficient> {
    let so_far = segment
        .version
        .import
        .and_then(|(_, coefficient)| coefficient);
    let is_own = segment.after.coefficient.is_some();
    import
        .coefficient
        .filter(|new| !is_own && so_far != Some(*new))
}

/// What a segment changes, with what stands beside the holding.
pub(super) fn changes(
    import: &OrdersImport<'_>,
    segment: &Segment<'_>,
    before: Option<&Said>,
    said: &Said,
) -> Vec<FieldChange> {
    let mut all = fields(Some(segment.version), &segment.after, said);
    if segment.is_earlier() {
        all.push(FieldChange {
            field: "valid_from",
            before: segment.version.valid_from.to_string(),
            after: segment.from.to_string(),
        });
    }
    if let Some(new) = batch_coefficient(import, segment) {
        let so_far = segment
            .version
            .import
            .and_then(|(_, coefficient)| coefficient);
        all.push(FieldChange {
            field: "coefficient of the import",
            before: so_far.map(|it| it.to_string()).unwrap_or_default(),
            after: new.to_string(),
        });
    }
    if let Some(before) = before.filter(|before| before.note != said.note) {
        all.push(FieldChange {
            field: "note",
            before: before.note.clone().unwrap_or_default(),
            after: said.note.clone().unwrap_or_default(),
        });
    }
    all
}

/// From when on it counts, where that is not plain.
pub(super) fn note(holding: &Holding, valid_from: Day, is_new: bool) -> Option<String> {
    match is_new && holding.start >= valid_from {
        true => None,
        false if is_new => Some(format!(
            "counts from {valid_from} on: the days before it are settled"
        )),
        false => Some(format!("counts from {valid_from} on")),
    }
}

/// What the row says; what the file has no column of is as in the last one.
pub(super) fn said(
    row: &Row,
    before: Option<&Said>,
    members: &BTreeMap<String, Option<Member>>,
) -> Said {
    let last = before.map(|before| &before.holding);
    let member = members.get(&*row.member).and_then(Option::as_ref);
    let or = |there: bool| last.filter(|_| there);
    let mut streams = match &row.streams {
        Field::Absent => or(true).and_then(|last| last.streams.clone()),
        Field::Empty => None,
        Field::Value(names) => Some(names.iter().map(|name| name.to_string()).collect()),
    };
    if let Some(names) = &mut streams {
        names.sort_unstable();
        names.dedup();
    }
    Said {
        member: row.member.to_string(),
        holding: Holding {
            member: member.map_or(NOBODY, |member| member.number),
            power: row.power,
            fee_rate: row.fee_rate,
            coefficient: match row.coefficient {
                Field::Absent => last.and_then(|last| last.coefficient),
                other => other.value(),
            },
            start: row.start,
            end: match row.end {
                Field::Absent => last.and_then(|last| last.end),
                other => other.value(),
            },
            streams,
        },
        note: match &row.note {
            Field::Absent => before.and_then(|before| before.note.clone()),
            Field::Empty => None,
            Field::Value(text) => Some(text.to_string()),
        },
    }
}

/// `counts`, with what differs between the last file and this one.
pub(super) fn on_top(counts: &Holding, before: &Holding, said: &Holding) -> Holding {
    let mut after = counts.clone();
    macro_rules! take {
        ($($field:ident),*) => {
            $(if before.$field != said.$field {
                after.$field = said.$field.clone();
            })*
        };
    }
    take!(member, power, fee_rate, coefficient, start, end, streams);
    after
}

/// What the new version changes of the one that counts.
pub(super) fn fields(version: Option<&Version>, after: &Holding, said: &Said) -> Vec<FieldChange> {
    let before = version.map(|version| &version.holding);
    let mut fields = Vec::new();
    let mut add = |field, before: Option<String>, after: Option<String>| {
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        if before != after {
            fields.push(FieldChange {
                field,
                before,
                after,
            });
        }
    };
    let code = match before.is_some_and(|before| before.member == after.member) {
        true => version.map(|version| version.member.to_string()),
        false => Some(said.member.clone()),
    };
    add(
        "member",
        version.map(|version| version.member.to_string()),
        code,
    );
    add(
        "power",
        before.map(|it| it.power.to_string()),
        Some(after.power.to_string()),
    );
    let rate = |holding: &Holding| holding.fee_rate.to_string();
    add("fee_rate", before.map(rate), Some(rate(after)));
    let coefficient = |holding: &Holding| holding.coefficient.map(|it| it.to_string());
    add(
        "coefficient",
        before.and_then(coefficient),
        coefficient(after),
    );
    add(
        "start",
        before.map(|it| it.start.to_string()),
        Some(after.start.to_string()),
    );
    let end = |holding: &Holding| holding.end.map(|it| it.to_string());
    add("end", before.and_then(end), end(after));
    let streams = |holding: &Holding| holding.streams.as_ref().map(|it| it.join(" "));
    add("streams", before.and_then(streams), streams(after));
    fields
}
