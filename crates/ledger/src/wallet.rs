//! Wallets, their leases, and addresses that are not paid.

use paydirt_chain::{Address, Finality, Identity};
use paydirt_schedule::Timestamp;

use crate::{JournalError, MemberId, PoolId, WalletId};

/// What is journalled at first contact with a wallet, and must not change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletOpening {
    /// The chain.
    pub identity: Identity,
    /// The address.
    pub address: Address,
    /// When a block is final.
    pub finality: Finality,
}

impl WalletOpening {
    /// Compares with what was journalled (`self`), for journals. Another address, or the same one
    /// on another network, is another wallet and no change; the same network with another genesis
    /// is a chain that was replaced.
    ///
    /// # Errors
    /// `Changed` for another genesis or finality.
    pub fn check_unchanged(&self, found: &Self) -> Result<(), JournalError> {
        if self.address != found.address || self.identity.network != found.identity.network {
            return Ok(());
        }
        let changed = |what: &str, journalled: String, found: String| {
            Err(JournalError::Changed {
                what: what.to_owned(),
                journalled,
                found,
            })
        };
        if self.identity != found.identity {
            return changed(
                "chain",
                self.identity.to_string(),
                found.identity.to_string(),
            );
        }
        if self.finality != found.finality {
            let words = |finality| match finality {
                Finality::Signalled => "the chain's signal".to_owned(),
                Finality::Depth {
                    confirmations,
                    release_confirmations,
                } => format!("{confirmations} confirmations, {release_confirmations} to give back"),
            };
            return changed("finality", words(self.finality), words(found.finality));
        }
        Ok(())
    }
}

/// A wallet as the journal knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// Its id.
    pub id: WalletId,
    /// What was journalled at first contact.
    pub opening: WalletOpening,
    /// The next nonce; `None` until the chain's was accepted as our first.
    pub next_nonce: Option<u64>,
    /// Why nothing new is planned, if a person or the breaker paused it.
    pub paused: Option<String>,
    /// Why nothing new is planned, if something at its nonces needs a person.
    pub frozen: Option<String>,
    /// Runs in a row with payments that failed at finality.
    pub failed_runs: u32,
    /// The lease's token, as last given out.
    pub token: u64,
}

impl Wallet {
    /// The token that the next lease gets, for journals.
    ///
    /// # Errors
    /// `Corrupt` when there is no higher one.
    pub fn next_token(&self) -> Result<u64, JournalError> {
        let next = self.token.checked_add(1);
        next.ok_or_else(|| JournalError::Corrupt(format!("token {} of {}", self.token, self.id)))
    }
}

/// The right to act for a wallet. Every write carries it and is refused once a higher token
/// exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The wallet.
    pub wallet: WalletId,
    /// Who holds it: host, process and start time.
    pub owner: String,
    /// Only grows.
    pub token: u64,
}

/// An address that is not paid until a person lifts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// The pool.
    pub pool: PoolId,
    /// The member.
    pub member: MemberId,
    /// The address, as text: it may be invalid.
    pub address: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}
