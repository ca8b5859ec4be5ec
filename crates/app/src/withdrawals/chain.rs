//! The pool's chain, for one who looks up what was paid from outside.

use paydirt_chain::{Address, Chain, ChainError, Finality, TxId};
use paydirt_ethereum::Ethereum;
use paydirt_money::Amount;
use paydirt_schedule::Day;
use paydirt_withdrawals::WithdrawalError;
use paydirt_withdrawals::look::{self, Seen, Sought};

use super::terms;
use crate::config::{self, ChainConfig, Settings};
use crate::error::AppError;
use crate::wire::{finality_of_others, watcher};

/// Hexadecimal digits of a transaction's hash.
const HASH_DIGITS: usize = 64;

/// Where payments are looked up, and whose they may be.
pub(super) struct Watch {
    chain: Ethereum,
    finality: config::Finality,
    payers: Vec<Address>,
}

impl Watch {
    /// Of a pool of the configuration. Nothing is asked yet.
    pub(super) fn of(settings: &Settings, name: &str) -> Result<Self, AppError> {
        let pool = settings.pools.get(name);
        let of = pool.and_then(|pool| Some((pool, settings.chains.get(&pool.chain)?)));
        let Some((pool, chain)) = of else {
            return Err(AppError::usage(
                format!("there is no pool {name:?} in the configuration"),
                "name one that exists",
            ));
        };
        let ChainConfig::Ethereum(ethereum) = chain else {
            return Err(AppError::Policy {
                what: format!(
                    "pool {name} is of Filecoin, where this version can't look payments up"
                ),
                cure: "nothing is recorded as paid without the chain's evidence".into(),
            });
        };
        let payers = terms::payers(settings, pool, chain);
        if payers.is_empty() {
            return Err(AppError::Policy {
                what: format!("pool {name} has no wallet whose address is known, and no payers"),
                cure: format!("set payers in [pool.{name}.payouts], or address in its wallet"),
            });
        }
        let payouts = pool.payouts.as_ref();
        Ok(Self {
            chain: watcher(&pool.chain, ethereum)?,
            finality: payouts.map_or(ethereum.finality, |payouts| payouts.finality),
            payers: payers.into_iter().map(Address::canonical).collect(),
        })
    }

    /// Looks up the transaction that is said to have paid exactly this.
    pub(super) async fn transaction(
        &self,
        tx: &TxId,
        recipient: &str,
        amount: Amount,
        since: (Day, u64),
    ) -> Result<Seen, AppError> {
        let recipient = Address::canonical(recipient);
        let sought = self.sought(&recipient, amount, since).await?;
        Ok(look::transaction(&self.chain, tx, &sought).await?)
    }

    /// Transactions that pay exactly this, from the beginning (unix seconds) of a day on.
    pub(super) async fn payments_since(
        &self,
        recipient: &str,
        amount: Amount,
        since: (Day, u64),
    ) -> Result<Vec<TxId>, AppError> {
        let recipient = Address::canonical(recipient);
        let sought = self.sought(&recipient, amount, since).await?;
        let found = look::payments_since(&self.chain, &sought).await?;
        Ok(found.into_iter().map(|it| it.id).collect())
    }

    /// Whose payments are looked for.
    pub(super) fn payers(&self) -> Vec<&str> {
        self.payers.iter().map(Address::as_str).collect()
    }

    async fn sought<'a>(
        &'a self,
        recipient: &'a Address,
        amount: Amount,
        since: (Day, u64),
    ) -> Result<Sought<'a>, AppError> {
        Ok(Sought {
            recipient,
            amount: amount.to_base_units()?,
            payers: &self.payers,
            since,
            finality: self.finality().await.map_err(WithdrawalError::from)?,
        })
    }

    async fn finality(&self) -> Result<Finality, ChainError> {
        self.chain.identify(None).await?;
        finality_of_others(&self.chain, self.finality).await
    }
}

/// A transaction's hash as it is typed.
pub(super) fn transaction_id(text: &str) -> Result<TxId, AppError> {
    let digits = text.strip_prefix("0x").unwrap_or_default();
    let is_hash = digits.len() == HASH_DIGITS && digits.bytes().all(|it| it.is_ascii_hexdigit());
    match is_hash {
        true => Ok(TxId::new(text.to_lowercase())),
        false => Err(AppError::usage(
            format!("{text:?} is no transaction's hash"),
            "write 0x and 64 hexadecimal digits",
        )),
    }
}
