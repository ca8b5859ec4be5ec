//! `[pool.NAME]`: who is owed, from which ledger, and which wallet pays.

mod redis;
mod settlement;
mod stream;
mod vesting;
mod zones;

use paydirt_schedule::{DaySchedule, Tz, ZoneHistory};

use super::addresses::AddressForm;
use super::chain::Chains;
use super::environment::Environment;
use super::payouts::{OfChain, PayoutsConfig};
use super::section::Section;
use super::words::{existing, one_of};

pub use redis::RedisConfig;
pub use settlement::{Losses, Oversold, PowerBasis, PowerFallback, SettlementConfig, Whole};
pub use stream::{Credit, Due, IncomeSource, StreamConfig};
pub use vesting::VestingConfig;

/// A pool: its ledger, and the wallet that pays its members.
#[derive(Clone, Debug)]
pub struct PoolConfig {
    /// Its chain, by name; the chain exists.
    pub chain: String,
    /// Its wallet, by name; the wallet exists and is of that chain. Set where there are payouts.
    pub wallet: Option<String>,
    /// The zone of its days and of its cron specs.
    pub zones: ZoneHistory,
    /// Who is owed.
    pub ledger: LedgerConfig,
    /// When and what it pays; `None`: it only earns.
    pub payouts: Option<PayoutsConfig>,
}

/// Where a pool's balances are kept.
#[derive(Clone, Debug)]
pub enum LedgerConfig {
    /// In open-ethereum-pool's keys in Redis; that pool's own program credits them.
    Redis(RedisConfig),
    /// In the books; its days are settled.
    Sql(Box<SettlementConfig>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LedgerKind {
    Redis,
    Sql,
}

impl PoolConfig {
    /// The wallet that pays it, by name, and how; `None`: it is not paid.
    #[must_use]
    pub fn paid(&self) -> Option<(&str, &PayoutsConfig)> {
        self.wallet.as_deref().zip(self.payouts.as_ref())
    }

    /// How its days are settled; `None` for a pool whose own program credits.
    #[must_use]
    pub fn settlement(&self) -> Option<&SettlementConfig> {
        match &self.ledger {
            LedgerConfig::Sql(settlement) => Some(settlement),
            LedgerConfig::Redis(_) => None,
        }
    }

    /// When its days are due to be settled; `None` for a pool whose own program credits.
    #[must_use]
    pub fn settle_schedule(&self) -> Option<DaySchedule> {
        let spec = self.settlement()?.settle_cron.clone();
        Some(DaySchedule::new(spec, self.zones.clone()))
    }

    /// Its Redis; `None` for a pool in the books.
    #[must_use]
    pub fn redis(&self) -> Option<&RedisConfig> {
        match &self.ledger {
            LedgerConfig::Redis(redis) => Some(redis),
            LedgerConfig::Sql(_) => None,
        }
    }
}

/// What a pool is read against.
pub(super) struct PoolContext<'c> {
    pub(super) environment: &'c Environment,
    pub(super) chains: &'c Chains<'c>,
    pub(super) wallet_names: &'c [String],
    /// Where a pool says nothing else.
    pub(super) time_zone: Option<Tz>,
}

impl PoolConfig {
    pub(super) fn read(section: Section<'_>, context: &PoolContext<'_>) -> Option<PoolConfig> {
        let cure = "name the pool's chain, as chain = \"eth\"";
        let chain = section.required("chain", cure, |text| context.chains.named(text));
        let words = [("redis", LedgerKind::Redis), ("sql", LedgerKind::Sql)];
        let cure = "write ledger = \"redis\" for an open-ethereum-pool, else ledger = \"sql\"";
        let kind = section.required("ledger", cure, |text| one_of(text, &words));
        let zones = zones::read(&section, context.time_zone);
        let of_chain = chain.as_deref().and_then(|name| context.chains.get(name));
        let ledger = kind.and_then(|kind| match kind {
            LedgerKind::Redis => {
                section.refuse(&settlement::KEYS, "is only for ledger = \"sql\"");
                redis::read(&section, context.environment).map(LedgerConfig::Redis)
            }
            LedgerKind::Sql => {
                section.refuse(&redis::KEYS, "is only for ledger = \"redis\"");
                let settlement = SettlementConfig::read(&section, of_chain);
                settlement.map(|settlement| LedgerConfig::Sql(Box::new(settlement)))
            }
        });
        // Without a kind there is a problem already.
        let Some(kind) = kind else {
            section.ignore(&settlement::KEYS);
            section.ignore(&redis::KEYS);
            section.ignore(&["wallet", "payouts"]);
            section.finish();
            return None;
        };
        let is_paid = kind == LedgerKind::Redis || section.is_set("payouts");
        let wallet = read_wallet(&section, is_paid, context.wallet_names);
        let payouts = is_paid.then(|| {
            let form = of_chain.map(AddressForm::of);
            let of_chain = of_chain.map(OfChain::new);
            PayoutsConfig::read(section.below("payouts"), of_chain, form, kind)
        });
        section.ignore(&["payouts"]);
        section.finish();
        let payouts = match payouts {
            Some(read) => Some(read?),
            None => None,
        };
        Some(PoolConfig {
            chain: chain?,
            wallet: wallet?,
            zones: zones?,
            ledger: ledger?,
            payouts,
        })
    }
}

/// The wallet, which must be named only where it pays.
fn read_wallet(
    section: &Section<'_>,
    is_paid: bool,
    wallet_names: &[String],
) -> Option<Option<String>> {
    let named = |text: &str| existing(text, "wallet", wallet_names);
    if is_paid {
        let cure = "name the wallet that pays, as wallet = \"eth_hot\"";
        return section.required("wallet", cure, named).map(Some);
    }
    let set = section.is_set("wallet");
    let wallet = section.optional("wallet", named);
    (wallet.is_some() || !set).then_some(wallet)
}
