//! What an operator decided, in the engine's words.

use paydirt_books::PaidBy;
use paydirt_chain::{Chain, ChainError, Finality as ChainFinality};
use paydirt_payouts::{FinalityChoice, WalletPolicy};

use crate::config::{EthereumConfig, Finality, PayoutMode, PayoutsConfig};

/// Who of a pool in the books is paid, and how much a day.
pub(super) fn paid_by(mode: PayoutMode) -> PaidBy {
    match mode {
        PayoutMode::Threshold => PaidBy::Threshold,
        PayoutMode::Request(terms) => PaidBy::Request {
            daily_cap: terms.daily_cap,
        },
    }
}

/// When a block is final.
pub(super) fn finality(finality: Finality) -> FinalityChoice {
    match finality {
        Finality::Signalled { .. } => FinalityChoice::Fixed(ChainFinality::Signalled),
        Finality::Depth {
            confirmations,
            release_confirmations,
        } => FinalityChoice::Fixed(ChainFinality::Depth {
            confirmations,
            release_confirmations,
        }),
        Finality::Auto { confirmations, .. } => FinalityChoice::Detect { confirmations },
    }
}

/// When what others did on a chain that was identified is final. What is recorded of it is not
/// taken back, so without a signal it waits as what gives money back does.
///
/// # Errors
/// As for any verdict.
pub(crate) async fn finality_of_others(
    chain: &dyn Chain,
    configured: Finality,
) -> Result<ChainFinality, ChainError> {
    Ok(match configured {
        Finality::Signalled { .. } => ChainFinality::Signalled,
        Finality::Depth {
            confirmations,
            release_confirmations,
        } => ChainFinality::Depth {
            confirmations,
            release_confirmations,
        },
        Finality::Auto { .. } if chain.signals_finality().await? => ChainFinality::Signalled,
        Finality::Auto {
            release_confirmations,
            ..
        } => ChainFinality::Depth {
            confirmations: release_confirmations,
            release_confirmations,
        },
    })
}

/// Limits and delays of a wallet: its chain's, and of its pools' the strictest.
pub(super) fn wallet<'p>(
    chain: &EthereumConfig,
    finality: Finality,
    pools: impl Iterator<Item = &'p PayoutsConfig> + Clone,
) -> WalletPolicy {
    let release_confirmations = match finality {
        Finality::Signalled {
            release_confirmations,
        }
        | Finality::Depth {
            release_confirmations,
            ..
        }
        | Finality::Auto {
            release_confirmations,
            ..
        } => release_confirmations,
    };
    let ms = |seconds: u64| seconds.saturating_mul(1_000);
    let peers = pools.clone().map(|payouts| payouts.require_peers).max();
    let breaker = pools.map(|payouts| payouts.breaker_after).min();
    WalletPolicy {
        fee_cap: chain.fee_cap.get(),
        cancel_fee_cap: chain.cancel_fee_cap.get(),
        reserve: chain.reserve.get(),
        max_in_flight: chain.max_in_flight,
        replace_after_ms: ms(chain.replace_after_s),
        resend_ms: ms(chain.resend_s),
        poll_ms: chain.poll_ms,
        head_age_max_ms: ms(chain.head_age_max_s),
        require_peers: peers.unwrap_or(chain.require_peers),
        allow_unknown_peers: chain.allow_unknown_peers,
        release_confirmations,
        breaker_after: breaker.unwrap_or(WalletPolicy::default().breaker_after),
    }
}
