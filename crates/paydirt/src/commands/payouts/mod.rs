//! `paydirt payouts`.

mod history;
mod plain;
mod plan;
mod quarantine;
mod reconcile;
mod requests;
mod resolve;
mod run;
mod status;
mod summary;

use paydirt_app::config::Settings;
use paydirt_app::wire::Scope;
use paydirt_money::{BaseUnits, Coin};
use paydirt_payouts::Stop;

use super::{figures, wait};
use crate::cli::PayoutsCommand;
use crate::cli_payouts::PoolArgument;
use crate::failure::Exit;
use crate::globals::Globals;

pub(super) fn run(globals: &Globals, command: PayoutsCommand) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    wait(async {
        let stop = Stop::default();
        paydirt_app::signals::stop_on_signals(&stop)?;
        let it = Context {
            globals,
            settings: &settings,
            stop: &stop,
        };
        it.run(command).await
    })
}

/// What every command here needs.
#[derive(Clone, Copy)]
struct Context<'c> {
    globals: &'c Globals,
    settings: &'c Settings,
    stop: &'c Stop,
}

impl Context<'_> {
    async fn run(self, command: PayoutsCommand) -> anyhow::Result<Exit> {
        match command {
            PayoutsCommand::Run(arguments) => run::run(self, arguments).await,
            PayoutsCommand::Status { scope, limit } => {
                status::run(self, &scope.into(), limit).await
            }
            PayoutsCommand::History {
                payment,
                scope,
                limit,
            } => history::run(self, &scope.into(), payment, limit).await,
            PayoutsCommand::Resolve { scope, dry_run } => {
                resolve::run(self, &scope.into(), dry_run).await
            }
            PayoutsCommand::Cancel { payment, reason } => {
                requests::cancel(self, payment, &reason.reason).await
            }
            PayoutsCommand::Reconcile {
                scope,
                dry_run,
                adopt,
                reason,
            } => {
                let request = paydirt_app::payouts::ReconcileRequest {
                    scope: scope.into(),
                    dry_run,
                    adopt,
                    reason: reason.unwrap_or_default(),
                };
                reconcile::run(self, request).await
            }
            PayoutsCommand::Pause { scope, reason } => {
                requests::pause(self, &scope.into(), &reason.reason).await
            }
            PayoutsCommand::Resume { scope, reason } => {
                requests::resume(self, &scope.into(), &reason.reason).await
            }
            PayoutsCommand::Quarantine(command) => quarantine::run(self, command).await,
        }
    }
}

impl From<PoolArgument> for Scope {
    fn from(argument: PoolArgument) -> Scope {
        Scope {
            pool: argument.pool,
        }
    }
}

/// A number of coins, exact, without the coin's name.
fn coins(base_units: u128, coin: Coin) -> String {
    figures::coins(BaseUnits::new(base_units), coin)
}
