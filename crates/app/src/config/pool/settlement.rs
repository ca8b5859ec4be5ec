//! `ledger = "sql"`: how a pool's days are settled.

use std::collections::BTreeMap;

use paydirt_money::Coefficient;
use paydirt_schedule::{CronSpec, Day};

use super::stream::StreamConfig;
use crate::config::addresses::AddressForm;
use crate::config::chain::ChainConfig;
use crate::config::fault::Fault;
use crate::config::section::Section;

const SETTLE_CRON: &str = "15 0 * * *";
const MAX_IMPORT_ROWS: u64 = 100_000;
const IMPORT_ROWS_LIMIT: u64 = 20_000_000;
/// Its keys.
pub(super) const KEYS: [&str; 13] = [
    "first_day",
    "settle_cron",
    "miners",
    "wallets",
    "income_senders",
    "whole",
    "power_basis",
    "power_fallback",
    "oversold",
    "coefficient",
    "losses",
    "max_import_rows",
    "stream",
];

/// How a pool's days are settled: what comes in, and how it is shared.
#[derive(Clone, Debug)]
pub struct SettlementConfig {
    /// Settling begins with this day.
    pub first_day: Day,
    /// The earliest time: a day settles once its income is final.
    pub settle_cron: CronSpec,
    /// The pool's storage miners, by their id addresses.
    pub miners: Vec<String>,
    /// Ordinary wallets that belong to the pool and to no miner.
    pub wallets: Vec<String>,
    /// Who sends income to such a wallet: what comes from others is unclassified until a person
    /// has looked at it.
    pub income_senders: Vec<String>,
    /// What an order's weight is a part of.
    pub whole: Whole,
    /// What becomes of a day on which more was sold than there is.
    pub oversold: Oversold,
    /// What an order's power counts by where neither its row nor its import says.
    pub coefficient: Coefficient,
    /// What becomes of a day below zero.
    pub losses: Losses,
    /// Most rows of an imported file, 1 to 20,000,000.
    pub max_import_rows: u64,
    /// Its streams of income by name; at least one.
    pub streams: BTreeMap<String, StreamConfig>,
}

/// What an order's weight is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// The pool's power at the day's end: what isn't sold stays with the pool.
    Pool {
        /// Which power.
        basis: PowerBasis,
        /// Where it isn't known.
        fallback: PowerFallback,
    },
    /// The sum of all weights.
    Sold,
}

/// Which power of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerBasis {
    /// The bytes that are stored.
    Raw,
    /// Those bytes, verified deals counting more.
    QualityAdjusted,
}

/// Where a day's power isn't known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerFallback {
    /// The day waits.
    None,
    /// The last known one is taken, and that is shown.
    Previous,
}

/// What becomes of a day on which the weights are more than the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oversold {
    /// It waits.
    Refuse,
    /// Its income is shared by the sum of the weights.
    Scale,
}

/// What becomes of a day below zero, which settles as 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Losses {
    /// The loss is booked.
    Book,
    /// It is carried into the next day.
    Carry,
}

impl SettlementConfig {
    pub(super) fn read(
        section: &Section<'_>,
        chain: Option<&ChainConfig>,
    ) -> Option<SettlementConfig> {
        let cure = "write the day with which settling begins, as first_day = \"2026-11-01\"";
        let first_day = section.required("first_day", cure, |text| Ok(text.parse::<Day>()?));
        let settle_cron = section.or("settle_cron", SETTLE_CRON, |text| {
            Ok(CronSpec::parse(text)?)
        });
        let form = chain.map(AddressForm::of);
        let miners = section.list("miners", |text| of_chain(form, text, AddressForm::miner));
        let address = |text: &str| of_chain(form, text, AddressForm::address);
        let wallets = section.list("wallets", address);
        let income_senders = section.list("income_senders", address);
        let whole = read_whole(section);
        let words = [("refuse", Oversold::Refuse), ("scale", Oversold::Scale)];
        let oversold = section.choice("oversold", "refuse", &words);
        let coefficient = section.word_or_number("coefficient", Some("1"), |text| {
            Ok(Coefficient::parse(text)?)
        });
        let words = [("book", Losses::Book), ("carry", Losses::Carry)];
        let losses = section.choice("losses", "book", &words);
        let max_import_rows =
            section.whole_or("max_import_rows", MAX_IMPORT_ROWS, 1..=IMPORT_ROWS_LIMIT);
        let streams = read_streams(section);
        Some(SettlementConfig {
            first_day: first_day?,
            settle_cron: settle_cron?,
            miners: miners?,
            wallets: wallets?,
            income_senders: income_senders?,
            whole: whole?,
            oversold: oversold?,
            coefficient: coefficient?,
            losses: losses?,
            max_import_rows,
            streams: streams?,
        })
    }
}

/// Without a chain that could be read, there is a problem already.
fn of_chain<'c>(
    form: Option<AddressForm<'c>>,
    text: &str,
    read: impl Fn(AddressForm<'c>, &str) -> Result<String, Fault>,
) -> Result<String, Fault> {
    form.map_or_else(|| Ok(text.to_owned()), |form| read(form, text))
}

fn read_whole(section: &Section<'_>) -> Option<Whole> {
    let whole = section.choice("whole", "pool", &[("pool", true), ("sold", false)]);
    let words = [
        ("raw", PowerBasis::Raw),
        ("quality-adjusted", PowerBasis::QualityAdjusted),
    ];
    let cure = "say which power is meant: power_basis = \"raw\" or \"quality-adjusted\"";
    if whole == Some(false) {
        section.refuse(
            &["power_basis", "power_fallback"],
            "is only for whole = \"pool\"",
        );
        return Some(Whole::Sold);
    }
    let parse = |text: &str| crate::config::words::one_of(text, &words);
    let basis = section.required("power_basis", cure, parse);
    let words = [
        ("none", PowerFallback::None),
        ("previous", PowerFallback::Previous),
    ];
    let fallback = section.choice("power_fallback", "none", &words);
    whole?;
    Some(Whole::Pool {
        basis: basis?,
        fallback: fallback?,
    })
}

fn read_streams(section: &Section<'_>) -> Option<BTreeMap<String, StreamConfig>> {
    let found = section.named("stream");
    let count = found.len();
    if count == 0 && !section.is_set("stream") {
        let cure = "add a section for each stream of income, as [pool.NAME.stream.mainnet]";
        section.fault("stream", Fault::new("is missing", cure));
    }
    let read = |(name, section)| Some((name, StreamConfig::read(section)?));
    let streams: BTreeMap<_, _> = found.into_iter().filter_map(read).collect();
    (count > 0 && streams.len() == count).then_some(streams)
}
