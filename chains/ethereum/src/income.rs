//! What came in, as blocks show it: plain transfers, and what balances say came by other ways.
//!
//! A day is read block by block, at every verdict endpoint, so a day of Ethereum's main net is a
//! few gigabytes. Transfers that contracts make are in no block's transactions: what an address has
//! more than its transactions explain is told as [`Origin::Unseen`]. It takes nodes that know the
//! balances before and after the span.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use alloy::primitives::{Address, B256};
use async_trait::async_trait;
use paydirt_chain::{
    BlockRef, Chain as _, ChainError, Evidence, Finality, IncomeSource, Inflow, LegOutcome,
    Observation, Observed, Origin, Receipt, TxOutcome,
};

use crate::Ethereum;
use crate::address::{canonical, hash_text};
use crate::answers::{FullBlock, Header};
use crate::chain::parsed;
use crate::rpc::Node;

/// More than a day of blocks every half second.
const MAX_BLOCKS: u64 = 200_000;

/// What is asked of each node.
#[derive(Debug)]
struct Asked {
    span_s: Range<u64>,
    wanted: BTreeSet<Address>,
    /// The newest final block.
    last: BlockRef,
}

/// Where a span is on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// The newest final block is of this time.
    NotFinal { time_s: u64 },
    /// From block `first` on, up to the one before `after`; none, where these are the same.
    Final { first: u64, after: BlockRef },
}

#[async_trait]
impl IncomeSource for Ethereum {
    async fn observe(
        &self,
        span_s: Range<u64>,
        addresses: &[paydirt_chain::Address],
        finality: Finality,
    ) -> Result<Observation, ChainError> {
        let wanted = addresses.iter().map(parsed).collect::<Result<_, _>>()?;
        let Some(last) = self.tip(finality).await?.settled else {
            return Ok(Observation::not_final(None, &span_s));
        };
        let asked = Arc::new(Asked {
            span_s,
            wanted,
            last,
        });
        let to_place = Arc::clone(&asked);
        let place = self.endpoints.agreed("blocks of a span", move |node| {
            let asked = Arc::clone(&to_place);
            Box::pin(async move { node.place(&asked).await })
        });
        let (first, after) = match place.await? {
            Place::NotFinal { time_s } => {
                let last = Some((&asked.last, time_s));
                return Ok(Observation::not_final(last, &asked.span_s));
            }
            Place::Final { first, after } => (first, after),
        };
        let blocks = after.number.saturating_sub(first);
        if blocks > MAX_BLOCKS {
            return Err(ChainError::Unsupported {
                what: format!("looking through {blocks} blocks for income"),
                detail: format!("at most {MAX_BLOCKS} are; enter what came in"),
            });
        }
        let observed = self.endpoints.agreed("what came in", move |node| {
            let (asked, after) = (Arc::clone(&asked), after.clone());
            Box::pin(async move { node.income(&asked, first, after).await })
        });
        observed.await.map(Observation::Final)
    }
}

/// A transaction from or to an address that is asked about.
struct Moved {
    id: B256,
    from: Address,
    to: Option<Address>,
    value: u128,
    block: BlockRef,
    time_s: u64,
}

impl Node {
    async fn place(&self, asked: &Asked) -> Result<Place, String> {
        let last = self.header(asked.last.number).await?;
        if last.block_ref() != asked.last {
            return Err(format!("block {} is not on its chain", asked.last));
        }
        let Some(after) = self.first_at(asked.span_s.end, &last).await? else {
            return Ok(Place::NotFinal {
                time_s: last.timestamp.to(),
            });
        };
        let first = self.first_at(asked.span_s.start, &last).await?;
        let after = self.header(after).await?.block_ref();
        Ok(Place::Final {
            first: first.map_or(after.number, |first| first.min(after.number)),
            after,
        })
    }

    async fn income(&self, asked: &Asked, first: u64, after: BlockRef) -> Result<Observed, String> {
        let mut evidence = Evidence {
            span_s: asked.span_s.clone(),
            first: None,
            last: None,
            after,
        };
        let mut inflows = Vec::new();
        if first < evidence.after.number {
            // The genesis block has balances, and nothing that moved them.
            let before = self.header(first.saturating_sub(1)).await?;
            let moved = self.moved(asked, first, &before, &mut evidence).await?;
            let receipts = self.receipts_of(&moved).await?;
            let done: Vec<(&Moved, &Receipt)> = moved.iter().zip(&receipts).collect();
            inflows = transfers(asked, &done);
            if let Some(last) = &evidence.last {
                let unseen = self.unseen(asked, &before.block_ref(), last, &done).await?;
                inflows.extend(unseen);
            }
        }
        Ok(Observed {
            inflows,
            power: None,
            evidence,
        })
    }

    /// Transactions from and to the addresses, oldest first.
    async fn moved(
        &self,
        asked: &Asked,
        first: u64,
        before: &Header,
        evidence: &mut Evidence,
    ) -> Result<Vec<Moved>, String> {
        let mut moved = Vec::new();
        let after = evidence.after.clone();
        let each = |block: &FullBlock| {
            let named = block.block_ref();
            if named.number == after.number {
                return match named == after {
                    true => Ok(()),
                    false => Err(format!("block {after} is not on its chain any more")),
                };
            }
            evidence.first.get_or_insert_with(|| named.clone());
            evidence.last = Some(named.clone());
            for transaction in &block.transactions {
                let to_us = transaction.to.filter(|to| asked.wanted.contains(to));
                if to_us.is_none() && !asked.wanted.contains(&transaction.from) {
                    continue;
                }
                let value = transaction.value.try_into();
                moved.push(Moved {
                    id: transaction.hash,
                    from: transaction.from,
                    to: transaction.to,
                    value: value.map_err(|_| {
                        format!("the value of {} is absurd", hash_text(transaction.hash))
                    })?,
                    block: named.clone(),
                    time_s: block.timestamp.to(),
                });
            }
            Ok(())
        };
        let parent = (first > 0).then_some(before.hash);
        self.full_blocks(first..=after.number, parent, each).await?;
        Ok(moved)
    }

    /// The receipt of each, from the block that it was seen in.
    async fn receipts_of(&self, moved: &[Moved]) -> Result<Vec<Receipt>, String> {
        let ids: Vec<B256> = moved.iter().map(|moved| moved.id).collect();
        let receipts = self.receipts(&ids).await??;
        let found = receipts.into_iter().zip(moved);
        let of_its_block = |(receipt, moved): (Option<Receipt>, &Moved)| {
            receipt
                .filter(|receipt| receipt.block == moved.block)
                .ok_or_else(|| {
                    let id = hash_text(moved.id);
                    format!("{id} of block {} has no receipt of that block", moved.block)
                })
        };
        found.map(of_its_block).collect()
    }

    /// What each address has more than its transactions explain.
    async fn unseen(
        &self,
        asked: &Asked,
        before: &BlockRef,
        last: &BlockRef,
        done: &[(&Moved, &Receipt)],
    ) -> Result<Vec<Inflow>, String> {
        let mut unseen = Vec::new();
        for address in &asked.wanted {
            let had = self.balance(*address, before).await?;
            let has = self.balance(*address, last).await?;
            // At most what there was and came in, at least what there is and went out.
            let (mut with_in, mut with_out) = (Some(had), Some(has));
            for (moved, receipt) in done {
                let value = if is_paid(receipt) { moved.value } else { 0 };
                if moved.to == Some(*address) {
                    with_in = with_in.and_then(|sum| sum.checked_add(value));
                }
                if moved.from == *address {
                    let out = value.checked_add(receipt.fee);
                    with_out = with_out.and_then(|sum| sum.checked_add(out?));
                }
            }
            let (Some(with_in), Some(with_out)) = (with_in, with_out) else {
                return Err(format!("the amounts of {} are absurd", canonical(*address)));
            };
            let amount = with_out.saturating_sub(with_in);
            if amount > 0 {
                unseen.push(Inflow {
                    to: canonical(*address),
                    origin: Origin::Unseen,
                    amount,
                    id: format!("blocks {} to {}", before.number, last.number),
                    block: last.clone(),
                    time_s: self.header(last.number).await?.timestamp.to(),
                });
            }
        }
        Ok(unseen)
    }

    async fn balance(&self, address: Address, at: &BlockRef) -> Result<u128, String> {
        let account = self.account(address, Some(at)).await;
        account.map(|account| account.balance).map_err(|error| {
            format!(
                "the balance at block {}: {error}: a node is needed that keeps so old a state",
                at.number
            )
        })
    }
}

fn transfers(asked: &Asked, done: &[(&Moved, &Receipt)]) -> Vec<Inflow> {
    let inflow = |(moved, receipt): &(&Moved, &Receipt)| {
        let to = moved.to.filter(|to| asked.wanted.contains(to))?;
        (moved.value > 0 && is_paid(receipt)).then(|| Inflow {
            to: canonical(to),
            origin: Origin::Sender(canonical(moved.from)),
            amount: moved.value,
            id: hash_text(moved.id),
            block: moved.block.clone(),
            time_s: moved.time_s,
        })
    };
    done.iter().filter_map(inflow).collect()
}

fn is_paid(receipt: &Receipt) -> bool {
    receipt.outcome == TxOutcome::Whole(LegOutcome::Paid)
}
