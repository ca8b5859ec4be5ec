//! `paydirt payouts history`.

use paydirt_app::payouts::history;
use paydirt_app::wire::Scope;
use paydirt_ledger::PaymentId;

use super::Context;
use crate::failure::Exit;
use crate::output::Rows;

pub(super) async fn run(
    it: Context<'_>,
    scope: &Scope,
    payment: Option<PaymentId>,
    limit: u32,
) -> anyhow::Result<Exit> {
    let all = history(it.settings, scope, payment, limit).await?;
    let mut rows = Rows::new(["at", "wallet", "payment", "event", "detail"]);
    for of in &all {
        for entry in &of.entries {
            rows.push([
                entry.at.to_string().into(),
                of.wallet.as_str().into(),
                entry.payment.map(|id| id.to_string()).into(),
                entry.event.as_str().into(),
                entry.detail.as_str().into(),
            ]);
        }
    }
    rows.print(it.globals.output())?;
    Ok(Exit::Done)
}
