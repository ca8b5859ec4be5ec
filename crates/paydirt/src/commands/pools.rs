//! `paydirt pools`.

use paydirt_app::power::{self, NewPower};
use paydirt_books::{DayPower, PowerBasis};

use super::wait;
use crate::cli_books::{Basis, PoolsCommand};
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::Rows;

pub(super) fn run(globals: &Globals, command: PoolsCommand) -> anyhow::Result<Exit> {
    let PoolsCommand::Power {
        of,
        power,
        day,
        days,
        basis,
    } = command;
    let settings = globals.settings()?;
    let powers = wait(async {
        Ok(match (power, day) {
            (Some(power), Some(day)) => {
                let new = NewPower {
                    pool: of.pool,
                    day,
                    power,
                    basis: basis.map(Into::into),
                };
                let set = power::set(&settings, &new).await?;
                for stream in set.settled {
                    tracing::warn!(
                        "{day} of stream {stream} is settled, by what was known then: that stays"
                    );
                }
                vec![set.power]
            }
            (_, Some(day)) => power::list(&settings, &of.pool, (Some(day), Some(day))).await?,
            (_, None) => power::list(&settings, &of.pool, days.pair()).await?,
        })
    })?;
    print(globals, &powers)?;
    Ok(Exit::Done)
}

impl From<Basis> for PowerBasis {
    fn from(basis: Basis) -> PowerBasis {
        match basis {
            Basis::Raw => PowerBasis::Raw,
            Basis::QualityAdjusted => PowerBasis::QualityAdjusted,
        }
    }
}

fn print(globals: &Globals, powers: &[DayPower]) -> anyhow::Result<()> {
    let mut rows = Rows::new(["day", "basis", "power", "power_bytes", "source", "by"]);
    for power in powers {
        rows.push([
            power.day.to_string().into(),
            power.basis.name().into(),
            power.power.to_string().into(),
            power.power.bytes().to_string().into(),
            power.source.as_str().into(),
            power.by.as_str().into(),
        ]);
    }
    Ok(rows.print(globals.output())?)
}
