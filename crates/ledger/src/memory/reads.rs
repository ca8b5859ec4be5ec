//! What the journal's model answers.

use super::journal::{Books, Kept};
use crate::{
    HistoryEntry, JournalError, Payment, PaymentId, PaymentState, PoolId, Snapshot, WalletId,
};
use paydirt_schedule::Timestamp;

/// So many of the newest blocks that verdicts were taken from are told.
const VERDICT_BLOCKS: usize = 256;

impl Books {
    pub(super) fn payment(&self, id: &PaymentId) -> Option<&Kept> {
        self.places
            .get(id)
            .and_then(|place| self.payments.get(*place))
    }

    pub(super) fn snapshot(&self, id: &WalletId) -> Result<Snapshot, JournalError> {
        let book = self.wallet(id)?;
        let mut open: Vec<Payment> = book
            .open
            .iter()
            .filter_map(|place| self.payments.get(*place))
            .map(|kept| kept.payment.clone())
            .collect();
        open.sort_by_key(|payment| (payment.nonce.is_none(), payment.nonce));
        let blocks = book.verdict_blocks.iter().rev().take(VERDICT_BLOCKS);
        let requests = self
            .requests
            .iter()
            .filter(|r| r.wallet == *id && r.answer.is_none());
        Ok(Snapshot {
            wallet: book.wallet.clone(),
            open,
            moves: self.moves.clone(),
            verdict_blocks: blocks.cloned().collect(),
            quarantine: self.quarantine.values().cloned().collect(),
            requests: requests.cloned().collect(),
        })
    }

    pub(super) fn payments_of_pool(&self, pool: &PoolId, since: Timestamp) -> Vec<Payment> {
        let wanted = |kept: &&Kept| {
            let of_pool = kept
                .payment
                .legs
                .first()
                .is_some_and(|leg| leg.pool == *pool);
            let open = kept.payment.state != PaymentState::Closed;
            of_pool && (open || kept.closed_at.is_some_and(|at| at >= since))
        };
        self.payments
            .iter()
            .filter(wanted)
            .map(|kept| kept.payment.clone())
            .collect()
    }

    pub(super) fn history_of(
        &self,
        wallet: &WalletId,
        payment: Option<PaymentId>,
        limit: u32,
    ) -> Vec<HistoryEntry> {
        let lines = self
            .history
            .iter()
            .rev()
            .filter(|line| line.wallet == *wallet);
        let mut found: Vec<_> = match payment {
            Some(id) => lines
                .filter(|line| line.payment == Some(id))
                .cloned()
                .collect(),
            None => lines
                .take(usize::try_from(limit).unwrap_or(usize::MAX))
                .cloned()
                .collect(),
        };
        found.reverse();
        found
    }

    pub(super) fn recent(&self, wallet: &WalletId, limit: u32) -> Vec<Payment> {
        let of_wallet = self
            .payments
            .iter()
            .rev()
            .map(|kept| &kept.payment)
            .filter(|p| p.wallet == *wallet);
        of_wallet
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .cloned()
            .collect()
    }
}
