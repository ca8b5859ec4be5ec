//! `paydirt approvals`.

use paydirt_app::approvals;
use paydirt_books::Proposal;

use super::{figures, wait};
use crate::cli_books::ApprovalsCommand;
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::Rows;

pub(super) fn run(globals: &Globals, command: ApprovalsCommand) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let found = wait(async {
        Ok(match command {
            ApprovalsCommand::List { of } => approvals::list(&settings, &of.pool).await?,
            ApprovalsCommand::Withdraw { of, proposal } => {
                vec![approvals::withdraw(&settings, &of.pool, proposal).await?]
            }
        })
    })?;
    rows(&found).print(globals.output())?;
    Ok(Exit::Done)
}

fn rows(proposals: &[Proposal]) -> Rows<8> {
    let mut rows = Rows::new([
        "proposal",
        "state",
        "kind",
        "subject",
        "reason",
        "proposed_by",
        "proposed_at",
        "detail",
    ]);
    for found in proposals {
        rows.push([
            figures::number(found.number.get()),
            found.state.name().into(),
            found.kind.as_str().into(),
            found.subject.as_str().into(),
            found.reason.as_str().into(),
            found.by.as_str().into(),
            found.at.to_string().into(),
            found.detail.to_string().into(),
        ]);
    }
    rows
}
