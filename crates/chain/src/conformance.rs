//! The suite that any chain must pass: each promise of [`Chain`](crate::Chain) is one function.
//!
//! A chain's crate implements [`Bench`] on a node of its own (anvil, the devnet) and lets
//! [`chain_conformance!`](crate::chain_conformance) make a test of each case. What a bench can't
//! do (it says so by `None` or `false`) is not tested there, and printed.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "these are tests, called by tests"
)]

mod accounts;
mod bench;
mod blocks;
mod failures;
mod fees;
mod hand;
mod identity;
mod sending;
mod signing;

pub use accounts::{
    a_range_with_a_missing_block_is_an_error, an_account_is_read_as_it_was_at_the_block,
    nonce_seen_counts_pending_ones, sent_by_sees_every_transaction_of_the_wallet,
};
pub use bench::{Bench, Spellings};
pub use blocks::{
    a_reorged_transaction_has_no_receipt_until_mined_again,
    a_scan_begins_at_a_block_not_younger_than_the_time, blocks_above_the_head_are_none,
    finality_never_runs_ahead,
};
pub use failures::{
    a_payee_that_rejects_is_probed_and_fails_on_its_own_account,
    a_verdict_waits_for_an_endpoint_that_fails, an_overdraft_pays_nobody,
};
pub use fees::{
    a_bumped_fee_is_higher_and_refused_beyond_the_cap, a_fee_below_the_market_is_not_mined,
    a_first_fee_is_within_the_cap_or_refused, an_underpriced_replacement_is_refused_as_such,
};
pub use identity::{
    a_wrong_genesis_is_refused, a_wrong_network_is_refused, addresses_are_strict_and_normalised,
    every_endpoint_reports, nothing_is_concluded_before_the_chain_is_identified,
};
pub use sending::{
    a_batch_is_answered_in_the_callers_order, a_cancel_uses_up_the_nonce,
    a_mined_transfer_has_a_receipt_with_its_block_and_fee, a_nonce_gap_waits_or_is_refused_as_such,
    a_replacement_by_bumped_fee_is_taken_and_only_one_is_mined,
    receipts_of_unknown_and_pending_ids_are_none,
    sending_the_same_bytes_again_is_already_known_or_accepted,
};
pub use signing::{
    nobody_signs_for_an_address_without_a_key, only_as_many_legs_as_promised_are_composed,
    signing_is_a_pure_function_and_sends_nothing,
};

/// Makes a `#[tokio::test]` of each case. Takes the path of an async function without parameters
/// that returns a new [`Bench`](crate::conformance::Bench); tests are counted by the name of the
/// module in which this stands, so it should name the chain.
#[macro_export]
macro_rules! chain_conformance {
    ($bench:path) => {
        $crate::chain_conformance! { $bench:
            a_batch_is_answered_in_the_callers_order
            a_bumped_fee_is_higher_and_refused_beyond_the_cap
            a_cancel_uses_up_the_nonce
            a_fee_below_the_market_is_not_mined
            a_first_fee_is_within_the_cap_or_refused
            a_mined_transfer_has_a_receipt_with_its_block_and_fee
            a_nonce_gap_waits_or_is_refused_as_such
            a_payee_that_rejects_is_probed_and_fails_on_its_own_account
            a_range_with_a_missing_block_is_an_error
            a_reorged_transaction_has_no_receipt_until_mined_again
            a_replacement_by_bumped_fee_is_taken_and_only_one_is_mined
            a_scan_begins_at_a_block_not_younger_than_the_time
            a_verdict_waits_for_an_endpoint_that_fails
            a_wrong_genesis_is_refused
            a_wrong_network_is_refused
            addresses_are_strict_and_normalised
            an_account_is_read_as_it_was_at_the_block
            an_overdraft_pays_nobody
            an_underpriced_replacement_is_refused_as_such
            blocks_above_the_head_are_none
            every_endpoint_reports
            finality_never_runs_ahead
            nobody_signs_for_an_address_without_a_key
            nonce_seen_counts_pending_ones
            nothing_is_concluded_before_the_chain_is_identified
            only_as_many_legs_as_promised_are_composed
            receipts_of_unknown_and_pending_ids_are_none
            sending_the_same_bytes_again_is_already_known_or_accepted
            sent_by_sees_every_transaction_of_the_wallet
            signing_is_a_pure_function_and_sends_nothing
        }
    };
    ($bench:path: $($case:ident)*) => {
        $(
            #[tokio::test]
            async fn $case() {
                $crate::conformance::$case(&$bench().await).await;
            }
        )*
    };
}
