//! `paydirt treasury`.

use paydirt_app::treasury::{self, MovementEntry};
use paydirt_books::{Movement, MovementKind};
use paydirt_money::Coin;

use super::{figures, wait};
use crate::cli_books::{MovementArguments, TreasuryCommand};
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::{Cell, Rows};

pub(super) fn run(globals: &Globals, command: TreasuryCommand) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let movements = wait(async {
        let entry = match command {
            TreasuryCommand::Deposit(arguments) => entry(MovementKind::Deposit, arguments),
            TreasuryCommand::Draw(arguments) => entry(MovementKind::Draw, arguments),
            TreasuryCommand::Internal(arguments) => entry(MovementKind::Internal, arguments),
            TreasuryCommand::List { of, days } => {
                return Ok(treasury::list(&settings, &of.pool, days.pair()).await?);
            }
        };
        Ok(vec![treasury::record(&settings, &entry).await?])
    })?;
    print(globals, &movements)?;
    Ok(Exit::Done)
}

fn entry(kind: MovementKind, arguments: MovementArguments) -> MovementEntry {
    MovementEntry {
        pool: arguments.of.pool,
        kind,
        tx: arguments.tx,
        day: arguments.day,
        amount: arguments.amount,
        note: arguments.note,
    }
}

fn print(globals: &Globals, movements: &[(Coin, Movement)]) -> anyhow::Result<()> {
    let mut rows = Rows::new([
        "movement",
        "day",
        "kind",
        "amount",
        "coin",
        "tx",
        "note",
        "recorded_at",
        "recorded_by",
    ]);
    for (coin, found) in movements {
        let of = &found.movement;
        rows.push([
            figures::number(found.number.get()),
            of.day.to_string().into(),
            of.kind.name().into(),
            figures::exact(of.amount, *coin),
            coin.to_string().into(),
            of.tx.as_str().into(),
            Cell::from(of.note.as_deref()),
            found.recorded_at.to_string().into(),
            of.by.as_str().into(),
        ]);
    }
    Ok(rows.print(globals.output())?)
}
