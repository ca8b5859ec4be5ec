//! `paydirt serve`.

use paydirt_app::serve::serve;
use paydirt_app::signals::stop_on_signals;
use paydirt_payouts::Stop;

use super::wait;
use crate::failure::Exit;
use crate::globals::Globals;

pub(super) fn run(globals: &Globals) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    wait(async {
        let stop = Stop::default();
        stop_on_signals(&stop)?;
        serve(&settings, &stop).await?;
        Ok(Exit::Done)
    })
}
