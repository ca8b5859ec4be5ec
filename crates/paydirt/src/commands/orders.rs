//! `paydirt orders`.

use paydirt_app::orders;
use paydirt_books::Version;

use super::{imports, wait};
use crate::cli_members::OrdersCommand;
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::{Cell, Rows};

pub(super) fn run(globals: &Globals, command: OrdersCommand) -> anyhow::Result<Exit> {
    let (of, day, page) = match command {
        OrdersCommand::Import(arguments) => return imports::orders(globals, arguments),
        OrdersCommand::Transfer(arguments) => return imports::transfer(globals, arguments),
        OrdersCommand::List { of, day, page } => (of, day, page),
    };
    let settings = globals.settings()?;
    let after = page.after.as_deref();
    let found =
        wait(async { Ok(orders::list(&settings, &of.pool, day, after, page.limit).await?) })?;
    let mut rows = Rows::new(COLUMNS);
    for version in &found {
        rows.push(cells(version));
    }
    rows.print(globals.output())?;
    Ok(Exit::Done)
}

/// Of an order.
pub(super) const COLUMNS: [&str; 12] = [
    "order",
    "member",
    "power",
    "power_bytes",
    "fee_rate",
    "coefficient",
    "start",
    "end",
    "streams",
    "valid_from",
    "valid_until",
    "note",
];

pub(super) fn cells(version: &Version) -> [Cell; 12] {
    let holding = &version.holding;
    let streams = holding.streams.as_ref().map(|names| names.join(" "));
    [
        version.id.as_str().into(),
        version.member.as_str().into(),
        holding.power.to_string().into(),
        holding.power.bytes().to_string().into(),
        holding.fee_rate.to_string().into(),
        holding.coefficient.map(|it| it.to_string()).into(),
        holding.start.to_string().into(),
        holding.end.map(|day| day.to_string()).into(),
        streams.into(),
        version.valid_from.to_string().into(),
        version.valid_until.map(|day| day.to_string()).into(),
        Cell::from(version.note.as_deref()),
    ]
}
