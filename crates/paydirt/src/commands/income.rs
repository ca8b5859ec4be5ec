//! `paydirt income`.

use paydirt_app::config::Settings;
use paydirt_app::income::{self, Classification, IncomeEntry, ItemShown};
use paydirt_app::income_observe::{DayObserved, ObserveRequest, observe};
use paydirt_app::terms::settled_pools;
use paydirt_books::ItemKind;

use super::{figures, wait};
use crate::cli_books::{IncomeCommand, Kind, ObserveArguments, RecordArguments};
use crate::failure::{Exit, Failure};
use crate::globals::Globals;
use crate::output::{Cell, Rows};

pub(super) fn run(globals: &Globals, command: IncomeCommand) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let items = wait(async {
        Ok(match command {
            IncomeCommand::Record(arguments) => {
                vec![income::record(&settings, &entry(arguments)).await?]
            }
            IncomeCommand::Observe(arguments) => observed(&settings, arguments).await?,
            IncomeCommand::List {
                of,
                days,
                unclassified,
            } => income::list(&settings, &of.pool, days.pair(), unclassified).await?,
            IncomeCommand::Classify {
                item,
                pool,
                kind,
                stream,
            } => {
                let pool = pool.map_or_else(|| only(&settled_pools(&settings)), Ok)?;
                let asked = Classification {
                    pool,
                    item,
                    kind: kind.into(),
                    stream,
                };
                vec![income::classify(&settings, &asked).await?]
            }
        })
    })?;
    print(globals, &items)?;
    Ok(Exit::Done)
}

async fn observed(
    settings: &Settings,
    arguments: ObserveArguments,
) -> anyhow::Result<Vec<ItemShown>> {
    let request = ObserveRequest {
        pool: arguments.of.pool,
        day: arguments.day,
        stream: arguments.stream,
        beside_entries: arguments.beside_entries,
        late: arguments.late,
    };
    match observe(settings, &request).await? {
        DayObserved::Items(items) => Ok(items),
        DayObserved::NotFinal { reason } => Err(Failure::waiting(
            format!(
                "{} of pool {} is not final: {reason}; nothing was recorded",
                request.day, request.pool
            ),
            "observe it again later",
        )
        .into()),
    }
}

fn only(pools: &[&str]) -> Result<String, Failure> {
    match pools {
        [one] => Ok((*one).to_owned()),
        _ => Err(Failure::usage(
            "the item's pool is not said",
            format!("give --pool with one of: {}", pools.join(", ")),
        )),
    }
}

fn entry(arguments: RecordArguments) -> IncomeEntry {
    IncomeEntry {
        pool: arguments.of.pool,
        stream: arguments.stream,
        day: arguments.day,
        amount: arguments.amount,
        is_deduction: arguments.deduction,
        source: arguments.source,
        note: arguments.note,
        beside_observed: arguments.beside_observed,
        late: arguments.late,
        power: arguments.power,
    }
}

impl From<Kind> for ItemKind {
    fn from(kind: Kind) -> ItemKind {
        match kind {
            Kind::Income => ItemKind::Income,
            Kind::Deduction => ItemKind::Deduction,
            Kind::Deposit => ItemKind::Deposit,
            Kind::Internal => ItemKind::Internal,
        }
    }
}

fn print(globals: &Globals, items: &[ItemShown]) -> anyhow::Result<()> {
    let mut rows = Rows::new([
        "item",
        "day",
        "earned_on",
        "stream",
        "kind",
        "amount",
        "coin",
        "source",
        "note",
        "settlement",
        "recorded_at",
        "recorded_by",
    ]);
    for ItemShown { coin, stream, item } in items {
        let new = &item.item;
        rows.push([
            figures::number(item.number.get()),
            new.day.to_string().into(),
            new.earned_on.to_string().into(),
            Cell::from(stream.as_deref()),
            new.kind.name().into(),
            figures::exact(new.amount, *coin),
            coin.to_string().into(),
            new.source.as_str().into(),
            Cell::from(new.note.as_deref()),
            item.settlement.map(|it| figures::number(it.get())).into(),
            item.recorded_at.to_string().into(),
            new.by.as_str().into(),
        ]);
    }
    Ok(rows.print(globals.output())?)
}
