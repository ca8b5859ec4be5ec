//! `paydirt payouts cancel`, `pause` and `resume`.

use paydirt_app::payouts::{self, Outcome};
use paydirt_app::wire::Scope;
use paydirt_ledger::PaymentId;

use super::Context;
use crate::failure::Exit;
use crate::output::{Format, Rows, print as print_text};

pub(super) async fn cancel(
    it: Context<'_>,
    payment: PaymentId,
    reason: &str,
) -> anyhow::Result<Exit> {
    let outcome = payouts::cancel(it.settings, payment, reason, it.stop).await?;
    print(it, &[outcome])
}

pub(super) async fn pause(it: Context<'_>, scope: &Scope, reason: &str) -> anyhow::Result<Exit> {
    print(
        it,
        &payouts::pause(it.settings, scope, reason, it.stop).await?,
    )
}

pub(super) async fn resume(it: Context<'_>, scope: &Scope, reason: &str) -> anyhow::Result<Exit> {
    print(
        it,
        &payouts::resume(it.settings, scope, reason, it.stop).await?,
    )
}

/// Exit code 1 if one was refused, 3 if one is not answered yet.
pub(super) fn print(it: Context<'_>, outcomes: &[Outcome]) -> anyhow::Result<Exit> {
    let mut rows = Rows::new(["wallet", "done", "message"]);
    for outcome in outcomes {
        rows.push([
            outcome.wallet.as_str().into(),
            outcome.done.into(),
            outcome.message.as_str().into(),
        ]);
        if it.globals.output() == Format::Table {
            print_text(&format!("wallet {}: {}\n", outcome.wallet, outcome.message))?;
        }
    }
    if it.globals.output() != Format::Table {
        rows.print(it.globals.output())?;
    }
    let any = |done| outcomes.iter().any(|outcome| outcome.done == done);
    Ok(match (any(Some(false)), any(None)) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Attention,
        (false, false) => Exit::Done,
    })
}
