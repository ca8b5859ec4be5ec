//! The devnet as Paydirt sees any chain.

use std::ops::RangeInclusive;
use std::sync::Arc;

use async_trait::async_trait;
use paydirt_chain::{
    Account, Address, AddressError, BlockRef, Call as TxCall, Chain, ChainError, EndpointReport,
    Fee, FeeQuote, Finality, Identity, NonceSeen, Probe, Receipt, Saved, Sighting, Signed,
    SigningMode, Tip, Transfer, Trust, TxId, Unsigned, Verdict,
};
use paydirt_money::Coin;

use crate::client::{asking, sending};
use crate::execute::PLAIN_GAS;
use crate::fault::Call;
use crate::node::Sending;
use crate::{DevChain, address, fee, verdict};

#[async_trait]
impl Chain for DevChain {
    fn coin(&self) -> Coin {
        self.net.with(|world| world.rules.coin)
    }

    fn parse_address(&self, text: &str) -> Result<Address, AddressError> {
        Ok(address::parse(text)?.public())
    }

    fn first_fee(&self, quote: &FeeQuote, cap: u128) -> Option<Fee> {
        fee::first(quote, cap)
    }

    fn bumped_fee(&self, last: &Fee, quote: &FeeQuote, cap: u128) -> Option<Fee> {
        fee::bumped(last, quote, cap)
    }

    fn max_legs(&self) -> usize {
        1
    }

    fn compose(&self, legs: &[Transfer]) -> Result<TxCall, ChainError> {
        let [leg] = legs else {
            return Err(ChainError::Unsupported {
                what: format!("a transaction of {} legs", legs.len()),
                detail: "the devnet pays one leg by each transaction".into(),
            });
        };
        Ok(TxCall {
            to: leg.to.clone(),
            value: leg.value,
            data: Vec::new(),
        })
    }

    fn cancel_gas(&self) -> u64 {
        PLAIN_GAS
    }

    fn signing_mode(&self) -> SigningMode {
        self.mode
    }

    async fn signers(&self) -> Result<Vec<Address>, ChainError> {
        match self.mode {
            SigningMode::Local => Ok(self.net.with(|world| world.signers())),
            SigningMode::Remote | SigningMode::NodeSends => {
                self.endpoints.first(|node| Box::pin(node.signers())).await
            }
        }
    }

    async fn sign(&self, transaction: &Unsigned) -> Result<Signed, ChainError> {
        let unsigned = transaction.clone();
        let tx = match self.mode {
            SigningMode::Local => self
                .net
                .with(|world| world.sign(transaction))
                .map_err(|e| ChainError::Signing(e.to_string()))?,
            SigningMode::Remote => {
                let asked = Arc::new(transaction.clone());
                let answer = self.endpoints.first(move |node| {
                    let asked = Arc::clone(&asked);
                    Box::pin(async move { node.sign(&asked).await })
                });
                answer
                    .await
                    .map_err(|e| ChainError::Signing(e.to_string()))?
            }
            SigningMode::NodeSends => {
                return Ok(Signed {
                    unsigned,
                    raw: None,
                    id: None,
                });
            }
        };
        Ok(Signed {
            unsigned,
            raw: Some(tx.raw.clone()),
            id: Some(tx.tx_id()),
        })
    }

    async fn identify(&self, expected: Option<&Identity>) -> Result<Identity, ChainError> {
        let ask = asking(Call::Identify, |view| Ok(view.identity()));
        self.endpoints.identify(expected, ask).await
    }

    async fn reports(&self) -> Vec<EndpointReport> {
        let ask = asking(Call::Identify, |view| {
            Ok((view.identity(), view.head(), view.syncing(), view.peers()))
        });
        let answers = self.endpoints.each(ask).await.into_iter();
        answers
            .map(|(name, answer)| {
                let name = name.to_owned();
                let client = Some(format!("paydirt-devnet/{}", env!("CARGO_PKG_VERSION")));
                match answer {
                    Ok((identity, head, syncing, peers)) => EndpointReport {
                        name,
                        identity: Ok(identity),
                        head: Some(head),
                        syncing,
                        peers,
                        client,
                    },
                    Err(error) => EndpointReport {
                        name,
                        identity: Err(error),
                        head: None,
                        syncing: false,
                        peers: None,
                        client: None,
                    },
                }
            })
            .collect()
    }

    async fn signals_finality(&self) -> Result<bool, ChainError> {
        let what = "whether the chain signals finality";
        self.agreed(what, Call::Finality, |view| Ok(view.signals_finality()))
            .await
    }

    async fn tip(&self, finality: Finality) -> Result<Tip, ChainError> {
        let signal = finality == Finality::Signalled;
        let ask = asking(Call::Head, move |view| {
            if signal && !view.signals_finality() {
                return Err("the node has no finality signal".into());
            }
            Ok((view.head(), view.finalised()))
        });
        let heads = self.endpoints.quorum("the head", ask).await?;
        let lowest = heads.iter().map(|(_, (head, _))| *head).min();
        let Some((head, head_time_s)) = lowest else {
            return Err(ChainError::Unreachable {
                detail: "no endpoint is configured".into(),
            });
        };
        let deep = |blocks: u64| head.checked_sub(blocks.saturating_sub(1));
        let (settled, releasable) = match finality {
            Finality::Signalled => {
                // `None` sorts lowest: where one node has nothing final, nothing is.
                let lowest = heads
                    .iter()
                    .map(|(_, (_, finalised))| *finalised)
                    .min()
                    .flatten();
                let lowest = lowest.map(|number| number.min(head));
                (lowest, lowest)
            }
            Finality::Depth {
                confirmations,
                release_confirmations,
            } => (
                deep(confirmations),
                deep(release_confirmations.max(confirmations)),
            ),
        };
        let settled = match settled {
            Some(number) => Some(self.block(number).await?),
            None => None,
        };
        let releasable = match (releasable, &settled) {
            (Some(number), Some(settled)) if settled.number == number => Some(settled.clone()),
            (Some(number), _) => Some(self.block(number).await?),
            (None, _) => None,
        };
        Ok(Tip {
            head,
            head_time_s,
            settled,
            releasable,
        })
    }

    async fn blocks(&self, numbers: &[u64]) -> Result<Vec<Option<BlockRef>>, ChainError> {
        let numbers = numbers.to_vec();
        let what = format!("blocks {numbers:?}");
        self.agreed(&what, Call::Blocks, move |view| {
            Ok(numbers.iter().map(|number| view.block(*number)).collect())
        })
        .await
    }

    async fn block_before(&self, time_s: u64) -> Result<u64, ChainError> {
        let what = format!("the block before second {time_s}");
        let ask = asking(Call::Blocks, move |view| Ok(view.block_before(time_s)));
        let numbers = self.endpoints.quorum(&what, ask).await?;
        Ok(numbers
            .into_iter()
            .map(|(_, number)| number)
            .min()
            .unwrap_or(0))
    }

    async fn account(
        &self,
        address: &Address,
        at: Option<&BlockRef>,
        trust: Trust,
    ) -> Result<Account, ChainError> {
        if trust == Trust::All && at.is_none() {
            return Err(ChainError::Unsupported {
                what: "a verdict about an account at the head".into(),
                detail: "endpoints may have different heads; name a block".into(),
            });
        }
        let what = format!("account {address}");
        let (address, at) = (address.clone(), at.cloned());
        self.trusted(trust, &what, Call::Account, move |view| {
            view.account(&address, at.as_ref())
        })
        .await
    }

    async fn nonce_seen(&self, address: &Address) -> Result<NonceSeen, ChainError> {
        let what = format!("the nonce of {address}");
        let address = address.clone();
        let ask = asking(Call::NonceSeen, move |view| view.nonce_seen(&address));
        let answers = self
            .endpoints
            .all_identified(&what, ask)
            .await
            .map_err(unreachable)?;
        let mined = answers
            .iter()
            .map(|(_, (mined, _))| *mined)
            .max()
            .unwrap_or(0);
        // Of equal ones, the first endpoint is named.
        let highest = answers.iter().rev().max_by_key(|(_, (_, next))| *next);
        let Some((endpoint, (_, next))) = highest else {
            return Err(ChainError::Unreachable {
                detail: "no endpoint is configured".into(),
            });
        };
        Ok(NonceSeen {
            next: *next,
            mined,
            endpoint: (*endpoint).to_owned(),
        })
    }

    async fn quote(&self) -> Result<FeeQuote, ChainError> {
        self.first(Call::Quote, |view| Ok(view.quote())).await
    }

    async fn probe(&self, _from: &Address, legs: &[Transfer]) -> Result<Vec<Probe>, ChainError> {
        let legs = legs.to_vec();
        self.first(Call::Probe, move |view| {
            Ok(legs.iter().map(|l| view.probe(l)).collect())
        })
        .await
    }

    async fn submit(&self, transactions: &[Saved]) -> Vec<Verdict> {
        let mut order: Vec<usize> = (0..transactions.len()).collect();
        order.sort_by_key(|at| transactions.get(*at).map(|saved| saved.unsigned().nonce));
        let sorted = order.iter().filter_map(|at| transactions.get(*at));
        let ask = sending(sorted.map(Sending::of).collect());
        if self.mode == SigningMode::NodeSends {
            // The first node that answers signs and sends; the others would do the same again.
            return match self.endpoints.first(ask).await {
                Ok(verdicts) => verdict::in_order(&order, &[("the signing node", Ok(verdicts))]),
                Err(error) => vec![Verdict::Unknown(error.to_string()); transactions.len()],
            };
        }
        let answers = self.endpoints.each_identified(ask).await;
        verdict::in_order(&order, &answers)
    }

    async fn receipts(
        &self,
        ids: &[TxId],
        trust: Trust,
    ) -> Result<Vec<Option<Receipt>>, ChainError> {
        let what = format!("{} receipts", ids.len());
        let ids = ids.to_vec();
        self.trusted(trust, &what, Call::Receipts, move |view| {
            Ok(ids.iter().map(|id| view.receipt(id)).collect())
        })
        .await
    }

    async fn sent_by(
        &self,
        sender: &Address,
        blocks: RangeInclusive<u64>,
        trust: Trust,
    ) -> Result<Vec<Sighting>, ChainError> {
        let what = format!("what {sender} sent in blocks {blocks:?}");
        let sender = sender.clone();
        self.trusted(trust, &what, Call::SentBy, move |view| {
            view.sent_by(&sender, &blocks)
        })
        .await
    }
}

/// A look that must miss no endpoint failed.
fn unreachable(error: ChainError) -> ChainError {
    match error {
        ChainError::NoVerdict {
            endpoint, detail, ..
        } => ChainError::Unreachable {
            detail: format!("{endpoint}: {detail}"),
        },
        other => other,
    }
}
