//! `paydirt withdrawals approve` and `reject`.

use paydirt_app::withdrawals;
use paydirt_money::Amount;

use super::{list, wait};
use crate::confirm::{can_ask, confirm, need_yes_or_terminal};
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::{Format, print};

pub(super) fn approve(
    globals: &Globals,
    ids: &[i64],
    reason: Option<&str>,
) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let plan = wait(async { Ok(withdrawals::plan_approval(&settings, ids).await?) })?;
    need_yes_or_terminal(globals)?;
    if !globals.yes && can_ask() {
        print(&list::rows(&plan.withdrawals, Format::Table).rendered(Format::Table)?)?;
        let amounts: Vec<String> = plan
            .withdrawals
            .iter()
            .map(|it| Amount::from_units(it.withdrawal.amount, it.coin).to_string())
            .collect();
        confirm(globals, &format!("Approve {}?", amounts.join(", ")))?;
    }
    let done = wait(async { Ok(withdrawals::approve(&settings, &plan, reason).await?) })?;
    list::print(globals, &done)?;
    Ok(Exit::Done)
}

pub(super) fn reject(globals: &Globals, id: i64, reason: &str) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let done = wait(async { Ok(withdrawals::reject(&settings, id, reason).await?) })?;
    list::one(globals, &done)?;
    Ok(Exit::Done)
}
