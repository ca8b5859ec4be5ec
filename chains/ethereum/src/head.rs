//! The head, blocks by number, and finality.

use paydirt_chain::{BlockRef, ChainError, Endpoints, Finality, Tip};
use serde_json::json;

use crate::answers::Header;
use crate::rpc::{Call, Node, Reply, RpcError, need, read};

/// Head and finalized block of one node.
#[derive(Clone, Debug)]
pub(crate) struct Stand {
    head: Header,
    finalized: Option<u64>,
}

impl Node {
    pub(crate) async fn head(&self) -> Result<Header, String> {
        let reply = self.call(block_by_tag("latest")).await;
        need("the latest block", reply)
    }

    async fn stand(&self, signalled: bool) -> Result<Stand, String> {
        if !signalled {
            return Ok(Stand {
                head: self.head().await?,
                finalized: None,
            });
        }
        let calls = [block_by_tag("latest"), block_by_tag("finalized")];
        let mut replies = self.batch(&calls).await.into_iter();
        let mut next = || replies.next().unwrap_or(Ok(None));
        let head = need("the latest block", next())?;
        let finalized: Header = need("the finalized block", next())?;
        Ok(Stand {
            head,
            finalized: Some(finalized.number()),
        })
    }

    /// Whether the node knows a finalized block.
    pub(crate) async fn signals_finality(&self) -> Result<bool, String> {
        let reply = self.call(block_by_tag("finalized")).await;
        if let Err(error) = &reply
            && says_unknown(error)
        {
            return Ok(false);
        }
        read::<Header>("the finalized block", reply).map(|block| block.is_some())
    }

    /// The canonical blocks of these numbers; `None` above the head.
    pub(crate) async fn blocks(&self, numbers: &[u64]) -> Result<Vec<Option<BlockRef>>, String> {
        let calls: Vec<_> = numbers
            .iter()
            .map(|number| block_by_number(*number))
            .collect();
        let replies = self.batch(&calls).await;
        replies
            .into_iter()
            .zip(numbers)
            .map(|(reply, number)| block(*number, reply))
            .collect()
    }
}

/// Numbers asked for in one step of a search: 16 times narrower a round trip.
const SEARCH_STEP: u64 = 16;

impl Node {
    /// The first block of exactly this time, else the newest that is older; 0 where there is
    /// none. (Development nodes give several blocks one time.)
    pub(crate) async fn block_before(&self, time_s: u64) -> Result<u64, String> {
        let head = self.head().await?;
        if head.timestamp.to::<u64>() < time_s {
            return Ok(head.number());
        }
        let (low, high, high_time_s) = self.narrowed(time_s, &head).await?;
        Ok(if high_time_s == time_s { high } else { low })
    }

    /// The first block of this time or later, among those up to `last`, if `last` is one.
    pub(crate) async fn first_at(&self, time_s: u64, last: &Header) -> Result<Option<u64>, String> {
        if last.timestamp.to::<u64>() < time_s {
            return Ok(None);
        }
        if self.header(0).await?.timestamp.to::<u64>() >= time_s {
            return Ok(Some(0));
        }
        let (_, high, _) = self.narrowed(time_s, last).await?;
        Ok(Some(high))
    }

    /// The header of a block that exists.
    pub(crate) async fn header(&self, number: u64) -> Result<Header, String> {
        let reply = self.call(block_by_number(number)).await;
        let header: Header = need("eth_getBlockByNumber", reply)?;
        match header.number() {
            found if found == number => Ok(header),
            found => Err(format!("block {number} was asked, block {found} answered")),
        }
    }

    /// Two neighbours, of which the first is older than this time, and the second is not; and the
    /// second one's time. The first block is taken to be older, `last` must not be.
    async fn narrowed(&self, time_s: u64, last: &Header) -> Result<(u64, u64, u64), String> {
        let (mut low, mut high) = (0, last.number());
        let mut high_time_s: u64 = last.timestamp.to();
        loop {
            let numbers = between(low, high);
            if numbers.is_empty() {
                return Ok((low, high, high_time_s));
            }
            let calls: Vec<_> = numbers
                .iter()
                .map(|number| block_by_number(*number))
                .collect();
            for (number, reply) in numbers.iter().zip(self.batch(&calls).await) {
                let header: Header = need("eth_getBlockByNumber", reply)?;
                if header.timestamp.to::<u64>() >= time_s {
                    (high, high_time_s) = (*number, header.timestamp.to());
                    break;
                }
                low = *number;
            }
        }
    }
}

/// Up to 15 numbers above `low` and below `high`, evenly spread.
fn between(low: u64, high: u64) -> Vec<u64> {
    let step = high.saturating_sub(low).div_ceil(SEARCH_STEP).max(1);
    let numbers = (1..SEARCH_STEP).map(|i| low.saturating_add(step.saturating_mul(i)));
    numbers.take_while(|number| *number < high).collect()
}

/// Where the chain stands, as all verdict endpoints agree.
pub(crate) async fn tip(
    endpoints: &Endpoints<Node>,
    finality: Finality,
) -> Result<Tip, ChainError> {
    let signalled = finality == Finality::Signalled;
    let stands = endpoints
        .quorum("the head", move |node| Box::pin(node.stand(signalled)))
        .await?;
    let stands: Vec<Stand> = stands.into_iter().map(|(_, stand)| stand).collect();
    let Some(lowest) = stands
        .iter()
        .map(|stand| &stand.head)
        .min_by_key(|head| head.number)
    else {
        return Err(ChainError::Unreachable {
            detail: "no endpoint is configured".into(),
        });
    };
    let head = lowest.number();
    let (settled, releasable) = final_numbers(head, finality, &stands);
    let numbers: Vec<u64> = settled.into_iter().chain(releasable).collect();
    let mut blocks = match numbers.is_empty() {
        true => Vec::new(),
        false => agreed_blocks(endpoints, numbers).await?,
    }
    .into_iter();
    let settled = settled.and_then(|_| blocks.next().flatten());
    let releasable = releasable.and_then(|_| blocks.next().flatten());
    Ok(Tip {
        head,
        head_time_s: lowest.timestamp.to(),
        settled,
        releasable,
    })
}

/// Blocks by number, whose hashes all verdict endpoints confirm.
pub(crate) async fn agreed_blocks(
    endpoints: &Endpoints<Node>,
    numbers: Vec<u64>,
) -> Result<Vec<Option<BlockRef>>, ChainError> {
    endpoints
        .agreed("block hashes", move |node| {
            let numbers = numbers.clone();
            Box::pin(async move { node.blocks(&numbers).await })
        })
        .await
}

/// The newest final numbers, for settling and for giving money back. The block that includes a
/// payment is its first confirmation.
fn final_numbers(head: u64, finality: Finality, stands: &[Stand]) -> (Option<u64>, Option<u64>) {
    match finality {
        Finality::Signalled => {
            let lowest = stands.iter().filter_map(|stand| stand.finalized).min();
            let settled = lowest.map(|number| number.min(head));
            (settled, settled)
        }
        Finality::Depth {
            confirmations,
            release_confirmations,
        } => {
            let at_depth = |depth: u64| head.checked_sub(depth.saturating_sub(1));
            (
                at_depth(confirmations),
                at_depth(release_confirmations.max(confirmations)),
            )
        }
    }
}

pub(crate) fn block_by_number(number: u64) -> Call {
    Call::new(
        "eth_getBlockByNumber",
        json!([format!("{number:#x}"), false]),
    )
}

fn block_by_tag(tag: &str) -> Call {
    Call::new("eth_getBlockByNumber", json!([tag, false]))
}

pub(crate) fn block(number: u64, reply: Reply) -> Result<Option<BlockRef>, String> {
    match read::<Header>("eth_getBlockByNumber", reply)? {
        Some(header) if header.number() != number => Err(format!(
            "block {number} was asked, block {} answered",
            header.number()
        )),
        header => Ok(header.map(|header| header.block_ref())),
    }
}

/// A node without the tag, or without a finalized block yet. geth: "finalized block not found";
/// Besu: "Unknown block" (-39001); older clients: invalid parameter (-32602).
fn says_unknown(error: &RpcError) -> bool {
    let RpcError::Reply { code, message } = error else {
        return false;
    };
    let words = message.to_lowercase();
    let unknown = [
        "finalized block not found",
        "unknown block",
        "finalized block is not available",
    ];
    matches!(code, -39001 | -32602) || unknown.iter().any(|phrase| words.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_including_block_is_the_first_confirmation() {
        let depth = |confirmations, release_confirmations| Finality::Depth {
            confirmations,
            release_confirmations,
        };
        for (head, finality, expected) in [
            (100, depth(12, 60), (Some(89), Some(41))),
            (100, depth(1, 1), (Some(100), Some(100))),
            (100, depth(0, 0), (Some(100), Some(100))),
            (10, depth(12, 60), (None, None)),
            (11, depth(12, 60), (Some(0), None)),
            (100, depth(30, 10), (Some(71), Some(71))),
        ] {
            assert_eq!(
                final_numbers(head, finality, &[]),
                expected,
                "{head} {finality:?}"
            );
        }
    }

    #[test]
    fn a_search_narrows_until_nothing_is_between() {
        assert_eq!(between(0, 1), [0_u64; 0]);
        assert_eq!(between(5, 5), [0_u64; 0]);
        assert_eq!(between(0, 3), [1, 2]);
        for (low, high) in [(0, 20_000_000), (7, 24), (7, 23), (0, u64::MAX)] {
            let numbers = between(low, high);
            assert!(
                numbers.iter().all(|n| (low + 1..high).contains(n)),
                "{numbers:?}"
            );
            assert!(numbers.len() >= 8, "{numbers:?}");
        }
    }

    #[test]
    fn only_words_about_the_tag_mean_that_a_chain_has_no_finality() {
        let reply = |code, message: &str| RpcError::Reply {
            code,
            message: message.into(),
        };
        for (error, expected) in [
            (reply(-32000, "finalized block not found"), true),
            (reply(-39001, "Unknown block"), true),
            (
                reply(-32602, "invalid argument 0: hex string without 0x prefix"),
                true,
            ),
            (reply(-32603, "Internal error"), false),
            (reply(-32005, "rate limit exceeded"), false),
            (RpcError::Transport("timed out".into()), false),
        ] {
            assert_eq!(says_unknown(&error), expected, "{error}");
        }
    }
}
