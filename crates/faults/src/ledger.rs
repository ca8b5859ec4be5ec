//! A ledger with points.

use async_trait::async_trait;
use paydirt_ledger::{
    Finding, HeldLeg, HoldOutcome, HoldState, JournalId, Ledger, LedgerError, LeftoverRow,
    Leftovers, Leg, LegId, MoveContext, MoveId, Moved, Payables, PaymentId, Reapply,
    ReapplyOutcome, RecordedPayment, ReleaseOutcome, Resolution, SettleOutcome, Settlement,
    VoidOutcome,
};
use paydirt_money::{Amount, Coin};

use crate::calls::Faulty;

#[async_trait]
impl Ledger for Faulty<dyn Ledger> {
    fn coin(&self) -> Coin {
        self.inner.coin()
    }

    fn forgets_with_journal(&self) -> bool {
        self.inner.forgets_with_journal()
    }

    async fn attach(&self, journal: JournalId) -> Result<(), LedgerError> {
        self.call("ledger.attach", self.inner.attach(journal)).await
    }

    async fn health(&self) -> Result<Vec<Finding>, LedgerError> {
        self.call("ledger.health", self.inner.health()).await
    }

    async fn lock(&self, context: &MoveContext) -> Result<(), LedgerError> {
        self.call("ledger.lock", self.inner.lock(context)).await
    }

    async fn unlock(&self, context: &MoveContext) -> Result<bool, LedgerError> {
        self.call("ledger.unlock", self.inner.unlock(context)).await
    }

    async fn payable(&self, minimum: Amount) -> Result<Payables, LedgerError> {
        self.call("ledger.payable", self.inner.payable(minimum))
            .await
    }

    async fn hold(
        &self,
        context: &MoveContext,
        payments: &[(PaymentId, Vec<Leg>)],
    ) -> Result<Moved<HoldOutcome>, LedgerError> {
        self.call("ledger.hold", self.inner.hold(context, payments))
            .await
    }

    async fn settle(
        &self,
        context: &MoveContext,
        legs: &[Settlement],
    ) -> Result<Moved<SettleOutcome>, LedgerError> {
        self.call("ledger.settle", self.inner.settle(context, legs))
            .await
    }

    async fn release(
        &self,
        context: &MoveContext,
        legs: &[Leg],
    ) -> Result<Moved<ReleaseOutcome>, LedgerError> {
        self.call("ledger.release", self.inner.release(context, legs))
            .await
    }

    async fn void(
        &self,
        context: &MoveContext,
        legs: &[Leg],
    ) -> Result<Moved<VoidOutcome>, LedgerError> {
        self.call("ledger.void", self.inner.void(context, legs))
            .await
    }

    async fn look(
        &self,
        journal: JournalId,
        known: Option<&MoveId>,
        legs: &[LegId],
    ) -> Result<Vec<HoldState>, LedgerError> {
        self.call("ledger.look", self.inner.look(journal, known, legs))
            .await
    }

    async fn held(&self) -> Result<Vec<HeldLeg>, LedgerError> {
        self.call("ledger.held", self.inner.held()).await
    }

    async fn reapply(
        &self,
        context: &MoveContext,
        legs: &[Reapply],
    ) -> Result<Moved<ReapplyOutcome>, LedgerError> {
        self.call("ledger.reapply", self.inner.reapply(context, legs))
            .await
    }

    async fn adopt(&self, journal: JournalId) -> Result<(), LedgerError> {
        self.call("ledger.adopt", self.inner.adopt(journal)).await
    }

    async fn recorded(&self, limit: usize) -> Result<Vec<RecordedPayment>, LedgerError> {
        self.call("ledger.recorded", self.inner.recorded(limit))
            .await
    }

    async fn leftovers(&self) -> Result<Leftovers, LedgerError> {
        self.call("ledger.leftovers", self.inner.leftovers()).await
    }

    async fn resolve(
        &self,
        context: &MoveContext,
        row: &LeftoverRow,
        resolution: &Resolution,
    ) -> Result<bool, LedgerError> {
        let call = self.inner.resolve(context, row, resolution);
        self.call("ledger.resolve", call).await
    }

    async fn remove_lock(&self, context: &MoveContext, value: &str) -> Result<bool, LedgerError> {
        self.call("ledger.remove_lock", self.inner.remove_lock(context, value))
            .await
    }

    async fn after_run(&self) -> Result<(), LedgerError> {
        self.call("ledger.after_run", self.inner.after_run()).await
    }
}
