//! `paydirt withdrawals`.

mod decide;
mod list;
mod repair;
mod sheets;
mod show;

use paydirt_app::withdrawals::{self, RepairKind, RequestAsked};

use super::{figures, wait};
use crate::cli::WithdrawalsCommand;
use crate::cli_withdrawals::RequestArguments;
use crate::failure::Exit;
use crate::globals::Globals;

pub(super) fn run(globals: &Globals, command: WithdrawalsCommand) -> anyhow::Result<Exit> {
    match command {
        WithdrawalsCommand::Request(arguments) => request(globals, arguments),
        WithdrawalsCommand::List(arguments) => list::run(globals, arguments),
        WithdrawalsCommand::Show { id } => show::run(globals, id),
        WithdrawalsCommand::Why { id, pool, member } => show::why(globals, id, pool, member),
        WithdrawalsCommand::Approve { ids, reason } => {
            decide::approve(globals, &ids, reason.as_deref())
        }
        WithdrawalsCommand::Reject { id, reason } => decide::reject(globals, id, &reason.reason),
        WithdrawalsCommand::Cancel { id, repair, search } => {
            repair::cancel(globals, id, repair, search)
        }
        WithdrawalsCommand::Requeue { id, repair, search } => {
            repair::requeue(globals, id, repair, search)
        }
        WithdrawalsCommand::MarkPaid {
            id,
            tx,
            repair,
            since,
        } => repair::mark_paid(globals, id, RepairKind::MarkPaid { tx, since }, repair),
        WithdrawalsCommand::Compare {
            file,
            of,
            state,
            sheet,
        } => sheets::compare(globals, file, of.pool, state, sheet),
        WithdrawalsCommand::Import {
            file,
            of,
            sheet,
            dry_run,
        } => sheets::import(globals, file, of.pool, sheet, dry_run),
    }
}

fn request(globals: &Globals, arguments: RequestArguments) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let asked = RequestAsked {
        pool: arguments.of.pool,
        member: arguments.member,
        amount: arguments.amount,
        to: arguments.to,
        key: arguments.key,
        closes: arguments.close,
    };
    let done = wait(async { Ok(withdrawals::request(&settings, &asked).await?) })?;
    if done.repeated {
        tracing::info!("the same was asked for under this key before: nothing was written");
    }
    list::one(globals, &done.shown)?;
    Ok(Exit::Done)
}
