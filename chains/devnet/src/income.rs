//! What came in, as the devnet's blocks show it: transfers, and money from nowhere as the chain's
//! own rewards.

use std::collections::BTreeSet;
use std::ops::Range;

use async_trait::async_trait;
use paydirt_chain::{
    Address, BlockRef, Chain, ChainError, Evidence, Finality, IncomeSource, Inflow, LegOutcome,
    Observation, Observed, Origin, TxOutcome,
};

use crate::DevChain;
use crate::address::Addr;
use crate::canon::{Block, Mined};
use crate::fault::Call;
use crate::view::View;

#[async_trait]
impl IncomeSource for DevChain {
    async fn observe(
        &self,
        span_s: Range<u64>,
        addresses: &[Address],
        finality: Finality,
    ) -> Result<Observation, ChainError> {
        let wanted = addresses.iter().map(Addr::of);
        let wanted: BTreeSet<Addr> =
            wanted
                .collect::<Result<_, _>>()
                .map_err(|error| ChainError::Unsupported {
                    what: "observing this address".into(),
                    detail: error.to_string(),
                })?;
        let Some(last) = self.tip(finality).await?.settled else {
            return Ok(Observation::not_final(None, &span_s));
        };
        let what = format!("income of {} addresses in {span_s:?}", wanted.len());
        self.agreed(&what, Call::Income, move |view| {
            view.income(&span_s, &wanted, &last)
        })
        .await
    }
}

impl View<'_> {
    /// What came in within a span, where `last` is the newest final block.
    fn income(
        &self,
        span_s: &Range<u64>,
        wanted: &BTreeSet<Addr>,
        last: &BlockRef,
    ) -> Result<Observation, String> {
        let known = self.block(last.number).filter(|known| known == last);
        known.ok_or_else(|| format!("block {last} is not on its chain"))?;
        let blocks = self.canon.blocks().iter();
        let blocks = blocks.take_while(|block| block.number <= last.number);
        let mut blocks = blocks.skip_while(|block| block.time_s < span_s.start);
        let (mut within, mut after) = (Vec::new(), None);
        for block in blocks.by_ref() {
            if block.time_s >= span_s.end {
                after = Some(self.named(block));
                break;
            }
            within.push(block);
        }
        let Some(after) = after else {
            let time_s = self.canon.block(last.number).map_or(0, |it| it.time_s);
            return Ok(Observation::not_final(Some((last, time_s)), span_s));
        };
        let before = after.number.checked_sub(1);
        let inflows = within.iter().flat_map(|block| self.inflows(block, wanted));
        Ok(Observation::Final(Observed {
            inflows: inflows.collect(),
            power: before.and_then(|number| self.world.power_at(number)),
            evidence: Evidence {
                span_s: span_s.clone(),
                first: within.first().map(|block| self.named(block)),
                last: within.last().map(|block| self.named(block)),
                after,
            },
        }))
    }

    fn inflows(&self, block: &Block, wanted: &BTreeSet<Addr>) -> Vec<Inflow> {
        let inflow = |to: Addr, origin, amount, id| Inflow {
            to: to.public(),
            origin,
            amount,
            id,
            block: self.named(block),
            time_s: block.time_s,
        };
        let rewards = self.world.dealt_in(block.number).enumerate();
        let rewards = rewards
            .filter(|(_, (to, value))| wanted.contains(to) && *value > 0)
            .map(|(at, (to, value))| {
                let id = format!("reward {at} of block {}", block.number);
                inflow(to, Origin::Reward, value, id)
            });
        let paid = |mined: &&std::sync::Arc<Mined>| {
            let receipt = self.receipt(&mined.tx.tx_id());
            receipt.is_some_and(|it| it.outcome == TxOutcome::Whole(LegOutcome::Paid))
        };
        let transfers = block.transactions.iter();
        let transfers = transfers
            .filter(|mined| wanted.contains(&mined.tx.to) && mined.tx.value > 0)
            .filter(paid)
            .map(|mined| {
                let (tx, id) = (&mined.tx, mined.tx.tx_id().as_str().to_owned());
                inflow(tx.to, Origin::Sender(tx.from.public()), tx.value, id)
            });
        rewards.chain(transfers).collect()
    }
}
