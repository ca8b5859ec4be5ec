//! Configured wallets in the journal, found without asking a node.

use paydirt_chain::Address;
use paydirt_ledger::{Journal, Wallet};

use crate::config::{Settings, Signer};
use crate::error::AppError;
use crate::keys;
use crate::wire::of_wallet;

/// The wallet's address: as configured, else as its key file states, else by its key.
pub(crate) fn address(settings: &Settings, name: &str) -> Result<Address, AppError> {
    let (wallet, _) = of_wallet(settings, name)?;
    let wrong = |error: keys::KeysError| AppError::Address {
        wallet: name.to_owned(),
        reason: error.to_string(),
    };
    let stated = match (&wallet.address, &wallet.signer) {
        (Some(address), _) => Some(address.clone()),
        (None, Signer::Keystore { file, .. }) => {
            keys::of_file(file, None).ok().map(|key| key.address)
        }
        (None, _) => None,
    };
    let text = match stated {
        Some(text) => text,
        None => {
            keys::of_wallet(wallet, &settings.environment)
                .map_err(wrong)?
                .address
        }
    };
    Ok(Address::canonical(text.to_lowercase()))
}

/// The journal's wallets of this configured one: one, unless the same address is used on several
/// networks and the configuration doesn't say which is meant.
pub(super) async fn in_journal(
    settings: &Settings,
    name: &str,
    journal: &dyn Journal,
) -> Result<Vec<Wallet>, AppError> {
    let address = address(settings, name)?;
    let (_, chain) = of_wallet(settings, name)?;
    let network = chain.chain_id.map(|id| id.to_string());
    let mut wallets = journal.wallets().await?;
    wallets.retain(|wallet| {
        let opening = &wallet.opening;
        let same_network = network
            .as_ref()
            .is_none_or(|n| *n == opening.identity.network);
        opening.address == address && same_network
    });
    Ok(wallets)
}
