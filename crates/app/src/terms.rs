//! What the configuration says of a pool, in the words that settling goes by.

use paydirt_books::PowerBasis;
use paydirt_earnings::Oversold;
use paydirt_ledger::PoolId;
use paydirt_money::Portion;
use paydirt_schedule::Day;
use paydirt_settlement::{
    Credit, Due, Losses, PoolTerms, PowerFallback, Source, StreamTerms, VestingTerms, Whole,
};

use crate::config::{self, Settings, SettlementConfig, StreamConfig, VestingConfig};
use crate::error::AppError;
use crate::wire::Scope;

/// The terms of a pool whose days are settled.
///
/// # Errors
/// `Usage`: there is no such pool, or its own program credits its members.
pub fn pool_terms(settings: &Settings, name: &str) -> Result<PoolTerms, AppError> {
    let scope = Scope {
        pool: Some(name.to_owned()),
    };
    let pools = scope.pools(settings)?;
    let found = pools.first().and_then(|(_, pool)| {
        let chain = settings.chains.get(&pool.chain)?;
        Some((pool.settlement()?, pool.settle_schedule()?, chain.coin()))
    });
    let Some((settlement, schedule, coin)) = found else {
        return Err(AppError::usage(
            format!("pool {name} has ledger = \"redis\": its own program settles its days"),
            match settled_pools(settings).as_slice() {
                [] => "describe a pool with ledger = \"sql\" in the configuration".to_owned(),
                names => format!("name one of: {}", names.join(", ")),
            },
        ));
    };
    let (whole, power_fallback) = whole_of(settlement);
    Ok(PoolTerms {
        id: PoolId::new(name),
        coin,
        first_day: settlement.first_day,
        schedule,
        whole,
        power_fallback,
        oversold: match settlement.oversold {
            config::Oversold::Refuse => Oversold::Refuse,
            config::Oversold::Scale => Oversold::Scale,
        },
        coefficient: settlement.coefficient,
        losses: match settlement.losses {
            config::Losses::Book => Losses::Book,
            config::Losses::Carry => Losses::Carry,
        },
        streams: streams_of(settlement)?,
    })
}

/// The pools whose days are settled, by name.
#[must_use]
pub fn settled_pools(settings: &Settings) -> Vec<&str> {
    let settled = |(_, pool): &(&String, &config::PoolConfig)| pool.settlement().is_some();
    let pools = settings.pools.iter().filter(settled);
    pools.map(|(name, _)| name.as_str()).collect()
}

/// The terms of the pool that is named, or of all that are settled; at least one.
///
/// # Errors
/// `Usage`: there is no such pool, or none.
pub fn terms_of(settings: &Settings, scope: &Scope) -> Result<Vec<PoolTerms>, AppError> {
    let names = match &scope.pool {
        Some(name) => vec![name.as_str()],
        None => settled_pools(settings),
    };
    if names.is_empty() {
        return Err(AppError::usage(
            "the configuration has no pool whose days are settled",
            "give one with ledger = \"sql\", by --config FILE",
        ));
    }
    let terms = names.into_iter().map(|name| pool_terms(settings, name));
    terms.collect()
}

/// The stream of this name.
///
/// # Errors
/// `Usage`, naming those that there are.
pub fn stream_of<'t>(terms: &'t PoolTerms, name: &str) -> Result<&'t StreamTerms, AppError> {
    let found = terms.streams.iter().find(|stream| stream.name == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = terms.streams.iter().map(|it| it.name.as_str()).collect();
        AppError::usage(
            format!("pool {} has no stream {name:?}", terms.id),
            format!("name one of: {}", names.join(", ")),
        )
    })
}

fn whole_of(settlement: &SettlementConfig) -> (Whole, PowerFallback) {
    match settlement.whole {
        config::Whole::Sold => (Whole::Sold, PowerFallback::None),
        config::Whole::Pool { basis, fallback } => {
            let basis = match basis {
                config::PowerBasis::Raw => PowerBasis::Raw,
                config::PowerBasis::QualityAdjusted => PowerBasis::QualityAdjusted,
            };
            let fallback = match fallback {
                config::PowerFallback::None => PowerFallback::None,
                config::PowerFallback::Previous => PowerFallback::Previous,
            };
            (Whole::Pool(basis), fallback)
        }
    }
}

fn streams_of(settlement: &SettlementConfig) -> Result<Vec<StreamTerms>, AppError> {
    let streams = settlement.streams.iter();
    streams
        .map(|(name, stream)| stream_terms(name, stream))
        .collect()
}

fn stream_terms(name: &str, stream: &StreamConfig) -> Result<StreamTerms, AppError> {
    Ok(StreamTerms {
        name: name.to_owned(),
        source: match stream.source {
            config::IncomeSource::Chain => Source::Chain,
            config::IncomeSource::Entry => Source::Entry,
        },
        credit: match stream.credit {
            config::Credit::Available => Credit::Available,
            config::Credit::Transfer => Credit::Transfer,
        },
        vesting: vesting_of(&stream.vesting)?,
        from: stream.from,
        // In the configuration, the first day that is not of the stream any more.
        until: stream.until.map(Day::prev).transpose()?,
        due: match stream.due {
            config::Due::Daily => Due::Daily,
            config::Due::WhenRecorded => Due::WhenRecorded,
        },
    })
}

fn vesting_of(vesting: &VestingConfig) -> Result<Option<VestingTerms>, AppError> {
    let (immediate_millionths, linear_days, dates) = match vesting {
        VestingConfig::AtOnce => return Ok(None),
        VestingConfig::Linear {
            immediate_millionths,
            days,
        } => (*immediate_millionths, Some(*days), Vec::new()),
        VestingConfig::Dates {
            immediate_millionths,
            dates,
        } => (*immediate_millionths, None, dates.clone()),
    };
    Ok(Some(VestingTerms {
        immediate: Portion::from_millionths(immediate_millionths)?,
        linear_days,
        dates,
    }))
}
