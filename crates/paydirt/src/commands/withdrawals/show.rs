//! `paydirt withdrawals show` and `why`.

use paydirt_app::withdrawals::{self, TimeLine};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::{figures, list, wait};
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::{Cell, Format, Rows, print, print_json};

pub(super) fn run(globals: &Globals, id: i64) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let found = wait(async { Ok(withdrawals::show(&settings, id).await?) })?;
    match globals.output() {
        Format::Json => print_json(&object(&found))?,
        Format::Csv => events(&found).print(Format::Csv)?,
        Format::Table => {
            let of = std::slice::from_ref(&found.shown);
            let mut text = list::rows(of, Format::Table).to_table();
            for table in [
                events(&found).to_table(),
                attempts(&found).to_table(),
                history(&found).to_table(),
            ] {
                text.push('\n');
                text.push_str(&table);
            }
            print(&text)?;
        }
    }
    Ok(Exit::Done)
}

fn object(found: &TimeLine) -> Json {
    let mut object = list::object(&found.shown);
    if let Some(fields) = object.as_object_mut() {
        let events: Vec<Json> = found
            .events
            .iter()
            .map(|event| {
                json!({
                    "at": event.at.to_string(), "by": event.by, "state": event.state.name(),
                    "reason": event.reason,
                    "evidence": event.evidence.as_deref().map(parsed),
                })
            })
            .collect();
        let legs: Vec<Json> = found
            .legs
            .iter()
            .map(|leg| {
                json!({
                    "leg": leg.leg, "state": leg.state, "payment": leg.payment,
                    "payment_state": leg.payment_state, "nonce": leg.nonce,
                    "included_tx": leg.included_tx, "included_block": leg.included_block,
                    "verdict": leg.verdict.as_deref().map(parsed),
                })
            })
            .collect();
        fields.insert("events".into(), events.into());
        fields.insert("legs".into(), legs.into());
        fields.insert("attempts".into(), of_rows(&attempts(found)));
        fields.insert("history".into(), of_rows(&history(found)));
    }
    object
}

fn of_rows<const N: usize>(rows: &Rows<N>) -> Json {
    serde_json::to_value(rows.list()).unwrap_or_default()
}

fn parsed(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

fn events(found: &TimeLine) -> Rows<5> {
    let mut rows = Rows::new(["at", "by", "state", "reason", "evidence"]);
    for event in &found.events {
        rows.push([
            event.at.to_string().into(),
            event.by.as_str().into(),
            event.state.name().into(),
            Cell::from(event.reason.as_deref()),
            Cell::from(event.evidence.as_deref()),
        ]);
    }
    rows
}

fn attempts(found: &TimeLine) -> Rows<5> {
    let mut rows = Rows::new(["payment", "kind", "nonce", "tx", "last_verdict"]);
    for attempt in &found.attempts {
        rows.push([
            attempt.payment.as_str().into(),
            attempt.kind.as_str().into(),
            figures::number(attempt.nonce),
            Cell::from(attempt.tx.as_deref()),
            Cell::from(attempt.last_verdict.as_deref()),
        ]);
    }
    rows
}

fn history(found: &TimeLine) -> Rows<4> {
    let mut rows = Rows::new(["at", "payment", "event", "detail"]);
    for line in &found.history {
        rows.push([
            line.at.to_string().into(),
            line.payment.as_str().into(),
            line.event.as_str().into(),
            line.detail.as_str().into(),
        ]);
    }
    rows
}

#[derive(Serialize)]
struct WhyShown<R: Serialize> {
    withdrawal: Option<Json>,
    rows: R,
}

pub(super) fn why(
    globals: &Globals,
    id: Option<i64>,
    pool: Option<String>,
    member: Option<String>,
) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let found = wait(async {
        Ok(match (id, pool, member) {
            (Some(id), ..) => withdrawals::why_withdrawal(&settings, id).await?,
            (None, pool, member) => {
                let (pool, member) = (pool.unwrap_or_default(), member.unwrap_or_default());
                withdrawals::why_member(&settings, &pool, &member).await?
            }
        })
    })?;
    let mut rows = Rows::new(["code", "what", "cure"]);
    for reason in &found.reasons {
        rows.push([
            reason.code.into(),
            reason.what.as_str().into(),
            reason.cure.as_str().into(),
        ]);
    }
    match globals.output() {
        Format::Json => print_json(&WhyShown {
            withdrawal: found.withdrawal.as_ref().map(list::object),
            rows: rows.list(),
        })?,
        Format::Csv => rows.print(Format::Csv)?,
        Format::Table => {
            if let Some(shown) = &found.withdrawal {
                let of = std::slice::from_ref(shown);
                print(&(list::rows(of, Format::Table).to_table() + "\n"))?;
            }
            rows.print(Format::Table)?;
        }
    }
    Ok(Exit::Done)
}
