//! `paydirt settle verify`.

use paydirt_app::settle::verify;
use paydirt_app::wire::Scope;
use paydirt_schedule::Day;

use super::super::wait;
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::Rows;
use crate::progress::DaysBar;

pub(super) fn run(
    globals: &Globals,
    scope: Scope,
    days: (Option<Day>, Option<Day>),
) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let all = wait(async {
        let mut bar = DaysBar::default();
        let progress = |pool: &str, day: Day| bar.at(pool, day, day);
        let all = verify(&settings, &scope, days, progress).await;
        bar.end();
        Ok(all?)
    })?;
    let mut rows = Rows::new(["pool", "settlements", "lines", "state"]);
    for of in &all {
        rows.push([
            of.pool.as_str().into(),
            of.checked.settlements.into(),
            of.checked.lines.into(),
            "the same".into(),
        ]);
    }
    rows.print(globals.output())?;
    Ok(Exit::Done)
}
