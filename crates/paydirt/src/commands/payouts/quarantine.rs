//! `paydirt payouts quarantine`.

use paydirt_app::payouts::{lift_quarantine, status};

use super::{Context, requests};
use crate::cli::QuarantineCommand;
use crate::failure::Exit;
use crate::output::Rows;

pub(super) async fn run(it: Context<'_>, command: QuarantineCommand) -> anyhow::Result<Exit> {
    match command {
        QuarantineCommand::List { scope } => {
            let all = status(it.settings, &scope.into(), 0).await?;
            let mut rows = Rows::new(["pool", "member", "address", "since", "reason"]);
            let known = all.iter().filter_map(|of| of.snapshot.as_ref());
            for listed in known.flat_map(|snapshot| &snapshot.quarantine) {
                rows.push([
                    listed.pool.as_str().into(),
                    listed.member.as_str().into(),
                    listed.address.as_str().into(),
                    listed.since.to_string().into(),
                    listed.reason.as_str().into(),
                ]);
            }
            rows.print(it.globals.output())?;
            Ok(Exit::Done)
        }
        QuarantineCommand::Lift {
            member,
            scope,
            reason,
        } => {
            let scope = scope.into();
            let done = lift_quarantine(it.settings, &scope, &member, &reason.reason, it.stop);
            requests::print(it, &[done.await?])
        }
    }
}
