//! What every journal promises.

mod attempts;
mod finality;
mod leases;
mod model;
mod pages;
mod payments;
mod wallet;

use std::sync::Arc;

use paydirt_chain::{Address, AttemptKind, Saved};
use paydirt_schedule::DrivenClock;

use super::fixtures::{at, attempt, opening, signed};
use crate::{
    Acquired, Change, Journal, JournalError, Lease, NewAttempt, NewPayment, Payment, PaymentId,
    Snapshot, WalletId,
};

pub use attempts::*;
pub use finality::*;
pub use leases::*;
pub use model::*;
pub use pages::*;
pub use payments::*;
pub use wallet::*;

/// An empty journal whose leases expire by this clock.
pub struct JournalBench {
    pub journal: Arc<dyn Journal>,
    pub clock: Arc<DrivenClock>,
    /// Whatever has to live as long as the journal (a directory).
    pub keep: Option<Box<dyn std::any::Any + Send + Sync>>,
}

/// Makes a `#[tokio::test]` of each promise of a journal. The argument is an expression of a
/// future that makes a new [`JournalBench`].
#[macro_export]
macro_rules! journal_conformance {
    ($bench:expr) => {
        $crate::conformance_cases!(
            journal,
            $bench,
            [
                a_wallet_is_opened_once_and_must_not_change,
                the_same_address_on_another_network_is_another_wallet,
                what_needs_a_wallet_refuses_an_unknown_one,
                a_lease_has_one_owner_until_it_expires,
                a_lease_taken_in_time_by_its_owner_keeps_its_token,
                a_lease_taken_again_after_expiry_has_a_higher_token,
                an_owner_known_to_be_dead_is_evicted_by_name,
                a_renewed_lease_lives_longer,
                an_expired_lease_that_nobody_took_still_writes,
                a_stale_token_writes_nothing,
                a_lease_that_was_given_up_writes_nothing,
                giving_up_a_lease_that_was_taken_over_leaves_the_new_one,
                a_payment_goes_through_all_of_its_states,
                every_change_in_a_wrong_state_is_refused_and_changes_nothing,
                a_write_is_all_or_nothing,
                a_plan_pays_legs_of_one_pool_or_fills_a_nonce,
                ids_are_never_used_twice,
                a_member_and_a_withdrawal_have_one_live_leg,
                a_leg_that_is_over_frees_what_it_paid,
                a_payment_of_another_wallet_is_not_touched,
                a_dropped_plan_leaves_void_legs,
                a_released_plan_was_never_saved,
                first_attempts_take_the_next_nonces_in_order,
                an_attempt_of_another_sender_or_nonce_is_refused,
                nothing_is_saved_before_the_first_nonce_is_known,
                a_replacement_keeps_its_payments_nonce,
                no_paying_attempt_follows_a_cancel,
                nothing_is_saved_once_it_is_to_be_released,
                a_fill_is_saved_without_being_held,
                remotely_signed_bytes_fit_the_fields_that_were_saved,
                sending_again_is_noted_once_a_verdict,
                an_attempt_reads_back_as_it_was_saved,
                a_reorg_puts_an_included_payment_back,
                finality_gives_each_leg_its_verdict,
                only_a_paying_attempt_of_ours_pays,
                finality_must_fit_the_attempts_and_the_nonce,
                a_leg_ends_as_its_verdict_says,
                blocks_of_verdicts_are_told_newest_first,
                the_last_move_only_grows_until_reconciled,
                the_first_nonce_is_set_once,
                an_adopted_transaction_takes_the_next_nonce,
                a_recovered_payment_is_over_already,
                pausing_and_freezing_are_independent,
                failed_runs_are_counted_in_a_row,
                a_quarantine_lasts_until_lifted,
                a_request_is_answered_once,
                open_payments_come_by_nonce_then_in_order_of_planning,
                payments_of_a_pool_are_open_or_closed_since,
                the_history_of_a_payment_is_whole_and_in_order,
                the_newest_payments_come_first,
                a_thousand_payments_go_through_in_one_write_a_step,
                random_writes_leave_what_the_model_has,
            ]
        );
    };
}

/// A wallet under lease, of a bench.
pub(super) struct Desk<'a> {
    pub(super) journal: &'a dyn Journal,
    pub(super) wallet: WalletId,
    pub(super) address: Address,
    pub(super) lease: Lease,
}

impl JournalBench {
    /// The n-th wallet, opened and leased for a minute.
    pub(super) async fn wallet(&self, n: u32) -> Desk<'_> {
        let journal = self.journal.as_ref();
        let wallet = journal.open_wallet(&opening(n)).await.unwrap();
        let lease = granted(
            journal
                .acquire(&wallet.id, "us", 60_000, None)
                .await
                .unwrap(),
        );
        Desk {
            journal,
            wallet: wallet.id,
            address: wallet.opening.address,
            lease,
        }
    }

    /// The first wallet, with its first nonce.
    pub(super) async fn desk(&self) -> Desk<'_> {
        let desk = self.wallet(0).await;
        desk.first_nonce(5).await;
        desk
    }
}

impl Desk<'_> {
    pub(super) async fn first_nonce(&self, nonce: u64) {
        self.write(&[Change::FirstNonce {
            nonce,
            reason: "a new wallet".into(),
        }])
        .await
        .unwrap();
    }

    pub(super) async fn write(&self, changes: &[Change]) -> Result<(), JournalError> {
        self.journal.write(&self.lease, changes, at(1)).await
    }

    pub(super) async fn save(&self, attempts: &[NewAttempt]) -> Result<Vec<Saved>, JournalError> {
        self.journal.save(&self.lease, attempts, at(2)).await
    }

    pub(super) async fn snapshot(&self) -> Snapshot {
        self.journal.snapshot(&self.wallet).await.unwrap()
    }

    pub(super) async fn payment(&self, id: PaymentId) -> Payment {
        self.journal
            .payments(&[id])
            .await
            .unwrap()
            .pop()
            .expect("the payment")
    }

    pub(super) async fn events(&self, id: PaymentId) -> Vec<String> {
        let lines = self
            .journal
            .history(&self.wallet, Some(id), 0)
            .await
            .unwrap();
        lines.into_iter().map(|line| line.event).collect()
    }

    pub(super) fn attempt(
        &self,
        payment: PaymentId,
        nonce: u64,
        kind: AttemptKind,
        tip: u128,
    ) -> NewAttempt {
        attempt(payment, kind, signed(&self.address, nonce, kind, tip))
    }

    /// Plans and holds.
    pub(super) async fn held(&self, new: &NewPayment) -> Payment {
        self.write(&[Change::Plan(new.clone()), Change::Held(new.id)])
            .await
            .unwrap();
        self.payment(new.id).await
    }

    /// Plans, holds and saves under the next nonce.
    pub(super) async fn saved(&self, new: &NewPayment) -> Payment {
        self.held(new).await;
        let nonce = self.snapshot().await.wallet.next_nonce.expect("a nonce");
        self.save(&[self.attempt(new.id, nonce, AttemptKind::Pay, 1)])
            .await
            .unwrap();
        self.payment(new.id).await
    }

    /// Everything that a refused call must leave as it was.
    pub(super) async fn all(&self) -> (Snapshot, Vec<Payment>, Vec<crate::HistoryEntry>) {
        (
            self.snapshot().await,
            self.journal.recent(&self.wallet, 10_000).await.unwrap(),
            self.journal
                .history(&self.wallet, None, 10_000)
                .await
                .unwrap(),
        )
    }
}

pub(super) fn granted(acquired: Acquired) -> Lease {
    match acquired {
        Acquired::Granted(lease) => lease,
        other => panic!("not granted: {other:?}"),
    }
}

/// Asserts that a result is this error.
macro_rules! assert_error {
    ($result:expr, $pattern:pat) => {
        match $result {
            Err($pattern) => {}
            other => panic!("expected {}, got {other:?}", stringify!($pattern)),
        }
    };
}
pub(super) use assert_error;
