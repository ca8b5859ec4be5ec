//! `paydirt withdrawals mark-paid`, `requeue`, and `cancel`.

use paydirt_app::approvals::Second;
use paydirt_app::config::Settings;
use paydirt_app::withdrawals::{
    self, RepairAsked, RepairKind, RepairPlan, Search, WithdrawalShown,
};
use serde_json::json;

use super::{figures, list, wait};
use crate::cli_withdrawals::{RepairArguments, Searched};
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::{Format, Rows, print, print_json};

pub(super) fn mark_paid(
    globals: &Globals,
    id: i64,
    kind: RepairKind,
    arguments: RepairArguments,
) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    run(globals, &settings, id, kind, arguments)
}

fn asked(search: Searched) -> Search {
    Search {
        since: search.since,
        except: search.except,
    }
}

pub(super) fn requeue(
    globals: &Globals,
    id: i64,
    arguments: RepairArguments,
    search: Searched,
) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let kind = RepairKind::Requeue(asked(search));
    run(globals, &settings, id, kind, arguments)
}

/// One that has failed is repaired; else it is taken back at once.
pub(super) fn cancel(
    globals: &Globals,
    id: i64,
    arguments: RepairArguments,
    search: Searched,
) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let failed = wait(async { Ok(withdrawals::repairs_failed(&settings, id).await?) })?;
    if failed || arguments.dry_run {
        let kind = RepairKind::Cancel(asked(search));
        return run(globals, &settings, id, kind, arguments);
    }
    let reason = arguments.reason.unwrap_or_default();
    let done = wait(async { Ok(withdrawals::cancel(&settings, id, &reason).await?) })?;
    list::one(globals, &done)?;
    Ok(Exit::Done)
}

fn run(
    globals: &Globals,
    settings: &Settings,
    number: i64,
    kind: RepairKind,
    arguments: RepairArguments,
) -> anyhow::Result<Exit> {
    let asked = RepairAsked {
        number,
        kind,
        reason: arguments.reason.unwrap_or_default(),
    };
    if arguments.dry_run {
        let plan = wait(async { Ok(withdrawals::plan_repair(settings, &asked).await?) })?;
        tell(globals, &plan, None)?;
        return Ok(Exit::Done);
    }
    let (plan, second) = wait(async { Ok(withdrawals::repair(settings, &asked).await?) })?;
    tell(globals, &plan, Some(&second))?;
    Ok(Exit::Done)
}

/// What was done, or would be: before, after, and on what evidence.
fn tell(
    globals: &Globals,
    repair: &RepairPlan,
    second: Option<&Second<WithdrawalShown>>,
) -> anyhow::Result<()> {
    let coin = repair.shown.coin;
    let (before, after) = (&repair.plan.before, &repair.plan.after);
    let (what, sentence) = match second {
        None => ("dry run", "Nothing was written.".to_owned()),
        Some(Second::Proposed { proposal, .. }) => (
            "proposed",
            format!(
                "Proposed by {} ({}). Nothing was moved: another person has to give the same \
                 command.",
                proposal.by, proposal.number
            ),
        ),
        Some(Second::Done { proposal, .. }) => (
            "done",
            format!("Done, as {} proposed ({}).", proposal.by, proposal.number),
        ),
    };
    let mut rows = Rows::new(["figure", "before", "after"]);
    rows.push([
        "state".into(),
        before.state.name().into(),
        after.state.name().into(),
    ]);
    for (figure, before, after) in [
        ("available", before.available, after.available),
        ("frozen", before.frozen, after.frozen),
        ("paid", before.paid, after.paid),
    ] {
        let units = |units| figures::units(units, coin);
        rows.push([figure.into(), units(before), units(after)]);
    }
    match globals.output() {
        Format::Json => {
            let proposal = second.map(|second| match second {
                Second::Proposed { proposal, .. } | Second::Done { proposal, .. } => {
                    json!({ "id": proposal.number.get(), "by": proposal.by })
                }
            });
            let now = match second {
                Some(Second::Done { done, .. }) => done,
                _ => &repair.shown,
            };
            let figures = repair.plan.figures(coin);
            print_json(&json!({
                "what": what, "id": now.withdrawal.number.get(),
                "state": now.withdrawal.state.name(), "before": figures["before"],
                "after": figures["after"], "evidence": repair.plan.evidence,
                "proposal": proposal,
            }))?;
        }
        Format::Csv => rows.print(Format::Csv)?,
        Format::Table => {
            let of = list::rows(std::slice::from_ref(&repair.shown), Format::Table);
            let evidence = serde_json::to_string_pretty(&repair.plan.evidence)?;
            print(&format!(
                "{}\n{}\nEvidence: {evidence}\n\n{sentence}\n",
                of.to_table(),
                rows.to_table()
            ))?;
        }
    }
    Ok(())
}
