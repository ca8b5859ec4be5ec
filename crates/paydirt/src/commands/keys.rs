//! `paydirt keys`.

use std::path::PathBuf;

use paydirt_app::config::{ChainConfig, ChainKind, Environment, WalletConfig};
use paydirt_app::keys::{self, KdfCost, KeyReport};

use crate::cli::{Encryption, KeysCommand};
use crate::failure::{Exit, Failure};
use crate::globals::Globals;
use crate::output::{Cell, Rows};
use crate::secrets;

pub(super) fn run(globals: &Globals, command: KeysCommand) -> anyhow::Result<Exit> {
    let environment = Environment::of_process();
    let reports = match command {
        KeysCommand::New { file, encryption } => {
            let cost = cost(&encryption);
            let password = secrets::new_password(encryption.password_file, &environment)?;
            vec![(None, keys::new(&file, &password, cost)?)]
        }
        KeysCommand::Import {
            file,
            private_key_file,
            encryption,
        } => {
            let cost = cost(&encryption);
            let private_key = secrets::private_key(private_key_file, &environment)?;
            let password = secrets::new_password(encryption.password_file, &environment)?;
            vec![(None, keys::import(&file, &private_key, &password, cost)?)]
        }
        KeysCommand::Address {
            file: Some(file),
            password_file,
            ..
        } => {
            vec![(None, of_file(file, password_file, &environment)?)]
        }
        KeysCommand::Address {
            file: None, wallet, ..
        } => of_wallets(globals, wallet.as_deref())?,
    };
    print(globals, &reports)?;
    Ok(Exit::Done)
}

fn cost(encryption: &Encryption) -> KdfCost {
    match encryption.light {
        true => KdfCost::Light,
        false => KdfCost::Standard,
    }
}

fn of_file(
    file: PathBuf,
    password_file: Option<PathBuf>,
    environment: &Environment,
) -> anyhow::Result<KeyReport> {
    let source = secrets::password_source(password_file, environment);
    let password = source
        .map(|source| secrets::read(&source, environment))
        .transpose()?;
    Ok(keys::of_file(&file, password.as_ref())?)
}

type Named = (Option<String>, KeyReport);

fn of_wallets(globals: &Globals, only: Option<&str>) -> anyhow::Result<Vec<Named>> {
    let settings = globals.settings()?;
    let asked = settings
        .wallets
        .iter()
        .filter(|(name, _)| only.is_none_or(|only| only == *name));
    let kind = |wallet: &WalletConfig| settings.chains.get(&wallet.chain).map(ChainConfig::kind);
    let mut reports = Vec::new();
    for (name, wallet) in asked {
        match (kind(wallet), only) {
            (Some(ChainKind::Filecoin), Some(_)) => {
                let what = format!("this version can't tell the Filecoin address of {name}");
                return Err(Failure::usage(what, "name a wallet of another chain").into());
            }
            (Some(ChainKind::Filecoin), None) => continue,
            _ => {}
        }
        reports.push((
            Some(name.clone()),
            keys::of_wallet(wallet, &settings.environment)?,
        ));
    }
    match (reports.is_empty(), only) {
        (true, Some(only)) => {
            let known: Vec<&str> = settings.wallets.keys().map(String::as_str).collect();
            let what = format!("there is no wallet {only:?} in the configuration");
            Err(Failure::usage(what, format!("name one of: {}", known.join(", "))).into())
        }
        (true, None) => {
            let cure = "name a key file, or a configuration with --config FILE";
            Err(Failure::usage("the configuration has no wallets to name", cure).into())
        }
        _ => Ok(reports),
    }
}

fn print(globals: &Globals, reports: &[Named]) -> anyhow::Result<()> {
    let mut rows = Rows::new(["wallet", "address", "key", "proven", "warning"]);
    for (wallet, report) in reports {
        rows.push([
            Cell::from(wallet.as_deref()),
            report.address.as_str().into(),
            report.held_by.as_str().into(),
            report.proven.into(),
            Cell::from(report.warning.as_deref()),
        ]);
    }
    Ok(rows.print(globals.output())?)
}
