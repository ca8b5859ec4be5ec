//! `[pool.NAME.payouts]`: when and what a pool pays.

use paydirt_money::{Amount, Coin};
use paydirt_schedule::{CronSpec, parse_go_duration_ms};

use super::addresses::AddressForm;
use super::chain::ChainConfig;
use super::fault::Fault;
use super::finality::{Finality, read_confirmations};
use super::pool::LedgerKind;
use super::section::Section;
use super::words::one_of;

/// Shortest pause between two runs.
const INTERVAL_MIN_MS: u64 = 1_000;
const INTERVAL_MAX_MS: u64 = 366 * 24 * 3_600_000;
/// How long a further address of a member waits, unless the configuration says otherwise.
const COOL_DOWN: &str = "24h";
/// Filecoin's epochs after which a tipset is final without a signal.
const FILECOIN_FINALITY_EPOCHS: u64 = 900;

/// When runs begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// By a cron spec, on the wall clock of the pool's time zone.
    Cron(CronSpec),
    /// So many milliseconds after the last began.
    Interval {
        /// Milliseconds.
        interval_ms: u64,
    },
    /// Only when asked, by `--once`.
    Asked,
}

/// Who is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayoutMode {
    /// Every balance above the minimum, whole.
    Threshold,
    /// Who asks, once that is approved.
    Request(RequestTerms),
}

/// What holds for requests of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestTerms {
    /// A request, or its member's sum of the day, above it waits for approval; `None`: each does.
    pub approve_above: Option<Amount>,
    /// Most that goes out in a day; `None`: nothing may be asked for.
    pub daily_cap: Option<Amount>,
    /// Most of one withdrawal; without it, `daily_cap`.
    pub withdrawal_cap: Option<Amount>,
    /// Most that a member asks for in a day; without it, `daily_cap`.
    pub member_daily_cap: Option<Amount>,
    /// Milliseconds after which an address that is not its member's first can be used.
    pub address_cool_down_ms: u64,
    /// Who bears the network's fee.
    pub network_fee: NetworkFee,
}

/// Who bears the network's fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkFee {
    /// The pool.
    Pool,
    /// The member who is paid.
    Member,
    /// Both, half each.
    Shared,
}

/// When and what a pool pays.
#[derive(Clone, Debug)]
pub struct PayoutsConfig {
    /// Whether it pays at all.
    pub enabled: bool,
    /// Who is paid.
    pub mode: PayoutMode,
    /// When runs begin.
    pub when: When,
    /// A balance above it is paid, members may have thresholds of their own; or the least that may
    /// be asked for.
    pub minimum: Amount,
    /// Peers that each node must have; 0: not asked.
    pub require_peers: u64,
    /// When a block of its wallet's payments is final; alike for all pools of a wallet.
    pub finality: Finality,
    /// Whether Redis is asked for a snapshot to disk after a run with payments.
    pub bgsave: bool,
    /// Runs in a row with payments that failed at finality before the wallet is paused.
    pub breaker_after: u32,
    /// Who else pays members: addresses, as they were written, whose transactions may be recorded
    /// for withdrawals that failed, beside the pool's own wallet's.
    pub payers: Vec<String>,
}

/// What a pool has from its chain.
#[derive(Clone, Copy)]
pub(super) struct OfChain {
    pub(super) coin: Coin,
    finality: Finality,
    require_peers: u64,
}

impl OfChain {
    pub(super) fn new(chain: &ChainConfig) -> OfChain {
        let (finality, require_peers) = match chain {
            ChainConfig::Ethereum(chain) => (chain.finality, chain.require_peers),
            ChainConfig::Filecoin(_) => {
                let release_confirmations = FILECOIN_FINALITY_EPOCHS;
                let finality = Finality::Signalled {
                    release_confirmations,
                };
                (finality, 0)
            }
        };
        OfChain {
            coin: chain.coin(),
            finality,
            require_peers,
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Word {
    Threshold,
    Request,
}

impl PayoutsConfig {
    pub(super) fn read(
        section: Section<'_>,
        chain: Option<OfChain>,
        form: Option<AddressForm<'_>>,
        ledger: LedgerKind,
    ) -> Option<PayoutsConfig> {
        let enabled = section.flag_or("enabled", true);
        let mode = read_mode(&section, chain, ledger);
        let when = read_when(&section);
        let cure = "write from which balance on members are paid, as minimum = \"0.5 ETH\"";
        let minimum = section.required("minimum", cure, |text| amount(text, chain));
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
        let bgsave = read_bgsave(&section, ledger);
        let breaker_after = section.whole_or("breaker_after", 3, 1..=1_000);
        let payers = read_payers(&section, form, ledger);
        section.finish();
        Some(PayoutsConfig {
            enabled,
            mode: mode?,
            when: when?,
            minimum: minimum??,
            require_peers: require_peers.unwrap_or(chain?.require_peers),
            finality: finality?,
            bgsave,
            breaker_after: u32::try_from(breaker_after).ok()?,
            payers: payers?,
        })
    }
}

/// An amount of the pool's coin; `None` without a chain that could be read.
fn amount(text: &str, chain: Option<OfChain>) -> Result<Option<Amount>, Fault> {
    let coin = chain.map(|chain| chain.coin);
    Ok(coin.map(|coin| Amount::parse(text, coin)).transpose()?)
}

fn read_mode(
    section: &Section<'_>,
    chain: Option<OfChain>,
    ledger: LedgerKind,
) -> Option<PayoutMode> {
    const OF_REQUESTS: [&str; 6] = [
        "approve_above",
        "daily_cap",
        "withdrawal_cap",
        "member_daily_cap",
        "address_cool_down",
        "network_fee",
    ];
    let words = [("threshold", Word::Threshold), ("request", Word::Request)];
    let word = section.or("mode", "threshold", |text| one_of(text, &words));
    if ledger == LedgerKind::Redis {
        section.refuse(&OF_REQUESTS, "is only for ledger = \"sql\"");
        if word == Some(Word::Request) {
            let what = "open-ethereum-pool's members are paid above the minimum, not on request";
            section.fault("mode", Fault::new(what, "write mode = \"threshold\""));
        }
        return word.map(|_| PayoutMode::Threshold);
    }
    let approve_above = section.optional("approve_above", |text| amount(text, chain));
    let daily_cap = section.optional("daily_cap", |text| amount(text, chain));
    let withdrawal_cap = section.optional("withdrawal_cap", |text| amount(text, chain));
    let member_daily_cap = section.optional("member_daily_cap", |text| amount(text, chain));
    let cool_down = section.or("address_cool_down", COOL_DOWN, |text| {
        Ok(parse_go_duration_ms(text)?)
    });
    let fees = [
        ("pool", NetworkFee::Pool),
        ("member", NetworkFee::Member),
        ("shared", NetworkFee::Shared),
    ];
    let network_fee = section.choice("network_fee", "pool", &fees);
    if matches!(network_fee, Some(NetworkFee::Member | NetworkFee::Shared)) {
        let what = "only pool is paid in this version: members get what they asked for";
        let fault = Fault::new(what, "write network_fee = \"pool\"");
        section.fault("network_fee", fault);
    }
    if word == Some(Word::Threshold) {
        for key in OF_REQUESTS.into_iter().filter(|key| section.is_set(key)) {
            let cure = "remove it, or write mode = \"request\"";
            section.fault(key, Fault::new("is only for mode = \"request\"", cure));
        }
    }
    match word? {
        Word::Threshold => Some(PayoutMode::Threshold),
        Word::Request => Some(PayoutMode::Request(RequestTerms {
            approve_above: approve_above.flatten(),
            daily_cap: daily_cap.flatten(),
            withdrawal_cap: withdrawal_cap.flatten(),
            member_daily_cap: member_daily_cap.flatten(),
            address_cool_down_ms: cool_down?,
            network_fee: network_fee?,
        })),
    }
}

/// Who else pays members of a pool in the books.
fn read_payers(
    section: &Section<'_>,
    form: Option<AddressForm<'_>>,
    ledger: LedgerKind,
) -> Option<Vec<String>> {
    if ledger == LedgerKind::Redis {
        section.refuse(&["payers"], "is only for ledger = \"sql\"");
        return Some(Vec::new());
    }
    section.list("payers", |text| match form {
        Some(form) => form.address(text),
        None => Ok(text.to_owned()),
    })
}

fn read_bgsave(section: &Section<'_>, ledger: LedgerKind) -> bool {
    match ledger {
        LedgerKind::Redis => section.flag_or("bgsave", false),
        LedgerKind::Sql => {
            section.refuse(&["bgsave"], "is only for ledger = \"redis\"");
            false
        }
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
