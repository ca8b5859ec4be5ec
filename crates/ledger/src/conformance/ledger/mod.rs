//! What every ledger promises.

mod checks;
mod model;
mod moves;
mod others;
mod repairs;
mod withdrawals;

use std::sync::Arc;

use async_trait::async_trait;
use paydirt_chain::TxId;
use paydirt_money::Amount;
use uuid::Uuid;

use super::fixtures::{at, opening};
use crate::{
    HoldOutcome, HoldState, JournalId, Ledger, LedgerError, LeftoverRow, Leg, LegId, MemberId,
    MoveContext, MoveId, Moved, PaymentId, Reapply, ReapplyOutcome, ReapplyTo, ReleaseOutcome,
    SettleOutcome, Settlement, VoidOutcome, WalletId,
};

pub use checks::*;
pub use model::*;
pub use moves::*;
pub use others::*;
pub use repairs::*;
pub use withdrawals::*;

/// A member's figures, in ledger units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Payable.
    pub balance: i64,
    /// In flight.
    pub pending: i64,
    /// Paid.
    pub paid: i64,
}

impl Figures {
    /// Balance, pending, paid.
    pub const fn new(balance: i64, pending: i64, paid: i64) -> Self {
        Self {
            balance,
            pending,
            paid,
        }
    }
}

/// An empty ledger of ether, attached to nobody, and the ways to look behind it.
///
/// What a kind of ledger can't do answers `false` or `None`: the cases that need it are then
/// content. Members are those of [`fixtures::member`](super::fixtures::member).
#[async_trait]
pub trait LedgerBench: Send + Sync {
    /// The ledger.
    fn ledger(&self) -> Arc<dyn Ledger>;

    /// Whether a balance must be above the threshold; otherwise it must reach it.
    fn is_strict(&self) -> bool;

    /// Whether a balance can be below 0: not where the database refuses it.
    fn can_be_negative(&self) -> bool {
        true
    }

    /// Whether what a member owes is taken at once from what becomes available for it.
    fn recovers(&self) -> bool {
        false
    }

    /// Sets a balance, whatever it was; also to a negative one, where it can be. Where debts are
    /// recovered, it is less what is taken at once from one who gets more.
    async fn set_balance(&self, member: &MemberId, balance: Amount);

    /// A member's figures; zeros for an unknown one.
    async fn figures(&self, member: &MemberId) -> Figures;

    /// Makes a balance unreadable: it stands as this text.
    async fn spoil_balance(&self, _member: &MemberId, _text: &str) -> bool {
        false
    }

    /// Sets a member's own threshold.
    async fn set_threshold(&self, _member: &MemberId, _threshold: Amount) -> bool {
        false
    }

    /// Sets this much of what the member never had aside for a withdrawal, approved and due, to
    /// the address that is the member's own id, and gives its id.
    async fn approve_withdrawal(&self, _member: &MemberId, _amount: Amount) -> Option<String> {
        None
    }

    /// Keeps a copy of the whole ledger, in place of one kept before.
    async fn keep_copy(&self) -> bool {
        false
    }

    /// Brings the kept copy back, as a restore or a fail-over does.
    async fn restore_copy(&self) -> bool {
        false
    }

    /// Lets another program roll our pending rows of a member back.
    async fn roll_back(&self, _member: &MemberId) -> bool {
        false
    }

    /// Sets another payer's lock, or takes any lock away.
    async fn set_lock(&self, _value: Option<&str>) -> bool {
        false
    }

    /// Lets another payer debit a member: a pending row that isn't ours, as `leftovers` must
    /// tell it.
    async fn add_leftover(&self, _member: &MemberId, _amount: Amount) -> Option<LeftoverRow> {
        None
    }
}

/// Makes a `#[tokio::test]` of each promise of a ledger. The argument is an expression of a
/// future that makes a new [`LedgerBench`].
#[macro_export]
macro_rules! ledger_conformance {
    ($bench:expr) => {
        $crate::conformance_cases!(
            ledger,
            $bench,
            [
                a_hold_moves_a_balance_in_flight,
                a_hold_is_all_or_nothing_per_payment,
                one_payment_that_cannot_be_held_does_not_stop_the_others,
                a_hold_needs_the_planned_amount_at_least,
                the_same_hold_again_moves_nothing,
                a_settled_leg_is_paid_once,
                a_released_leg_is_payable_again_once,
                a_voided_leg_is_given_back_once,
                a_late_hold_cannot_land_after_a_void,
                a_leg_that_is_over_cannot_be_held_again,
                releasing_what_was_never_held_moves_no_money_and_bars_the_hold,
                settling_without_a_hold_debits_what_is_there,
                a_receivable_is_held_back_from_later_payments,
                nothing_takes_back_what_is_settled,
                a_call_without_items_is_no_move,
                a_move_has_the_next_number_and_its_own_id,
                an_unattached_ledger_refuses,
                another_journal_is_refused,
                an_adopted_ledger_obeys_its_new_journal,
                a_lower_token_is_refused,
                tokens_are_kept_by_wallet,
                an_unknown_move_is_refused_and_moves_nothing,
                an_older_copy_is_noticed,
                refusals_come_in_order,
                what_is_due_is_told_with_what_cannot_be_read,
                members_have_thresholds_of_their_own,
                legs_in_flight_are_told,
                what_was_paid_is_on_record,
                a_hold_needs_our_lock,
                a_foreign_lock_stays_until_removed_by_its_value,
                the_lock_goes_when_nothing_is_in_flight,
                a_hold_that_was_rolled_back_is_seen,
                settling_a_hold_that_was_rolled_back_takes_the_balance,
                releasing_a_hold_that_was_rolled_back_moves_nothing,
                leftovers_are_told_and_resolved_once,
                an_unreadable_balance_refuses_its_hold_alone,
                reapplying_brings_every_state_to_every_other,
                reapplying_is_always_a_move,
                reapplying_heals_an_older_copy,
                a_thousand_legs_move_in_one_call,
                approved_withdrawals_of_one_member_are_due_together,
                a_withdrawal_is_paid_once_from_what_was_set_aside,
                one_withdrawal_in_flight_stops_no_other,
                withdrawals_are_held_as_they_were_asked_for_or_not_at_all,
                what_was_never_saved_is_due_again_and_what_failed_is_not,
                random_moves_come_to_what_the_model_has,
            ]
        );
    };
}

/// An owner of a wallet that pays from a ledger: it remembers the last move, as a journal does.
pub(super) struct Payer {
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) journal: JournalId,
    pub(super) wallet: WalletId,
    pub(super) token: u64,
    pub(super) known: Option<MoveId>,
}

impl Payer {
    /// Attached, and with the lock.
    pub(super) async fn new(bench: &dyn LedgerBench) -> Self {
        let payer = Self::detached(bench);
        payer.ledger.attach(payer.journal).await.unwrap();
        payer.ledger.lock(&payer.context()).await.unwrap();
        payer
    }

    pub(super) fn detached(bench: &dyn LedgerBench) -> Self {
        let (ledger, journal) = (bench.ledger(), JournalId::new());
        let opening = opening(0);
        let wallet = WalletId::of(&opening.identity, &opening.address);
        Self {
            ledger,
            journal,
            wallet,
            token: 7,
            known: None,
        }
    }

    pub(super) fn context(&self) -> MoveContext {
        MoveContext {
            journal: self.journal,
            wallet: self.wallet.clone(),
            token: self.token,
            known: self.known,
            id: Uuid::new_v4(),
            at: at(1_000),
        }
    }

    fn learn<T>(&mut self, moved: Result<Moved<T>, LedgerError>) -> Result<Vec<T>, LedgerError> {
        let moved = moved?;
        self.known = moved.last;
        Ok(moved.outcomes)
    }

    /// Each of these legs as a payment of its own.
    pub(super) async fn hold(&mut self, legs: &[Leg]) -> Result<Vec<HoldOutcome>, LedgerError> {
        let payments: Vec<_> = legs
            .iter()
            .map(|leg| (PaymentId(leg.id.0), vec![leg.clone()]))
            .collect();
        self.hold_payments(&payments).await
    }

    pub(super) async fn hold_payments(
        &mut self,
        payments: &[(PaymentId, Vec<Leg>)],
    ) -> Result<Vec<HoldOutcome>, LedgerError> {
        let moved = self.ledger.hold(&self.context(), payments).await;
        self.learn(moved)
    }

    pub(super) async fn settle(&mut self, legs: &[Leg]) -> Result<Vec<SettleOutcome>, LedgerError> {
        let items: Vec<_> = legs.iter().map(settlement).collect();
        let moved = self.ledger.settle(&self.context(), &items).await;
        self.learn(moved)
    }

    pub(super) async fn release(
        &mut self,
        legs: &[Leg],
    ) -> Result<Vec<ReleaseOutcome>, LedgerError> {
        let moved = self.ledger.release(&self.context(), legs).await;
        self.learn(moved)
    }

    pub(super) async fn void(&mut self, legs: &[Leg]) -> Result<Vec<VoidOutcome>, LedgerError> {
        let moved = self.ledger.void(&self.context(), legs).await;
        self.learn(moved)
    }

    pub(super) async fn reapply(
        &mut self,
        leg: &Leg,
        to: ReapplyTo,
    ) -> Result<ReapplyOutcome, LedgerError> {
        let item = Reapply {
            leg: leg.clone(),
            payment: PaymentId(leg.id.0),
            to,
        };
        let moved = self.ledger.reapply(&self.context(), &[item]).await;
        Ok(self.learn(moved)?.remove(0))
    }

    pub(super) async fn look(&self, legs: &[Leg]) -> Vec<HoldState> {
        let ids: Vec<LegId> = legs.iter().map(|leg| leg.id).collect();
        self.ledger
            .look(self.journal, self.known.as_ref(), &ids)
            .await
            .unwrap()
    }

    pub(super) async fn state(&self, leg: &Leg) -> HoldState {
        self.look(std::slice::from_ref(leg)).await[0]
    }
}

/// A leg as paid by a transaction that is named after it.
pub(super) fn settlement(leg: &Leg) -> Settlement {
    let transaction = TxId::new(format!("0x{}{}", leg.id.0.simple(), leg.id.0.simple()));
    Settlement {
        leg: leg.clone(),
        transaction,
        block: 30,
        fee: 147_000,
    }
}

/// Given back, or never to be held: which of both, is the ledger's own affair.
pub(super) fn is_gone(state: HoldState) -> bool {
    matches!(state, HoldState::Void | HoldState::Released)
}
