//! Transfers: what a stream collected, moved to what is available.

use paydirt_books::{Collected, Transfer, TransferLine};
use paydirt_money::Coin;
use serde_json::json;

use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::{OfPool, named, stream_names};
use crate::owner::operator;

/// What a transfer moves, or would move.
#[derive(Clone, Debug)]
pub struct TransferPlan {
    /// The pool's coin.
    pub coin: Coin,
    /// The sums.
    pub sums: Collected,
    /// Each member's figures before and after.
    pub lines: Vec<TransferLine>,
}

/// A transfer in the books.
#[derive(Clone, Debug)]
pub struct TransferShown {
    /// The pool's coin.
    pub coin: Coin,
    /// The stream.
    pub stream: String,
    /// The transfer.
    pub transfer: Transfer,
    /// Its lines, if they were asked for.
    pub lines: Vec<TransferLine>,
}

/// What a transfer would move now.
///
/// # Errors
/// `Usage`; the books'.
pub async fn plan(settings: &Settings, pool: &str, stream: &str) -> Result<TransferPlan, AppError> {
    let of = OfPool::open(settings, pool).await?;
    let stream = of.stream(stream)?;
    let mut plan = TransferPlan {
        coin: of.terms.coin,
        sums: Collected::default(),
        lines: Vec::new(),
    };
    let (mut session, Some(pool)) = of.look().await? else {
        return Ok(plan);
    };
    let streams = session.streams(pool.number).await?;
    if let Some(number) = streams.get(&stream.name) {
        let lines = &mut plan.lines;
        plan.sums = session
            .for_each_collected(pool.number, *number, |line| {
                lines.push(line);
                Ok::<(), AppError>(())
            })
            .await?;
    }
    session.end().await?;
    Ok(plan)
}

/// Moves all that a stream has collected to what is available; `None` when that is nothing, or
/// not what was `planned` any more: then nothing is moved.
///
/// # Errors
/// `Usage`; `Changed` when others changed what is to be moved since it was planned; the books'.
pub async fn run(
    settings: &Settings,
    pool: &str,
    stream: &str,
    planned: &Collected,
) -> Result<Option<TransferShown>, AppError> {
    let of = OfPool::open(settings, pool).await?;
    let stream = of.stream(stream)?;
    let (mut session, pool) = of.begin().await?;
    let mut locked = session.lock_pool(&of.terms.id).await?;
    let number = session.open_stream(pool.number, &stream.name).await?;
    let (by, day) = (operator(), of.today()?);
    let moved = session
        .transfer(&mut locked, number, day, &by, of.now)
        .await?;
    let found = moved
        .as_ref()
        .map_or_else(Collected::default, |moved| Collected {
            amount: moved.amount,
            members: moved.members,
        });
    if found != *planned {
        session.end().await?;
        return Err(AppError::Changed {
            what: format!("what stream {} has collected", stream.name),
        });
    }
    let Some(transfer) = moved else {
        session.end().await?;
        return Ok(None);
    };
    let detail = json!({
        "stream": stream.name, "transfer": transfer.number.get(),
        "units": transfer.amount, "members": transfer.members,
    });
    let subject = of.terms.id.as_str();
    session
        .audit(&by, "transfers run", subject, &detail, of.now)
        .await?;
    session.commit().await?;
    Ok(Some(TransferShown {
        coin: pool.coin,
        stream: stream.name.clone(),
        transfer,
        lines: Vec::new(),
    }))
}

/// The transfers of a pool, newest first, at most `limit`, with their lines if `lines`.
///
/// # Errors
/// `Usage`; the books'.
pub async fn list(
    settings: &Settings,
    pool: &str,
    limit: u32,
    lines: bool,
) -> Result<Vec<TransferShown>, AppError> {
    let of = OfPool::open(settings, pool).await?;
    let (mut session, Some(pool)) = of.look().await? else {
        return Ok(Vec::new());
    };
    let streams = stream_names(&mut session, &pool).await?;
    let mut all = Vec::new();
    for transfer in session.transfers(pool.number, limit).await? {
        let mut kept = Vec::new();
        if lines {
            session
                .for_each_transfer_line(transfer.number, |line| {
                    kept.push(line);
                    Ok::<(), AppError>(())
                })
                .await?;
        }
        all.push(TransferShown {
            coin: pool.coin,
            stream: named(&streams, transfer.stream),
            transfer,
            lines: kept,
        });
    }
    session.end().await?;
    Ok(all)
}
