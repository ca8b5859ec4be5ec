//! Calls of a ledger that take many legs.

use futures::future::BoxFuture;
use paydirt_ledger::{
    Change, Ledger, LedgerError, Leg, MoveContext, Moved, PoolId, ReleaseOutcome, SettleOutcome,
    Settlement, VoidOutcome,
};

use crate::error::PayoutError;
use crate::planning::LEGS_PER_CALL;
use crate::session::Session;

type Call<'a, O> = BoxFuture<'a, Result<Moved<O>, LedgerError>>;

/// A kind of move that ends legs.
pub(super) trait Ending {
    /// What is asked for each leg.
    type Item: Sync;
    /// What becomes of it.
    type Outcome;

    /// Makes the move.
    fn call<'a>(
        ledger: &'a dyn Ledger,
        context: &'a MoveContext,
        items: &'a [Self::Item],
    ) -> Call<'a, Self::Outcome>;
}

/// In flight → paid.
pub(super) struct Settle;
/// In flight → payable.
pub(super) struct Release;
/// Never to be held.
pub(super) struct Void;

impl Ending for Settle {
    type Item = Settlement;
    type Outcome = SettleOutcome;

    fn call<'a>(
        ledger: &'a dyn Ledger,
        context: &'a MoveContext,
        items: &'a [Settlement],
    ) -> Call<'a, SettleOutcome> {
        ledger.settle(context, items)
    }
}

impl Ending for Release {
    type Item = Leg;
    type Outcome = ReleaseOutcome;

    fn call<'a>(
        ledger: &'a dyn Ledger,
        context: &'a MoveContext,
        items: &'a [Leg],
    ) -> Call<'a, ReleaseOutcome> {
        ledger.release(context, items)
    }
}

impl Ending for Void {
    type Item = Leg;
    type Outcome = VoidOutcome;

    fn call<'a>(
        ledger: &'a dyn Ledger,
        context: &'a MoveContext,
        items: &'a [Leg],
    ) -> Call<'a, VoidOutcome> {
        ledger.void(context, items)
    }
}

/// What became of each item, `None` where its entry can't be read; and what the journal must learn.
pub(super) struct Outcomes<O> {
    pub(super) each: Vec<Option<O>>,
    pub(super) changes: Vec<Change>,
}

impl Session<'_> {
    /// One call for every thousand items. Where an entry can't be read, one call for each, so that
    /// a spoilt entry stops nobody but its member.
    pub(super) async fn end_all<E: Ending>(
        &mut self,
        pool: &PoolId,
        items: &[E::Item],
    ) -> Result<Outcomes<E::Outcome>, PayoutError> {
        let ledger = self.engine.pool(pool)?.ledger.clone();
        let mut done = Outcomes {
            each: Vec::with_capacity(items.len()),
            changes: Vec::new(),
        };
        for part in items.chunks(LEGS_PER_CALL) {
            match E::call(&*ledger, &self.context(pool), part).await {
                Ok(moved) => self.take(pool, moved, &mut done),
                Err(LedgerError::BadEntry { .. }) => {
                    for item in part.chunks(1) {
                        match E::call(&*ledger, &self.context(pool), item).await {
                            Ok(moved) => self.take(pool, moved, &mut done),
                            Err(error @ LedgerError::BadEntry { .. }) => {
                                done.each.push(None);
                                done.changes.extend(self.alert(None, error.to_string()));
                            }
                            Err(error) => return Err(error.into()),
                        }
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(done)
    }

    fn take<O>(&mut self, pool: &PoolId, moved: Moved<O>, done: &mut Outcomes<O>) {
        done.changes.extend(self.moved(pool, moved.last));
        done.each.extend(moved.outcomes.into_iter().map(Some));
    }
}
