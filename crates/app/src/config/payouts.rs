//! `[pool.NAME.payouts]`: when and what a pool pays.

use paydirt_money::{Amount, Coin};
use paydirt_schedule::{CronSpec, parse_go_duration_ms};

use super::fault::Fault;
use super::section::Section;
use super::words::digits;

/// Confirmations where a node without a finality signal is paid through by `auto`.
const AUTO_CONFIRMATIONS: u64 = 12;
/// Money goes back only so many times deeper than it counts as paid.
const RELEASE_TIMES: u64 = 3;
const CONFIRMATIONS_MAX: u64 = 100_000;
/// Shortest pause between two runs.
const INTERVAL_MIN_MS: u64 = 1_000;
const INTERVAL_MAX_MS: u64 = 366 * 24 * 3_600_000;

/// When a block is to count as final. Decided with a wallet's first contact, and journalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finality {
    /// By the chain's own signal; a chain without one is refused. `release_confirmations` only
    /// says how far back earlier verdicts are looked at again.
    Signalled {
        /// Blocks.
        release_confirmations: u64,
    },
    /// So many blocks below the head.
    Depth {
        /// Blocks until a payment counts as made; at least 1.
        confirmations: u64,
        /// Blocks until money may be given back; at least twice `confirmations`.
        release_confirmations: u64,
    },
    /// By the chain's signal if it has one at first contact, else so many blocks.
    Auto {
        /// Blocks until a payment counts as made.
        confirmations: u64,
        /// Blocks until money may be given back.
        release_confirmations: u64,
    },
}

#[derive(Clone, Copy)]
enum Word {
    Finalized,
    Auto,
    Blocks(u64),
}

/// `confirmations` and `release_confirmations`: of a chain, or of a pool, which has its chain's
/// where it says nothing.
pub(super) fn read_confirmations(
    section: &Section<'_>,
    of_chain: Option<Finality>,
) -> Option<Finality> {
    let default = if of_chain.is_none() {
        Some("finalized")
    } else {
        None
    };
    let set = section.is_set("confirmations");
    let word = section.word_or_number("confirmations", default, word);
    let release = section.whole("release_confirmations", 1..=CONFIRMATIONS_MAX);
    let finality = match (word, of_chain) {
        (Some(word), _) => finality(word, release),
        (None, Some(inherited)) if !set => with_release(inherited, release),
        _ => return None,
    };
    let too_shallow = match finality {
        Finality::Depth {
            confirmations,
            release_confirmations,
        }
        | Finality::Auto {
            confirmations,
            release_confirmations,
        } => release_confirmations < confirmations.saturating_mul(2),
        Finality::Signalled { .. } => false,
    };
    if too_shallow {
        let cure = "give at least twice the confirmations: giving back is what must not be undone";
        section.fault(
            "release_confirmations",
            Fault::new("is not well above confirmations", cure),
        );
        return None;
    }
    Some(finality)
}

fn word(text: &str) -> Result<Word, Fault> {
    let number = digits(text).filter(|number| (1..=CONFIRMATIONS_MAX).contains(number));
    match (text, number) {
        ("finalized", _) => Ok(Word::Finalized),
        ("auto", _) => Ok(Word::Auto),
        (_, Some(blocks)) => Ok(Word::Blocks(blocks)),
        _ => Err(Fault::new(
            "is neither \"finalized\", \"auto\" nor a number of blocks from 1 to 100000",
            "write \"finalized\" where the chain signals finality, else a number of blocks",
        )),
    }
}

fn finality(word: Word, release: Option<u64>) -> Finality {
    let default = |confirmations: u64| confirmations.saturating_mul(RELEASE_TIMES);
    let of_auto = default(AUTO_CONFIRMATIONS);
    match word {
        Word::Finalized => Finality::Signalled {
            release_confirmations: release.unwrap_or(of_auto),
        },
        Word::Auto => Finality::Auto {
            confirmations: AUTO_CONFIRMATIONS,
            release_confirmations: release.unwrap_or(of_auto),
        },
        Word::Blocks(confirmations) => Finality::Depth {
            confirmations,
            release_confirmations: release.unwrap_or(default(confirmations)),
        },
    }
}

fn with_release(inherited: Finality, release: Option<u64>) -> Finality {
    match (inherited, release) {
        (_, None) => inherited,
        (Finality::Signalled { .. }, Some(release_confirmations)) => Finality::Signalled {
            release_confirmations,
        },
        (Finality::Depth { confirmations, .. }, Some(release_confirmations)) => Finality::Depth {
            confirmations,
            release_confirmations,
        },
        (Finality::Auto { confirmations, .. }, Some(release_confirmations)) => Finality::Auto {
            confirmations,
            release_confirmations,
        },
    }
}

/// When runs begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// By a cron spec, on the wall clock of the configured time zone.
    Cron(CronSpec),
    /// So many milliseconds after the last began.
    Interval {
        /// Milliseconds.
        interval_ms: u64,
    },
    /// Only when asked, by `--once`.
    Asked,
}

/// When and what a pool pays: every balance above `minimum`.
#[derive(Clone, Debug)]
pub struct PayoutsConfig {
    /// Whether it pays at all.
    pub enabled: bool,
    /// When runs begin.
    pub when: When,
    /// A balance above it is paid; members may have thresholds of their own.
    pub minimum: Amount,
    /// Peers that each node must have; 0: not asked.
    pub require_peers: u64,
    /// When a block of its wallet's payments is final; alike for all pools of a wallet.
    pub finality: Finality,
    /// Whether Redis is asked for a snapshot to disk after a run with payments.
    pub bgsave: bool,
    /// Runs in a row with payments that failed at finality before the wallet is paused.
    pub breaker_after: u32,
}

/// What a pool has from its chain.
#[derive(Clone, Copy)]
pub(super) struct OfChain {
    pub(super) coin: Coin,
    pub(super) finality: Finality,
    pub(super) require_peers: u64,
}

impl PayoutsConfig {
    pub(super) fn read(section: Section<'_>, chain: Option<OfChain>) -> Option<PayoutsConfig> {
        let enabled = section.flag_or("enabled", true);
        let mode = section.or("mode", "threshold", mode);
        let when = read_when(&section);
        let cure = "write from which balance on members are paid, as minimum = \"0.5 ETH\"";
        let minimum = section.required("minimum", cure, |text| match chain {
            Some(chain) => Ok(Some(Amount::parse(text, chain.coin)?)),
            None => Ok(None),
        });
        let require_peers = section.whole("require_peers", 0..=10_000);
        // Without a chain that could be read, there is nothing to inherit, and a problem already.
        let inherited = chain.map(|chain| chain.finality);
        let finality = match inherited {
            Some(_) => read_confirmations(&section, inherited),
            None => {
                section.ignore(&["confirmations", "release_confirmations"]);
                None
            }
        };
        let bgsave = section.flag_or("bgsave", false);
        let breaker_after = section.whole_or("breaker_after", 3, 1..=1_000);
        section.finish();
        mode?;
        Some(PayoutsConfig {
            enabled,
            when: when?,
            minimum: minimum??,
            require_peers: require_peers.unwrap_or(chain?.require_peers),
            finality: finality?,
            bgsave,
            breaker_after: u32::try_from(breaker_after).ok()?,
        })
    }
}

fn mode(text: &str) -> Result<(), Fault> {
    match text {
        "threshold" => Ok(()),
        "request" => Err(Fault::new(
            "paying on request is not available in this version",
            "write mode = \"threshold\"",
        )),
        _ => Err(Fault::new(
            "is no mode known here",
            "write mode = \"threshold\"",
        )),
    }
}

fn read_when(section: &Section<'_>) -> Option<When> {
    let set = (section.is_set("cron"), section.is_set("interval"));
    let cron = section.optional("cron", |text| Ok(CronSpec::parse(text)?));
    let interval = section.optional("interval", |text| {
        let interval_ms = parse_go_duration_ms(text)?;
        match (INTERVAL_MIN_MS..=INTERVAL_MAX_MS).contains(&interval_ms) {
            true => Ok(interval_ms),
            false => Err(Fault::new(
                "is not from 1s to 8784h",
                "write another interval, as 2h",
            )),
        }
    });
    match set {
        (true, true) => {
            let cure = "remove one of them";
            section.fault("interval", Fault::new("cron is set too", cure));
            None
        }
        (true, false) => cron.map(When::Cron),
        (false, true) => interval.map(|interval_ms| When::Interval { interval_ms }),
        (false, false) => Some(When::Asked),
    }
}
