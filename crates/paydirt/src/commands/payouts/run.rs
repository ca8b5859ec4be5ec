//! `paydirt payouts run`.

use paydirt_app::payouts::{Ran, RunRequest, Runs, prepare};

use super::{Context, plain, plan, summary};
use crate::cli::RunArguments;
use crate::confirm::{can_ask, confirm, need_yes_or_terminal};
use crate::failure::Exit;
use crate::progress;

pub(super) async fn run(it: Context<'_>, arguments: RunArguments) -> anyhow::Result<Exit> {
    let request = RunRequest {
        scope: arguments.scope.into(),
        dry_run: arguments.dry_run,
        once: arguments.once,
        deadline_ms: arguments.deadline,
        accept_recorded: arguments.accept_recorded,
    };
    // The variable is the operator's word, as with open-ethereum-pool's own module.
    if it.settings.resolve_only {
        return plain::resolve_and_stop(it, &request).await;
    }
    if request.dry_run {
        let runs = prepare(it.settings, &request, it.stop).await?;
        return plan::print(it, &runs.preview().await?);
    }
    // A daemon is started by a system that can't be asked.
    if request.once {
        need_yes_or_terminal(it.globals)?;
    }
    let runs = prepare(it.settings, &request, it.stop).await?;
    if !it.globals.yes && can_ask() {
        plan::show(&runs.preview().await?);
        confirm(it.globals, "Pay as planned above?")?;
    }
    finish(it, &request, runs).await
}

async fn finish(it: Context<'_>, request: &RunRequest, runs: Runs) -> anyhow::Result<Exit> {
    progress::show(runs.progress());
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for Ran {
        wallet,
        coin,
        report,
    } in runs.go().await
    {
        match report {
            Ok(report) => done.push((wallet, coin, report)),
            Err(error) => failed.push(error),
        }
    }
    progress::end();
    let stopped = it.stop.is_asked();
    if !done.is_empty() {
        summary::print(it, &done, stopped)?;
    }
    let mut failed = failed.into_iter();
    let first = failed.next();
    for other in failed {
        tracing::error!("{other}");
    }
    if let Some(error) = first {
        return Err(error.into());
    }
    let left = done.iter().any(|(_, _, report)| report.in_flight > 0);
    let held_up = done.iter().any(|(_, _, report)| report.held_up.is_some());
    let attention = request.once && !stopped && (left || held_up);
    Ok(if attention {
        Exit::Attention
    } else {
        Exit::Done
    })
}
