//! What came in to a pool's addresses, and what a pool's power is.

use std::ops::Range;

use async_trait::async_trait;

use crate::{Address, BlockRef, ChainError, Finality};

/// A chain on which income is seen: inflows to addresses, in final blocks.
///
/// Everything here is a verdict: all endpoints configured for verdicts answered, and said the
/// same. Income that one of them doesn't know is nobody's yet.
#[async_trait]
pub trait IncomeSource: Send + Sync {
    /// What came in to `addresses` in the blocks whose time is within `span_s` (unix seconds, the
    /// end excluded). Blocks count once one that is not earlier than the end is final by
    /// `finality`: until then the answer is [`Observation::NotFinal`]. The same question has the
    /// same answer ever after.
    ///
    /// # Errors
    /// As for any verdict; `Unsupported` for what is no address of this chain.
    async fn observe(
        &self,
        span_s: Range<u64>,
        addresses: &[Address],
        finality: Finality,
    ) -> Result<Observation, ChainError>;
}

/// What was seen of a span of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// Blocks of this span may still change or come.
    NotFinal {
        /// What is final, in words.
        reason: String,
    },
    /// All of it, for good.
    Final(Observed),
}

impl Observation {
    /// The answer while the newest final block is `last`, of this time, or there is none.
    #[must_use]
    pub fn not_final(last: Option<(&BlockRef, u64)>, span_s: &Range<u64>) -> Self {
        let end_s = span_s.end;
        let reason = match last {
            None => format!("no block is final yet, and the span ends at second {end_s}"),
            Some((block, time_s)) => format!(
                "the newest final block, {block}, is of second {time_s}, and the span ends at \
                 second {end_s}"
            ),
        };
        Self::NotFinal { reason }
    }
}

/// A span that is final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// What came in, oldest first; amounts above 0.
    pub inflows: Vec<Inflow>,
    /// The pool's power at the end of the span, where the chain knows of such a thing.
    pub power: Option<ObservedPower>,
    /// What was looked at.
    pub evidence: Evidence,
}

/// Something that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inflow {
    /// To which of the addresses.
    pub to: Address,
    /// From whom.
    pub origin: Origin,
    /// How much, base units.
    pub amount: u128,
    /// What names it on this chain, once.
    pub id: String,
    /// The block that executed it; for [`Origin::Unseen`] the last one of the span.
    pub block: BlockRef,
    /// That block's time, unix seconds.
    pub time_s: u64,
}

/// Where an inflow came from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// From an account's transaction.
    Sender(Address),
    /// From the chain itself: the reward of a block.
    Reward,
    /// From nobody that was seen: the balance rose by so much more than all inflows that the
    /// source can see and all that went out explain. So it is with transfers that contracts make.
    Unseen,
}

/// A pool's power as its chain counts it, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObservedPower {
    /// Bytes on disk.
    pub raw: u128,
    /// Bytes as rewards count them.
    pub quality_adjusted: u128,
}

/// What an observation rests on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Evidence {
    /// The span, unix seconds, its end excluded.
    pub span_s: Range<u64>,
    /// Its first block; `None` when it has none.
    pub first: Option<BlockRef>,
    /// Its last block.
    pub last: Option<BlockRef>,
    /// The first block after it, which is final: nothing comes in between any more.
    pub after: BlockRef,
}
