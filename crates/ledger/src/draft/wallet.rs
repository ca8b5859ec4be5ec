//! What changes in a wallet, its pools' moves, its quarantine and its requests.

use super::Draft;
use crate::{Answer, Change, JournalError, MemberId, MoveId, PoolId, Quarantine, RequestId};

impl Draft {
    /// Changes that are not about one payment; those that are, are applied elsewhere.
    pub(super) fn apply_to_wallet(&mut self, change: &Change) -> Result<(), JournalError> {
        match change {
            Change::Moved {
                pool,
                last,
                reconciled,
            } => self.moved(pool, *last, *reconciled),
            Change::FirstNonce { nonce, reason } => return self.first_nonce(*nonce, reason),
            Change::Paused { reason } => {
                self.wallet.paused = Some(reason.clone());
                self.note("paused", reason);
            }
            Change::Resumed { reason } => {
                self.wallet.paused = None;
                self.wallet.failed_runs = 0;
                self.note("resumed", reason);
            }
            Change::Frozen { reason } => {
                self.wallet.frozen = Some(reason.clone());
                self.note("frozen", reason);
            }
            Change::Unfrozen { reason } => {
                self.wallet.frozen = None;
                self.note("unfrozen", reason);
            }
            Change::Quarantined {
                pool,
                member,
                address,
                reason,
            } => {
                self.quarantined(pool, member, address, reason);
            }
            Change::QuarantineLifted {
                pool,
                member,
                reason,
            } => {
                self.quarantine.insert((pool.clone(), member.clone()), None);
                let detail = format!("{member} of pool {pool}: {reason}");
                self.line(None, "quarantine_lifted", detail);
            }
            Change::RunEnded { failed } => self.run_ended(*failed),
            Change::Answered { request, answer } => return self.answered(*request, answer),
            Change::Alert { payment, message } => self.line(*payment, "alert", message.clone()),
            _ => {}
        }
        Ok(())
    }

    fn note(&mut self, event: &'static str, reason: &str) {
        self.wallet_changed = true;
        self.line(None, event, reason.to_owned());
    }

    fn moved(&mut self, pool: &PoolId, last: MoveId, reconciled: bool) {
        let known = self
            .moves
            .get(pool)
            .or_else(|| self.known_moves.get(pool))
            .copied();
        if known == Some(last) || (!reconciled && known.is_some_and(|k| k.seq >= last.seq)) {
            return;
        }
        self.moves.insert(pool.clone(), last);
        let how = if reconciled {
            " after a reconciliation"
        } else {
            ""
        };
        self.line(None, "moved", format!("pool {pool}, last move {last}{how}"));
    }

    fn first_nonce(&mut self, nonce: u64, reason: &str) -> Result<(), JournalError> {
        if let Some(next) = self.wallet.next_nonce {
            return Err(JournalError::Mismatch {
                what: format!("the nonce of wallet {}", self.wallet.id),
                wanted: "unset".into(),
                found: format!("{next} already"),
            });
        }
        self.wallet.next_nonce = Some(nonce);
        self.note("first_nonce", &format!("{nonce}: {reason}"));
        Ok(())
    }

    fn quarantined(&mut self, pool: &PoolId, member: &MemberId, address: &str, reason: &str) {
        let key = (pool.clone(), member.clone());
        let known = match self.quarantine.get(&key) {
            Some(changed) => changed.as_ref(),
            None => self.known_quarantine.get(&key),
        };
        let quarantine = Quarantine {
            pool: pool.clone(),
            member: member.clone(),
            address: address.to_owned(),
            reason: reason.to_owned(),
            since: known.map_or(self.now, |q| q.since),
        };
        self.quarantine.insert(key, Some(quarantine));
        let detail = format!("{member} of pool {pool}, address {address}: {reason}");
        self.line(None, "quarantined", detail);
    }

    /// A run without failures after another one is no news.
    fn run_ended(&mut self, failed: bool) {
        let before = self.wallet.failed_runs;
        self.wallet.failed_runs = if failed { before.saturating_add(1) } else { 0 };
        if self.wallet.failed_runs != before {
            let detail = format!("runs in a row with failures: {}", self.wallet.failed_runs);
            self.note("run_ended", &detail);
        }
    }

    fn answered(&mut self, id: RequestId, answer: &Answer) -> Result<(), JournalError> {
        let open = self
            .requests
            .get_mut(&id)
            .filter(|r| r.answer.is_none() && r.wallet == self.wallet.id);
        let Some(request) = open else {
            return Err(JournalError::Mismatch {
                what: format!("request {id}"),
                wanted: "an open request of this wallet".into(),
                found: "answered already, or unknown".into(),
            });
        };
        request.answer = Some(answer.clone());
        self.answered.push(request.clone());
        let done = if answer.done { "done" } else { "refused" };
        self.line(
            None,
            "answered",
            format!("request {id} {done}: {}", answer.message),
        );
        Ok(())
    }
}
