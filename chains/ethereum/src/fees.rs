//! Network fees: what is asked of the node, and what is offered for it.

use alloy::primitives::{U64, U128};
use paydirt_chain::{Fee, FeeKind, FeeQuote};
use serde::Deserialize;
use serde_json::json;

use crate::FeePolicy;
use crate::answers::Header;
use crate::rpc::{Call, Node, need, read};

/// The fee of a first attempt: twice the base fee as headroom, so that it outlives six full
/// blocks of rising base fee (EIP-1559 moves it by at most 1/8 a block).
pub(crate) fn first(quote: &FeeQuote, cap: u128) -> Option<Fee> {
    let market = market(quote)?;
    if market > cap {
        return None;
    }
    Some(match quote.kind {
        FeeKind::Legacy => legacy(market),
        FeeKind::Dynamic => {
            let roomy = quote.base_fee.checked_mul(2)?.checked_add(quote.tip)?;
            Fee {
                kind: FeeKind::Dynamic,
                cap: roomy.min(cap),
                tip: quote.tip,
            }
        }
    })
}

/// A fee that replaces `last`: tip and cap both up by 12.5 %, or to the market where that is
/// higher.
///
/// geth (`txpool.pricebump`), Nethermind, Besu and Erigon (`PriceBump`) want 10 % on both. The
/// kind stays: a legacy transaction counts as one whose tip is its whole price.
pub(crate) fn bumped(last: &Fee, quote: &FeeQuote, cap: u128) -> Option<Fee> {
    let market = market(quote)?;
    let least_cap = bump(last.cap)?;
    let fee = match last.kind {
        FeeKind::Legacy => legacy(least_cap.max(market)),
        FeeKind::Dynamic => {
            let tip = match quote.kind {
                FeeKind::Dynamic => bump(last.tip)?.max(quote.tip),
                FeeKind::Legacy => bump(last.tip)?,
            };
            let needed = least_cap.max(market).max(quote.base_fee.checked_add(tip)?);
            let roomy = quote.base_fee.checked_mul(2)?.checked_add(tip)?;
            Fee {
                kind: FeeKind::Dynamic,
                cap: needed.max(roomy.min(cap)),
                tip,
            }
        }
    };
    (fee.cap <= cap).then_some(fee)
}

/// What a transaction pays per gas in the next block.
fn market(quote: &FeeQuote) -> Option<u128> {
    match quote.kind {
        FeeKind::Dynamic => quote.base_fee.checked_add(quote.tip),
        FeeKind::Legacy => Some(quote.tip.max(quote.base_fee)),
    }
}

/// 12.5 % more, rounded up, and always more.
fn bump(price: u128) -> Option<u128> {
    price.checked_add(price.div_ceil(8).max(1))
}

fn legacy(price: u128) -> Fee {
    Fee {
        kind: FeeKind::Legacy,
        cap: price,
        tip: price,
    }
}

impl Node {
    /// Current fees, by policy.
    pub(crate) async fn quote(&self, policy: FeePolicy) -> Result<FeeQuote, String> {
        if let FeePolicy::Fixed { gas_price } = policy {
            return Ok(FeeQuote {
                kind: FeeKind::Legacy,
                base_fee: 0,
                tip: gas_price,
            });
        }
        let mut replies = self
            .batch(&[
                Call::new("eth_getBlockByNumber", json!(["latest", false])),
                Call::new("eth_feeHistory", json!(["0x1", "latest", []])),
                Call::new("eth_maxPriorityFeePerGas", json!([])),
                Call::new("eth_gasPrice", json!([])),
            ])
            .await
            .into_iter();
        let mut next = || replies.next().unwrap_or(Ok(None));
        let head: Header = need("eth_getBlockByNumber", next())?;
        let history = read::<FeeHistory>("eth_feeHistory", next());
        let tip = read::<U128>("eth_maxPriorityFeePerGas", next());
        let gas_price: u128 = need::<U128>("eth_gasPrice", next())?.to();
        let base_fee = head
            .base_fee_per_gas
            .map(|fee| next_base_fee(&head, fee.to(), history));
        Ok(match base_fee {
            Some(base_fee) if policy == FeePolicy::Auto => FeeQuote {
                kind: FeeKind::Dynamic,
                base_fee,
                tip: tip_or(tip, gas_price, base_fee),
            },
            base_fee => FeeQuote {
                kind: FeeKind::Legacy,
                base_fee: base_fee.unwrap_or_default(),
                tip: gas_price,
            },
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FeeHistory {
    oldest_block: U64,
    base_fee_per_gas: Vec<U128>,
}

/// The last entry of the history is the next block's; without it, the most that the base fee can
/// rise to in one block.
fn next_base_fee(head: &Header, now: u128, history: Result<Option<FeeHistory>, String>) -> u128 {
    let told = history
        .ok()
        .flatten()
        .filter(|h| h.oldest_block == head.number);
    let next = told.and_then(|history| history.base_fee_per_gas.get(1).copied());
    next.map_or_else(|| now.saturating_add(now.div_ceil(8)), |next| next.to())
}

/// A node without an opinion about tips still has one about the whole price. At least 1 wei:
/// geth's pool takes nothing below its `txpool.pricelimit`, which is that by default.
fn tip_or(told: Result<Option<U128>, String>, gas_price: u128, base_fee: u128) -> u128 {
    let tip = match told {
        Ok(Some(tip)) => tip.to(),
        _ => gas_price.saturating_sub(base_fee),
    };
    tip.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GWEI: u128 = 1_000_000_000;

    fn dynamic(base_fee: u128, tip: u128) -> FeeQuote {
        FeeQuote {
            kind: FeeKind::Dynamic,
            base_fee,
            tip,
        }
    }

    fn fee(cap: u128, tip: u128) -> Fee {
        Fee {
            kind: FeeKind::Dynamic,
            cap,
            tip,
        }
    }

    #[test]
    fn a_first_fee_has_headroom_up_to_the_cap_and_none_above_the_market() {
        let quote = dynamic(10, 2);
        assert_eq!(first(&quote, 100), Some(fee(22, 2)));
        assert_eq!(first(&quote, 15), Some(fee(15, 2)));
        assert_eq!(first(&quote, 12), Some(fee(12, 2)));
        assert_eq!(first(&quote, 11), None);
        let price = FeeQuote {
            kind: FeeKind::Legacy,
            base_fee: 0,
            tip: 7,
        };
        assert_eq!(first(&price, 7), Some(legacy(7)));
        assert_eq!(first(&price, 6), None);
        assert_eq!(first(&dynamic(u128::MAX, 1), u128::MAX), None);
    }

    #[test]
    fn a_replacement_raises_tip_and_cap_by_an_eighth_at_least() {
        let quiet = dynamic(1, 1);
        for (last, cap, expected) in [
            (fee(80, 8), 1_000, Some(fee(90, 9))),
            (fee(81, 9), 1_000, Some(fee(92, 11))),
            (fee(0, 0), 1_000, Some(fee(3, 1))),
            (fee(80, 8), 90, Some(fee(90, 9))),
            (fee(80, 8), 89, None),
            (fee(u128::MAX, 8), u128::MAX, None),
        ] {
            assert_eq!(bumped(&last, &quiet, cap), expected, "{last:?}");
        }
    }

    #[test]
    fn a_replacement_follows_the_market_where_that_is_higher() {
        let busy = dynamic(100 * GWEI, 5 * GWEI);
        let last = fee(20 * GWEI, GWEI);
        assert_eq!(
            bumped(&last, &busy, 300 * GWEI),
            Some(fee(205 * GWEI, 5 * GWEI))
        );
        assert_eq!(
            bumped(&last, &busy, 110 * GWEI),
            Some(fee(110 * GWEI, 5 * GWEI))
        );
        assert_eq!(bumped(&last, &busy, 104 * GWEI), None);
    }

    #[test]
    fn a_replacement_of_a_legacy_transaction_is_legacy() {
        assert_eq!(
            bumped(&legacy(80), &dynamic(100, 5), 200),
            Some(legacy(105))
        );
        assert_eq!(bumped(&legacy(80), &dynamic(1, 1), 200), Some(legacy(90)));
    }
}
