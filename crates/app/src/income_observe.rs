//! What a pool's chain shows of a day becomes its items of income.

use std::ops::Range;

use paydirt_chain::{Address, Chain, ChainError, IncomeSource, Observation};
use paydirt_schedule::Day;
use paydirt_settlement::income::{self, Noted, ObservedDay};
use paydirt_settlement::{Source, StreamTerms};

use crate::config::{self, ChainConfig, PoolConfig, Settings, SettlementConfig};
use crate::error::AppError;
use crate::income::ItemShown;
use crate::of_pool::{OfPool, stream_names};
use crate::owner::operator;
use crate::wire::{finality_of_others, watcher};

/// A day to be observed.
#[derive(Clone, Debug)]
pub struct ObserveRequest {
    /// The pool.
    pub pool: String,
    /// The day.
    pub day: Day,
    /// The stream; `None`: the only one whose source is the chain.
    pub stream: Option<String>,
    /// Whether a person's entries of income for that day are of something else.
    pub beside_entries: bool,
    /// Whether it may be settled with the next unsettled day, where its own is settled.
    pub late: bool,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum DayObserved {
    /// Nothing was recorded: the chain can still change what came in.
    NotFinal {
        /// What is final, in words.
        reason: String,
    },
    /// These items are in the books, by this observation or an earlier one of the same.
    Items(Vec<ItemShown>),
}

/// Records what came in to a pool's wallets on a day, once.
///
/// # Errors
/// `Usage`, `Policy`: that pool's income can't be observed. `Observing`: nodes didn't answer, or
/// not alike. `Settlement`: the day is not over, is settled, has entries, or was observed with
/// another result; the books'.
pub async fn observe(
    settings: &Settings,
    request: &ObserveRequest,
) -> Result<DayObserved, AppError> {
    let of = OfPool::open(settings, &request.pool).await?;
    let stream = stream(&of, request)?;
    let observer = Observer::of(settings, &request.pool)?;
    let span = observer.span(&of, stream, request.day).await?;
    // Nobody holds the books while nodes are asked.
    let seen = observer.look(&of, request.day, span).await?;
    let how = HowNoted {
        beside_entries: request.beside_entries,
        late: request.late,
        by: &operator(),
    };
    let noted = observer.note(&of, stream, request.day, &seen, &how).await?;
    let items = match noted {
        Noted::NotFinal { reason } => return Ok(DayObserved::NotFinal { reason }),
        Noted::Recorded(items) | Noted::Already(items) => items,
    };
    let (mut session, pool) = of.look().await?;
    let streams = match &pool {
        Some(pool) => stream_names(&mut session, pool).await?,
        None => Vec::new(),
    };
    session.end().await?;
    let shown = |item| ItemShown::named(of.terms.coin, &streams, item);
    Ok(DayObserved::Items(items.into_iter().map(shown).collect()))
}

fn stream<'t>(of: &'t OfPool, request: &ObserveRequest) -> Result<&'t StreamTerms, AppError> {
    if let Some(name) = &request.stream {
        return of.stream(name);
    }
    let observed = |stream: &&StreamTerms| stream.source == Source::Chain;
    let mut streams = of.terms.streams.iter().filter(observed);
    match (streams.next(), streams.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(AppError::usage(
            format!("no stream of pool {} is observed", of.terms.id),
            "give one source = \"chain\" in the configuration, or use `paydirt income record`",
        )),
        (Some(_), Some(_)) => Err(AppError::usage(
            format!("several streams of pool {} are observed", of.terms.id),
            "name one with --stream",
        )),
    }
}

/// How an observation is recorded.
pub(crate) struct HowNoted<'a> {
    pub(crate) beside_entries: bool,
    pub(crate) late: bool,
    pub(crate) by: &'a str,
}

/// Where a pool's income is seen, and who is who there.
pub struct Observer {
    chain: paydirt_ethereum::Ethereum,
    finality: config::Finality,
    wallets: Vec<Address>,
    own: Vec<Address>,
    senders: Vec<Address>,
}

impl Observer {
    /// Of a pool of the configuration.
    ///
    /// # Errors
    /// `Usage`, `Policy`: its income can't be observed.
    pub fn of(settings: &Settings, name: &str) -> Result<Self, AppError> {
        let Some((pool, settlement, chain)) = found(settings, name) else {
            return Err(AppError::usage(
                format!("pool {name} has no income to be observed"),
                "describe it with ledger = \"sql\" in the configuration",
            ));
        };
        let ChainConfig::Ethereum(ethereum) = chain else {
            return Err(AppError::Policy {
                what: format!(
                    "Filecoin's income can't be observed in this version, and pool {name} is of \
                     Filecoin"
                ),
                cure: "record it with `paydirt income record`".into(),
            });
        };
        if settlement.wallets.is_empty() {
            return Err(AppError::usage(
                format!("pool {name} has no wallets that something could come in to"),
                "list their addresses as wallets = [\"0x…\"] in its section",
            ));
        }
        let finality = pool
            .payouts
            .as_ref()
            .map_or(ethereum.finality, |payouts| payouts.finality);
        let (wallets, senders) = (
            addresses(name, &settlement.wallets)?,
            addresses(name, &settlement.income_senders)?,
        );
        // What the paying wallet sends to another one is no income either.
        let paying = pool.wallet.as_ref();
        let paying = paying.and_then(|wallet| settings.wallets.get(wallet)?.address.clone());
        let mut own = wallets.clone();
        own.extend(addresses(name, &Vec::from_iter(paying))?);
        Ok(Self {
            chain: watcher(&pool.chain, ethereum)?,
            finality,
            wallets,
            own,
            senders,
        })
    }

    /// The seconds of a day, which must be over.
    pub(crate) async fn span(
        &self,
        of: &OfPool,
        stream: &StreamTerms,
        day: Day,
    ) -> Result<Range<u64>, AppError> {
        let mut session = of.books.look().await?;
        let span = income::span_s(&mut session, &of.terms, stream, day, of.now).await;
        session.end().await?;
        Ok(span?)
    }

    /// Asks the nodes what came in.
    pub(crate) async fn look(
        &self,
        of: &OfPool,
        day: Day,
        span_s: Range<u64>,
    ) -> Result<Observation, AppError> {
        self.ask(span_s).await.map_err(|error| AppError::Observing {
            pool: of.terms.id.to_string(),
            day,
            error: Box::new(error),
        })
    }

    /// Records what was seen, once.
    pub(crate) async fn note(
        &self,
        of: &OfPool,
        stream: &StreamTerms,
        day: Day,
        seen: &Observation,
        how: &HowNoted<'_>,
    ) -> Result<Noted, AppError> {
        let (mut session, _) = of.begin().await?;
        let observed = ObservedDay {
            pool: &of.terms,
            stream,
            day,
            own: &self.own,
            senders: &self.senders,
            beside_entries: how.beside_entries,
            late: how.late,
            by: how.by,
            now: of.now,
        };
        let noted = income::observe(&mut session, &observed, seen).await?;
        match noted {
            Noted::NotFinal { .. } => session.end().await?,
            Noted::Recorded(_) | Noted::Already(_) => session.commit().await?,
        }
        Ok(noted)
    }

    async fn ask(&self, span_s: Range<u64>) -> Result<Observation, ChainError> {
        self.chain.identify(None).await?;
        let finality = finality_of_others(&self.chain, self.finality).await?;
        self.chain.observe(span_s, &self.wallets, finality).await
    }
}

fn found<'s>(
    settings: &'s Settings,
    name: &str,
) -> Option<(&'s PoolConfig, &'s SettlementConfig, &'s ChainConfig)> {
    let pool = settings.pools.get(name)?;
    let chain = settings.chains.get(&pool.chain)?;
    Some((pool, pool.settlement()?, chain))
}

fn addresses(pool: &str, texts: &[String]) -> Result<Vec<Address>, AppError> {
    let read = |text: &String| {
        paydirt_ethereum::parse_address(text).map_err(|error| {
            AppError::usage(
                format!("pool {pool}: {text} is no address: {}", error.reason),
                "correct it in the configuration",
            )
        })
    };
    texts.iter().map(read).collect()
}
